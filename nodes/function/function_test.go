package function_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/nodes/function"
	"github.com/flowrun/flowrun/runtime/state"
)

// config returns a node's configuration with a body and more properties, given
// as key, value, key, value …
func config(body string, more ...flow.Value) string {
	return flow.JSON(flow.NewObject(append([]flow.Value{"func", body}, more...)...))
}

func start(t testing.TB, body string, more ...flow.Value) *flowtest.Driver {
	t.Helper()
	return flowtest.New(t, function.Type(state.New(), nil), config(body, more...))
}

// log returns what the node reported, each as "level text".
func log(d *flowtest.Driver) []string {
	var list []string
	for _, e := range d.Log {
		list = append(list, map[flow.Level]string{flow.LevelError: "error", flow.LevelWarn: "warn", flow.LevelInfo: "info",
			flow.LevelDebug: "debug", flow.LevelTrace: "trace"}[e.Level]+" "+e.What)
	}
	return list
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// TestPayload runs bodies that compute a payload.
func TestPayload(t *testing.T) {
	tests := map[string]string{
		"return msg": `{"payload":"in"}`,
		"msg.payload = msg.payload.toUpperCase(); return msg": `{"payload":"IN"}`,
		"return {payload: 1}": `{"payload":1}`,
		"return":              "",
		"return null":         "",
		"return false":        "",
		"return 0":            "",
		"return ''":           "",
		"return {payload: {b: 1, a: [1, null, undefined]}}":                                                                    `{"payload":{"b":1,"a":[1,null,null]}}`,
		"return {payload: Buffer.from('ab')}":                                                                                  `{"payload":{"type":"Buffer","data":[97,98]}}`,
		"return {payload: new Uint8Array([1, 2])}":                                                                             `{"payload":{"0":1,"1":2}}`,
		"return {payload: new Date(0)}":                                                                                        `{"payload":"1970-01-01T00:00:00.000Z"}`,
		"return {payload: new Map([['a', 1]])}":                                                                                `{"payload":{"a":1}}`,
		"return {payload: new Set([1, 2])}":                                                                                    `{"payload":[1,2]}`,
		"return {payload: 5, f: () => 1}":                                                                                      `{"payload":5}`,
		"return {payload: Object.assign(new Error('x'), {k: 1})}":                                                              `{"payload":{}}`, // JSON has no properties of an error
		"x = 5; return {payload: x}":                                                                                           `{"payload":5}`,
		"'use strict'; try { y = 5 } catch (e) { return {payload: e.name} }":                                                   `{"payload":"ReferenceError"}`,
		"return {payload: typeof Buffer.from('') + (Buffer.from('') instanceof Uint8Array)}":                                   `{"payload":"objecttrue"}`,
		"return {payload: [node.id, node.name, node.path, node.outputCount]}":                                                  `{"payload":["n1","","f1/n1",1]}`,
		"return {payload: env.get('NOPE') === undefined}":                                                                      `{"payload":true}`,
		"return {payload: util.inspect({a: [1, 'x']}) + util.format('%s-%d', 'a', 5)}":                                         `{"payload":"{ a: [ 1, 'x' ] }a-5"}`,
		"return {payload: new URL('/b?x=1', 'http://h:80/a').href}":                                                            `{"payload":"http://h/b?x=1"}`,
		"const u = new URLSearchParams('a=1&b=%20x'); return {payload: u.get('b')}":                                            `{"payload":" x"}`,
		"return {payload: RED.util.getMessageProperty({a: {b: [7]}}, 'msg.a.b[0]')}":                                           `{"payload":7}`,
		"const m = {}; RED.util.setMessageProperty(m, 'a[0].b', 1, true); return {payload: m}":                                 `{"payload":{"a":[{"b":1}]}}`,
		"return {payload: RED.util.generateId().length}":                                                                       `{"payload":16}`,
		"return {payload: RED.util.compareObjects({a: 1, b: [2]}, {b: [2], a: 1})}":                                            `{"payload":true}`,
		"const c = RED.util.cloneMessage(msg); c.payload = 1; return [msg]":                                                    `{"payload":"in"}`,
		"return {payload: RED.util.evaluateNodeProperty('${HOME_OF_NOBODY}', 'env', node, msg)}":                               `{"payload":""}`,
		"return {payload: RED.util.evaluateNodeProperty('payload', 'msg', node, msg)}":                                         `{"payload":"in"}`,
		"return {payload: RED.util.evaluateNodeProperty('', 'date', node, msg) > 1e12}":                                        `{"payload":true}`,
		"let payload; RED.util.evaluateNodeProperty('[1', 'json', node, msg, e => { payload = e.name }); return {payload}":     `{"payload":"SyntaxError"}`,
		"return {payload: RED.util.normaliseNodeTypeName('a random-node name')}":                                               `{"payload":"aRandomNodeName"}`,
		"const c = RED.util.cloneMessage({m: new Map([[1, {a: 1}]]), f: Math.max}); return {payload: [c.m.get(1), c.f(1, 2)]}": `{"payload":[{"a":1},2]}`,
		"return {payload: atob(btoa('hi'))}":                                                                                   `{"payload":"hi"}`,
		"return {payload: structuredClone({a: 1})}":                                                                            `{"payload":{"a":1}}`,
		"await 1; return {payload: 'later'}":                                                                                   `{"payload":"later"}`,
		"return new Promise(done => done({payload: 'p'}))":                                                                     `{"payload":"p"}`,
		"return promisify((a, f) => f(null, a))(3).then(payload => ({payload}))":                                               `{"payload":3}`,
		"const {TextEncoder: E, ...r} = {TextEncoder}; return {payload: new TextDecoder().decode(new E().encode('é'))}":        `{"payload":"é"}`,
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			d := start(t, body)
			d.Handle(`{"payload":"in"}`)
			equal(t, "sent", []string{strings.Join(d.Sent(0), " ")}, []string{want})
			equal(t, "log", log(d), nil)
			if len(d.Done) != 1 || d.Done[0] != nil {
				t.Errorf("done: %v", d.Done)
			}
		})
	}
}

