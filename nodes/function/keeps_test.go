package function

import (
	"testing"

	"github.com/dop251/goja"
)

// keeps returns what mayKeep says of a body.
func keeps(t *testing.T, body string) (message, request bool) {
	t.Helper()
	tree, err := goja.Parse("script", wrap(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return mayKeep(tree)
}

func TestMayKeep(t *testing.T) {
	cases := map[string]bool{
		"msg.payload = msg.payload.toUpperCase();\nreturn msg;": false,
		"return null;": false,
		"const key = 'x'; msg[key] = msg['payload'] + 1; delete msg.topic; return msg": false,
		"return msg.ok ? [msg, null] : [null, msg]":                                    false,
		"if (msg.payload > 3) { node.status({text: 'big'}); return msg }":              false,
		"for (let i = 0; i < msg.n; i++) { msg.sum += i } return [[msg, msg]]":         false,
		"flow.set('last', msg.payload); return msg":                                    false,
		"if (msg.hasOwnProperty('payload')) { return msg }":                            false,
		"const payload = msg.payload; msg.result = {payload}; return msg":              false,

		"flow.set('last', msg); return msg":                    true,
		"let m = msg; return m":                                true,
		"node.send(msg)":                                       true,
		"node.done(); return msg":                              true,
		"let {done} = node; done(); return msg":                true,
		"setTimeout(() => node.warn(msg.payload)); return msg": true,
		"let o = {f() { return msg.payload }}; return msg":     true,
		"class C { get m() { return msg.x } } return msg":      true,
		"return arguments[0]":                                  true,
		"return eval('msg')":                                   true,
		"await 1; return msg":                                  true,
		"return {payload: msg}":                                true,
		"msg.self = msg; return msg":                           true,
		"with (msg) { payload = 1 } return msg":                true,
		"return {...msg}":                                      true,
		"return msg?.payload":                                  true,
		"q = {msg}; return msg":                                true,
		"q = msg.valueOf(); return msg":                        true,
		"q = msg['valueOf'](); return msg":                     true,
		"q = msg.valueOf`x`; return msg":                       true,
		"q = msg.valueOf?.(); return msg":                      true,
		"q = msg['valueOf']?.(); return msg":                   true,
		"return [msg.valueOf?.()]":                             true,
	}
	for text, want := range cases {
		if got, _ := keeps(t, text); got != want {
			t.Errorf("%s\nkeeps %v, want %v", text, got, want)
		}
	}
}

func TestMayKeepTheRequest(t *testing.T) {
	cases := map[string]bool{
		"msg.payload = {id: msg.req.params.id, n: msg.req.query.n}; return msg": false,
		"if (msg.req.headers['x-key'] === 'a') { return msg }":                  false,
		"msg.req.query.n = 1; return msg":                                       false,
		"msg.payload = msg.req.params.id.toUpperCase(); return msg":             false,
		"return msg": false,

		"const q = msg.req.query; global.q = q; return msg":  true,
		"q = msg.req; return msg":                            true,
		"const {params} = msg.req; return msg":               true,
		"q = msg['req'].query; return msg":                   true,
		"q = msg.req['query']; return msg":                   true,
		"q = msg.req.query.valueOf(); return msg":            true,
		"q = msg.req?.query; return msg":                     true,
		"q = msg.req.query['valueOf'](); return msg":         true,
		"q = msg.req.query.valueOf`x`; return msg":           true,
		"q = msg.req.query.valueOf?.(); return msg":          true,
		"msg.other = msg.req.query; return msg":              true,
		"for (const k in msg.req.query) { n++ } return msg":  true,
		"msg.req.query.__proto__ = Array; return msg":        true,
		"setTimeout(() => f(msg.req.query.n)); return msg":   true,
		"flow.set('r', msg.req.body); return msg":            true,
		"return {payload: msg.req.headers}":                  true,
		"[msg.req.query.n, msg.req.query].pop(); return msg": true,
	}
	for text, want := range cases {
		if _, got := keeps(t, text); got != want {
			t.Errorf("%s\nkeeps the request: %v, want %v", text, got, want)
		}
	}
}