func TestOutputs(t *testing.T) {
	type sent = map[int][]string
	tests := []struct {
		body string
		sent sent
		log  []string
	}{
		{"return [{a:1}, {b:2}]", sent{0: {`{"a":1}`}, 1: {`{"b":2}`}}, nil},
		{"return [null, [{a:1}, null, {a:2}]]", sent{1: {`{"a":1}`, `{"a":2}`}}, nil},
		{"return [[null, {n:'x'}, undefined], []]", sent{0: {`{"n":"x"}`}}, nil},
		{"return [msg, msg]", sent{0: {`{"payload":1}`}, 1: {`{"payload":1}`}}, nil},
		{"return 'text'", nil, []string{"error Function tried to send a message of type string"}},
		{"return 5", nil, []string{"error Function tried to send a message of type number"}},
		{"return Buffer.from('b')", nil, []string{"error Function tried to send a message of type Buffer"}},
		{"return new Date()", nil, []string{"error Function tried to send a message of type Date"}},
		{"return [[[]]]", nil, []string{"error Function tried to send a message of type Array"}},
		{"return ['x', {ok:1}]", sent{1: {`{"ok":1}`}}, []string{
			"error Function tried to send a message of type string", "error Node tried to send a message of type string"}},
		{"const m={n:0}; node.send(m); m.n=1; node.send(m); m.n=2; return [m, m];",
			sent{0: {`{"n":0}`, `{"n":1}`, `{"n":2}`}, 1: {`{"n":2}`}}, nil},
		{"msg.payload = {deep: [1]}; node.send(msg); msg.payload.deep.push(2); return msg",
			sent{0: {`{"payload":{"deep":[1]}}`, `{"payload":{"deep":[1,2]}}`}}, nil},
		{"node.send([null, {a:1}]); node.done()", sent{1: {`{"a":1}`}}, nil},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			d := start(t, test.body, "outputs", 2.0)
			d.Handle(`{"_msgid":"m1","payload":1}`)
			for port := range 2 {
				equal(t, "sent", d.Sent(port), test.sent[port])
				for _, m := range d.Messages(port) {
					if m.ID() != "m1" {
						t.Errorf("a message has the id %q", m.ID())
					}
				}
			}
			equal(t, "log", log(d), test.log)
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ body, want string }{
		{"throw new Error('boom')", "Error: boom"},
		{"throw new TypeError('boom')", "TypeError: boom"},
		{"throw 'text'", "text"},
		{"throw {a: 1}", `{"a":1}`},
		{"\nfoo.bar()", "ReferenceError: ReferenceError: foo is not defined (line 2, col 1)"},
		{"let x; x.y", "TypeError: Cannot read properties of undefined (reading 'y')"},
		{"msg.nosuch()", "TypeError: nosuch is not a function"},
		{"await 1; throw new Error('later')", "Error: later"},
		{"return Promise.reject('no')", "no"},
		{"(function f() { f() })()", "RangeError: Maximum call stack size exceeded"},
		{"const o = {}; o.o = o; return {payload: o}", "the value contains itself (circular structure)"},
		{"node.on('input', () => {})", "Error: Cannot add listener to 'input' event within Function"},
		{"context.get(5)", "Error: Invalid context key"},
		{"return {get payload() { throw new TypeError('no') }}", "TypeError: no"},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			d := start(t, "msg.before = true;"+test.body)
			msg := d.Message(`{"_msgid":"m1"}`)
			d.HandleMessage(msg)
			if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != test.want {
				t.Fatalf("done: %v, want %s", d.Done, test.want)
			}
			if msg.Get("before") != true {
				t.Error("the catch nodes' message lacks what the script set")
			}
			if e, ok := errors.AsType[*flow.Error](d.Done[0]); ok && e.Name != "RangeError" {
				if !strings.Contains(e.Stack, "\n    at ") || strings.Contains(e.Stack, "\t") {
					t.Errorf("stack %q", e.Stack)
				}
				if name := flow.JSON(msg.Get("error")); name != `{"name":"`+e.Name+`"}` {
					t.Errorf("msg.error is %s", name)
				}
			}
		})
	}
}

func TestScenarioError(t *testing.T) {
	d := start(t, "const k=flow.get('k')||0; flow.set('k',k+1); if(k===0) throw new Error('boom'); if(k===1){ node.error('plain', msg); return null;} if(k===2){ node.error('no msg'); return null;} if(k===3){ node.warn('careful'); node.log('note'); return msg;} nosuch.x=1;")
	for range 5 {
		d.Handle(`{"payload":1}`)
	}
	equal(t, "log", log(d), []string{"error Error: boom", "error plain", "error no msg", "warn careful", "info note",
		"error ReferenceError: ReferenceError: nosuch is not defined (line 1, col 243)"})
	if d.Log[1].Msg == nil || d.Log[2].Msg != nil {
		t.Error("only node.error(…, msg) is for catch nodes")
	}
}

func TestSyntaxErrors(t *testing.T) {
	tests := []struct{ property, text, want string }{
		{"func", "let a = 1;\nlet b = ;", "error SyntaxError: Unexpected token ; (body:line 2)"},
		{"func", "let a; let a;", "error SyntaxError: Identifier 'a' has already been declared (body:line 1)"},
		{"initialize", "}", "error SyntaxError: Unexpected token } (setup:line 2)"},
		{"finalize", "\n\n(", "error SyntaxError: Unexpected token } (cleanup:line 4)"},
	}
	for _, test := range tests {
		d := flowtest.New(t, function.Type(state.New(), nil), flow.JSON(flow.NewObject(test.property, test.text)))
		equal(t, "log", log(d), []string{test.want})
		d.Handle(`{"payload":1}`)
		equal(t, "sent", d.Sent(0), nil)
		if len(d.Done) > 0 {
			t.Errorf("%s: a complete node hears of the message", test.text)
		}
	}
}

func TestLibs(t *testing.T) {
	lib := func(name, module string) flow.Value {
		return flow.Array{flow.NewObject("var", name, "module", module)}
	}
	d := start(t, "return {payload: u.format('%s', 1) }", "libs", lib("u", "util"))
	d.Handle(`{}`)
	equal(t, "sent", d.Sent(0), []string{`{"payload":"1"}`})

	d = start(t, "return msg", "libs", lib("x", "left-pad"))
	equal(t, "log", log(d), []string{"error module 'left-pad' is not available in function nodes"})

	refused := func(live *settings.Live, libs flow.Value) string {
		var bad *flow.ConfigError
		_, err := function.Type(state.New(), live).New(flow.NewObject("libs", libs), flow.Env{})
		if !errors.As(err, &bad) || bad.Property != "libs" {
			t.Fatalf("libs %s: %v", flow.JSON(libs), err)
		}
		return bad.Reason
	}
	live := &settings.Live{}
	live.Set(settings.Settings{})
	equal(t, "refused", []string{refused(nil, lib("flow", "util")), refused(live, lib("u", "util"))},
		[]string{"Invalid module variable name: flow", "Function node not allowed to load external modules"})
}

func TestCompletesWithItsOwnMessage(t *testing.T) {
	d := start(t, "msg.payload++; delete msg.gone; return {payload: 'other'}")
	msg := d.Message(`{"payload":1,"gone":true}`)
	d.HandleMessage(msg)
	if got := flow.JSON(msg); got != `{"payload":2}` {
		t.Errorf("the message completes as %s", got)
	}
}

func TestMessagesAreCopies(t *testing.T) {
	shared := flow.NewObject("list", flow.Array{1.0}, "bytes", flow.Buffer("abc"))
	d := start(t, "msg.payload.list.push(2); msg.payload.bytes[0] = 0; return msg")
	msg := flow.NewMessage()
	msg.Set("payload", shared)
	d.HandleMessage(msg)
	if got := flow.JSON(shared); got != `{"list":[1],"bytes":{"type":"Buffer","data":[97,98,99]}}` {
		t.Errorf("the script changed a shared value: %s", got)
	}
	equal(t, "sent", d.Sent(0), []string{`{"payload":{"list":[1,2],"bytes":{"type":"Buffer","data":[0,98,99]}}}`})
}

func TestStatus(t *testing.T) {
	d := start(t, "node.status(msg.s)")
	for _, s := range []string{`{"fill":"red","shape":"dot","text":5}`, `"text"`, `7`, `true`, `{}`, `null`} {
		d.Handle(`{"s":` + s + `}`)
	}
	equal(t, "badges", d.Badges(), []string{"red dot 5", "undefined undefined text", "undefined undefined 7",
		"undefined undefined true", "", ""})
}

func TestConsole(t *testing.T) {
	d := start(t, "console.log('a', {b: 1}); console.error('e'); node.debug('d'); node.trace('t'); node.warn({a: 1}); node.log(new Error('x'))")
	d.Handle(`{}`)
	equal(t, "log", log(d), []string{"info a { b: 1 }", "error e", "debug d", "trace t", "warn [object Object]", "info Error: x"})
}

func BenchmarkCall(b *testing.B) {
	d := flowtest.New(b, function.Type(state.New(), nil), config("msg.payload = msg.payload.toUpperCase(); return msg;"))
	o := d.Message(`{"_msgid":"0123456789abcdef","timestamp":"2026-01-01T00:00:00.000Z","status":"ok","event":"data","sessionId":"sess-1","payload":"hello"}`).Object()
	b.ReportAllocs()
	for b.Loop() {
		msg := flow.MessageOf(o)
		if err := d.Node.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, nil)); err != nil {
			b.Fatal(err)
		}
	}
}
