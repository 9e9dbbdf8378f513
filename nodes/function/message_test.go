package function_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// plain has a script get a plain object as msg.
const plain = "\n// freeze"

// TestMessageIsAnObject looks at msg in every way that JavaScript has. The
// object that reads from the flow message behaves as a plain one does.
func TestMessageIsAnObject(t *testing.T) {
	const in = `{"_msgid":"m1","b":1,"payload":{"x":[1,{"y":2}]},"7":"seven","text":"é long enough to be kept as it is","a":null,"bytes":{"type":"Buffer","data":[1,2]}}`
	tests := map[string]string{
		"return {p: Object.keys(msg)}":                                                                                      `{"p":["7","_msgid","b","payload","text","a","bytes"]}`,
		"msg[3] = 0; msg.z = 1; msg.y = {}; return {p: Object.keys(msg)}":                                                   `{"p":["3","7","_msgid","b","payload","text","a","bytes","z","y"]}`,
		"delete msg.b; msg.b = 2; return {p: Object.keys(msg).join()}":                                                      `{"p":"7,_msgid,payload,text,a,bytes,b"}`,
		"return {p: Object.entries(msg).slice(0, 3)}":                                                                       `{"p":[["7","seven"],["_msgid","m1"],["b",1]]}`,
		"return {p: Object.values(msg).length}":                                                                             `{"p":7}`,
		"const p = []; for (const k in msg) { p.push(k); delete msg.text } return {p}":                                      `{"p":["7","_msgid","b","payload","a","bytes"]}`,
		"return Object.assign({}, msg)":                                                                                     `$msg`,
		"return {...msg}":                                                                                                   `$msg`,
		"return JSON.parse(JSON.stringify(msg))":                                                                            `$msg`,
		"return structuredClone(msg)":                                                                                       `$msg`,
		"return RED.util.cloneMessage(msg)":                                                                                 `$msg`,
		"const {b, ...rest} = msg; return {b, n: Object.keys(rest).length}":                                                 `{"b":1,"n":6}`,
		"Object.assign(msg, {b: 5, c: 6}); return {p: [msg.b, msg.c]}":                                                      `{"p":[5,6]}`,
		"return {p: ['b' in msg, 'nope' in msg, 'toString' in msg, 7 in msg]}":                                              `{"p":[true,false,true,true]}`,
		"return {p: [msg.hasOwnProperty('b'), msg.hasOwnProperty('toString'), Object.hasOwn(msg, 'a')]}":                    `{"p":[true,false,true]}`,
		"return {p: [delete msg.b, delete msg.nope, msg.b === undefined, 'b' in msg]}":                                      `{"p":[true,true,true,false]}`,
		"'use strict'; delete msg.b; msg.b = msg.a; return {p: msg.b}":                                                      `{"p":null}`,
		"return {p: [msg.constructor === Object, msg instanceof Object, typeof msg, Array.isArray(msg)]}":                   `{"p":[true,true,"object",false]}`,
		"return {p: [String(msg), Object.prototype.toString.call(msg), '' + msg.payload]}":                                  `{"p":["[object Object]","[object Object]","[object Object]"]}`,
		"return {p: Object.getPrototypeOf(msg) === Object.prototype && msg.__proto__ === Object.prototype}":                 `{"p":true}`,
		"return {p: Object.getOwnPropertyDescriptor(msg, 'b')}":                                                             `{"p":{"value":1,"writable":true,"enumerable":true,"configurable":true}}`,
		"return {p: Object.getOwnPropertyNames(msg).length + Reflect.ownKeys(msg).length}":                                  `{"p":14}`,
		"return {p: Object.isExtensible(msg) && msg.propertyIsEnumerable('b')}":                                             `{"p":true}`,
		"return {p: util.inspect({...msg, text: 1, bytes: 2})}":                                                             `{"p":"{\n  '7': 'seven',\n  _msgid: 'm1',\n  b: 1,\n  payload: { x: [ 1, [Object] ] },\n  text: 1,\n  a: null,\n  bytes: 2\n}"}`,
		"delete msg.text; delete msg.bytes; return {p: util.inspect(msg)}":                                                  `{"p":"{\n  '7': 'seven',\n  _msgid: 'm1',\n  b: 1,\n  payload: { x: [ 1, [Object] ] },\n  a: null\n}"}`,
		"return {p: util.isDeepStrictEqual(msg, {...msg})}":                                                                 `{"p":true}`,
		"return {p: RED.util.getMessageProperty(msg, 'payload.x[1].y')}":                                                    `{"p":2}`,
		"RED.util.setMessageProperty(msg, 'n.m[0]', 1, true); return {p: msg.n}":                                            `{"p":{"m":[1]}}`,
		"return {p: [msg.payload === msg.payload, msg.payload.x === msg.payload.x, msg.bytes === msg.bytes]}":               `{"p":[true,true,true]}`,
		"const o = {}; msg.o = o; return {p: msg.o === o}":                                                                  `{"p":true}`,
		"const p = msg.payload; delete msg.payload; msg.payload = p; p.x = 1; return {p: [msg.payload === p, msg.payload]}": `{"p":[true,{"x":1}]}`,
		"msg.s = '\\ud83d'; return {p: msg.s.length + '/' + msg.s.charCodeAt(0)}":                                           `{"p":"1/55357"}`,
		"msg.n = -0; return {p: Object.is(msg.n, -0)}":                                                                      `{"p":true}`,
		"msg.n = 10n; return {p: typeof msg.n + msg.n}":                                                                     `{"p":"bigint10"}`,
		"msg.b++; msg.b += 2; msg.c ??= 5; msg.a ||= 6; return {p: [msg.b, msg.c, msg.a]}":                                  `{"p":[4,5,6]}`,
		"msg.f = () => 5; return {p: [msg.f(), Object.keys(msg).includes('f')]}":                                            `{"p":[5,true]}`,
		"const child = Object.create(msg); child.b = 9; return {p: [child.b, msg.b, child.text === msg.text]}":              `{"p":[9,1,true]}`,
		"msg = {payload: msg.b}; return msg":                                                                                `{"payload":1}`,
		"msg['__proto__'] = {inherited: 1}; return {p: [msg.inherited, Object.keys(msg).length]}":                           `{"p":[1,7]}`,
		"flow.set('m', msg); const m = flow.get('m'); return {p: [m.b, m.payload.x[1].y]}":                                  `{"p":[1,2]}`,
		"return {payload: msg}":                  `{"payload":$all}`,
		"return {list: [msg]}":                   `{"list":[$all]}`,
		"with (msg) { b = 3 } return {p: msg.b}": `{"p":3}`,
		"return {p: new Set([msg, msg]).size + new Map([[msg, 1]]).get(msg)}":                                      `{"p":2}`,
		"return {p: [...new Array(20).keys()].map(i => (msg['k' + i] = [i])).every((v, i) => msg['k' + i] === v)}": `{"p":true}`,
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			all := mustParse(t, in)
			rest := all.Clone()
			rest.Delete(flow.MsgID)
			want := strings.NewReplacer("$all", flow.JSON(all), "$msg", flow.JSON(rest)).Replace(want)
			for _, end := range []string{"", plain} {
				d := start(t, body+end)
				d.HandleMessage(flow.MessageOf(all))
				equal(t, "sent"+end, d.Sent(0), []string{want})
				equal(t, "log"+end, log(d), nil)
			}
		})
	}
}

// TestMessageGoesBack looks at what is sent and at what complete and catch nodes
// get of a message that the script has changed.
func TestMessageGoesBack(t *testing.T) {
	tests := []struct {
		body string
		sent []string
		done string
	}{
		{"msg.p.q = 1; return msg", []string{`{"p":{"q":1},"b":1}`}, `{"p":{"q":1},"b":1}`},
		{"msg.p.q = 1; delete msg.b; return {}", []string{`{}`}, `{"p":{"q":1}}`},
		{"msg.f = () => 1; msg.c = 2; return msg", []string{`{"p":{},"b":1,"c":2}`}, `{"p":{},"b":1,"c":2}`},
		{"msg.b = () => 1; return msg", []string{`{"p":{}}`}, `{"p":{}}`},
		{"msg.f = () => 1; node.send(msg); msg.c = Object.keys(msg).join() + typeof msg.f; msg.p.q = 1; return msg",
			[]string{`{"p":{},"b":1}`, `{"p":{"q":1},"b":1,"c":"_msgid,p,b,ffunction"}`}, `{"p":{"q":1},"b":1,"c":"_msgid,p,b,ffunction"}`},
		{"msg.s = Symbol; msg.s = 1; return msg", []string{`{"p":{},"b":1,"s":1}`}, `{"p":{},"b":1,"s":1}`},
		{"msg.p.self = msg.p; msg.c = 5", nil, `{"p":{},"b":1,"c":5}`},
		{"msg.self = msg; msg.c = 5", nil, `{"p":{},"b":1,"c":5}`},
		{"msg.p.n = 1; node.send(msg); msg.p.n = 2; node.send(msg); msg.b = 2; return [msg]",
			[]string{`{"p":{"n":1},"b":1}`, `{"p":{"n":2},"b":1}`, `{"p":{"n":2},"b":2}`}, `{"p":{"n":2},"b":2}`},
		{"return [[msg, msg, {b: 2}]]", []string{`{"p":{},"b":1}`, `{"p":{},"b":1}`, `{"b":2}`}, `{"p":{},"b":1}`},
		{"msg._msgid = 'other'; node.send(msg); return [[msg, {}]]", []string{`{"p":{},"b":1}`, `{"p":{},"b":1}`, `{}`}, `{"p":{},"b":1}`},
		{"delete msg._msgid; node.send(msg); return [[msg, {}]]", []string{`{"p":{},"b":1}`, `{"p":{},"b":1}`, `{}`}, `{"p":{},"b":1}`},
		{"if (global.m) { node.send(m); m.b++; node.send(m); node.send(msg) } else { global.m = msg; return msg }",
			[]string{`{"p":{},"b":1}`}, `{"p":{},"b":1}`},
		{"msg.d = undefined; msg.n = null; return msg", []string{`{"p":{},"b":1,"n":null}`}, `{"p":{},"b":1,"n":null}`},
		{"msg.p = msg.p; msg.b = {b: msg.b}; await 1; msg.c = [msg.b]; return msg",
			[]string{`{"p":{},"b":{"b":1},"c":[{"b":1}]}`}, `{"p":{},"b":{"b":1},"c":[{"b":1}]}`},
		{"msg.c = {n: 1}; node.send(msg); node.done(); msg.c.n = 2", []string{`{"p":{},"b":1,"c":{"n":1}}`}, `{"p":{},"b":1,"c":{"n":1}}`},
		{"msg.c = {n: 1}; node.done(); msg.c.n = 2; return msg", []string{`{"p":{},"b":1,"c":{"n":2}}`}, `{"p":{},"b":1,"c":{"n":1}}`},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			for _, end := range []string{"", plain} {
				d := start(t, test.body+end)
				msg := d.Message(`{"_msgid":"m1","p":{},"b":1}`)
				d.HandleMessage(msg)
				equal(t, "sent"+end, d.Sent(0), test.sent)
				for _, m := range d.Messages(0) {
					if m.ID() != "m1" {
						t.Errorf("a message has the id %q", m.ID())
					}
				}
				done := d.Ended[0].Clone()
				done.Delete(flow.MsgID)
				equal(t, "done"+end, []string{flow.JSON(done)}, []string{test.done})
			}
		})
	}
}

// TestMessageLikePlainObject runs scripts put together at random with both kinds
// of msg, which must come to the same.
func TestMessageLikePlainObject(t *testing.T) {
	statements := []string{
		"msg.a = 1", "msg.a = {n: 1}", "msg.a = msg.b", "msg.b = [msg.a]", "delete msg.a", "delete msg.b", "msg.c = undefined",
		"msg.f = () => 1", "delete msg.f", "msg.p.n = (msg.p.n || 0) + 1", "msg.p = {x: msg.p}", "msg.p = 'text'", "msg[2] = msg[1]",
		"msg.keys = Object.keys(msg).join()", "msg.s = JSON.stringify(msg)", "node.send(msg)", "node.send({...msg})",
		"node.send([[msg, {m: msg}]])", "msg._msgid = 'x'", "delete msg._msgid", "keep = msg.p", "keep.n = 7", "msg.k = keep",
		"msg.bytes[0]++", "msg.bytes = Buffer.from(msg.bytes)", "msg.d = new Date(5)", "msg.d.setTime(6)", "msg.n = null",
		"msg.a = Object.keys(msg.p || {}).length", "for (const k in msg) if (k > 'k') delete msg[k]", "node.error('e', msg)",
		"Object.assign(msg, {z: 1, y: [2]})", "msg.y.push(3)", "msg.constructor = 5", "delete msg.constructor", "throw new Error('x')", "node.done()", "await null",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		script := "let keep = {};"
		for range 2 + random.IntN(8) {
			script += "try {" + statements[random.IntN(len(statements))] + "} catch (e) { if (e.message === 'x') throw e }\n"
		}
		script += []string{"", "return msg", "return {...msg}", "return [[msg, msg]]"}[random.IntN(4)]
		var came [2][]string
		for i, end := range []string{"", plain} {
			d := start(t, script+end)
			msg := d.Message(`{"_msgid":"m1","1":"one","p":{"n":1},"bytes":{"type":"Buffer","data":[1,2]},"b":[1]}`)
			d.HandleMessage(msg)
			for _, m := range append(d.Messages(0), msg) {
				came[i] = append(came[i], sorted(m.Object()))
			}
			for _, e := range d.Log {
				came[i] = append(came[i], flow.Text(e.What))
				if e.Msg != nil {
					came[i] = append(came[i], sorted(e.Msg.Object()))
				}
			}
		}
		if !slices.Equal(came[0], came[1]) {
			t.Fatalf("%s\n got %s\nwant %s", script, strings.Join(came[0], "\n     "), strings.Join(came[1], "\n     "))
		}
	}
}

// TestMessageOutlivesTheCall keeps msg and goes on with it when the flow
// message has long gone to other nodes, which have changed it.
func TestMessageOutlivesTheCall(t *testing.T) {
	for _, end := range []string{"", plain} {
		d := start(t, "if (globalThis.kept) { kept.n++; kept.p.push(kept.n); return [[kept, msg]] } kept = msg; return msg"+end)
		d.Handle(`{"_msgid":"m1","n":1,"p":[]}`)
		first := d.Messages(0)[0].Clone()
		first.Set("n", 100.0)
		d.Handle(`{"_msgid":"m2"}`)
		d.Handle(`{"_msgid":"m3"}`)
		equal(t, "sent", d.Sent(0), []string{`{"n":1,"p":[]}`, `{"n":2,"p":[2]}`, `{}`, `{"n":3,"p":[2,3]}`, `{}`})
		if id := d.Messages(0)[1].ID(); id != "m2" {
			t.Errorf("the kept message was sent with the id %q", id)
		}
	}
}

// TestUnchangedValuesStay expects no new flow values for what a script has only
// read.
func TestUnchangedValuesStay(t *testing.T) {
	values := flow.NewObject("o", flow.NewObject("1", flow.Array{true, nil, flow.Null{}, 1.5, "x", flow.Date(5)}),
		"b", flow.Buffer("bytes"), "a", flow.Array{flow.NewObject()})
	for _, end := range []string{"", plain} {
		d := start(t, "JSON.stringify(msg); msg.n = 1; return msg"+end)
		d.HandleMessage(flow.MessageOf(values))
		sent := d.Messages(0)[0]
		if sent.Get("n") != 1.0 || sent.Get("o") != values.Get("o") {
			t.Errorf("sent %s", flow.JSON(sent))
		}
		if &sent.Get("b").(flow.Buffer)[0] != &values.Get("b").(flow.Buffer)[0] ||
			&sent.Get("a").(flow.Array)[0] != &values.Get("a").(flow.Array)[0] {
			t.Error("a value was copied that the script has only read")
		}
	}
}

// TestPlainMessage does what only a plain object lets a script do.
func TestPlainMessage(t *testing.T) {
	tests := map[string]string{
		"Object.freeze(msg); msg.b = 2; return msg":                                                  `{"b":1}`,
		"Object.defineProperty(msg, 'c', {get: () => 5, enumerable: true}); return msg":              `{"b":1,"c":5}`,
		"Object.defineProperty(msg, 'b', {enumerable: false}); return {...msg}":                      `{}`,
		"Object.defineProperties(msg, {b: {value: 2}}); return msg":                                  `{"b":2}`,
		"'use strict'; Object.seal(msg); try { msg.c = 1 } catch (e) { msg.b = e.name; return msg }": `{"b":"TypeError"}`,
		"const s = Symbol(); msg[s] = 5; return {c: msg[s]}":                                         `{"c":5}`,
		"Object.preventExtensions(msg); return {c: Object.isExtensible(msg)}":                        `{"c":false}`,
	}
	for body, want := range tests {
		d := start(t, body)
		d.Handle(`{"b":1}`)
		equal(t, body, append(d.Sent(0), log(d)...), []string{want})
	}
}

// sorted returns an object as text, its own keys in alphabetical order. One that
// was deleted and set again is at the end only with the one kind of msg.
func sorted(o *flow.Object) string {
	var list []string
	for k, v := range o.All() {
		list = append(list, k+": "+flow.TypeName(v)+" "+flow.JSON(v))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func mustParse(t *testing.T, text string) *flow.Object {
	t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*flow.Object)
}

// node.send(msg, false) sends the very message: until the script ends or waits
// it may change it.
func TestSendWithoutACopy(t *testing.T) {
	tests := map[string][]string{
		"node.send(msg, false); msg.payload = 'changed'":                          {`{"payload":"changed"}`},
		"node.send(msg, true); msg.payload = 'changed'":                           {`{"payload":"in"}`},
		"node.send(msg, false); msg.payload = 1; return msg":                      {`{"payload":1}`, `{"payload":1}`},
		"node.send(msg, false); msg.payload = 1; node.send(msg); msg.payload = 2": {`{"payload":1}`, `{"payload":1}`},
		"node.send([{a: 1}], false); await 1; msg.payload = 1; return msg":        {`{"a":1}`, `{"payload":1}`},
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			d := start(t, body)
			d.Handle(`{"payload":"in"}`)
			equal(t, "sent", d.Sent(0), want)
		})
	}
}

// request is something that only Go can look into.
type request struct{ path string }

func TestOpaqueValuesPassThrough(t *testing.T) {
	req := &request{"/"}
	for _, body := range []string{
		"return msg", "return {req: msg.req}", "return RED.util.cloneMessage(msg)", "return structuredClone(msg)",
		"flow.set('req', msg.req); return {req: flow.get('req')}", "msg.req.path = 'x'; node.send([[msg]])",
		"Object.freeze(msg); return msg",
	} {
		t.Run(body, func(t *testing.T) {
			d := start(t, body)
			msg := flow.NewMessage()
			msg.Set("req", req)
			d.HandleMessage(msg)
			equal(t, "log", log(d), nil)
			if sent := d.Messages(0); len(sent) != 1 || sent[0].Get("req") != req {
				t.Errorf("sent %v", d.Sent(0))
			}
		})
	}
}

// The request of http in is shown to scripts as the message is, and is an object
// like any other to them.
func TestRequest(t *testing.T) {
	const req = `{"method":"GET","params":{"id":"7"},"headers":{"a":"1"}}`
	for body, want := range map[string]string{
		"return msg": `{"req":` + req + `}`,
		"return {p: msg.req.params.id, k: Object.keys(msg.req), s: JSON.stringify(msg.req), same: msg.req === msg.req && msg.req.params === msg.req.params}": `{"p":"7","k":["method","params","headers"],"s":"{\"method\":\"GET\",\"params\":{\"id\":\"7\"},\"headers\":{\"a\":\"1\"}}","same":true}`,
		"msg.payload = msg.req; return msg":                                     `{"req":` + req + `,"payload":` + req + `}`,
		"msg.payload = msg.req.headers; msg.req.headers; return msg":            `{"req":` + req + `,"payload":{"a":"1"}}`,
		"return {req: msg.req}":                                                 `{"req":` + req + `}`,
		"msg.req.user = {name: 'me'}; return msg":                               `{"req":{"method":"GET","params":{"id":"7"},"headers":{"a":"1"},"user":{"name":"me"}}}`,
		"msg.req.params.id = 8; delete msg.req.headers; return msg":             `{"req":{"method":"GET","params":{"id":8}}}`,
		"delete msg.req; return msg":                                            `{}`,
		"msg.req; msg.req = {a: 1}; return msg":                                 `{"req":{"a":1}}`,
		"const r = msg.req; msg.req = 1; msg.req = r; return msg":               `{"req":` + req + `}`,
		"msg.req.f = () => 1; return {p: msg.req.f(), ...msg}":                  `{"p":1,"req":` + req + `}`,
		"node.send(msg); msg.req.params.id = 9; return null":                    `{"req":` + req + `}`,
		"const c = RED.util.cloneMessage(msg); c.req.params.id = 9; return msg": `{"req":{"method":"GET","params":{"id":9},"headers":{"a":"1"}}}`, // as in Node-RED
	} {
		for _, body := range []string{body, body + plain} {
			d := start(t, body)
			d.Handle(`{"req":` + req + `}`)
			equal(t, body, d.Sent(0), []string{want})
			equal(t, "log", log(d), nil)
		}
	}
}

// What shows a request may show the next one. What one script call does to it is gone
// then, and what a script keeps stays.
func TestRequestsOneAfterTheOther(t *testing.T) {
	first := `{"req":{"params":{"id":"1","more":{"a":1}},"query":{"n":"5"}}}`
	for body, want := range map[string][]string{
		"msg.payload = msg.req.params.id + msg.req.query.n + msg.req.query.x; msg.req.query.x = msg.req.params.id; return msg": {
			`{"req":{"params":{"id":"1","more":{"a":1}},"query":{"n":"5","x":"1"}},"payload":"15undefined"}`,
			`{"req":{"params":{"id":"2"},"query":{"m":"6","x":"2"}},"payload":"2undefinedundefined"}`,
		},
		"const was = globalThis.kept; kept = msg.req.params.more; return {payload: was}":           {`{}`, `{"payload":{"a":1}}`},
		"const was = globalThis.kept; kept = msg.req.params; return {payload: was}":                {`{}`, `{"payload":{"id":"1","more":{"a":1}}}`},
		"const was = globalThis.kept; kept = msg.req.params.valueOf(); return {payload: was}":      {`{}`, `{"payload":{"id":"1","more":{"a":1}}}`},
		"try { msg.req.params.id.no() } catch (e) { msg.payload = msg.req.params.id }; return msg": {`{"req":{"params":{"id":"1","more":{"a":1}},"query":{"n":"5"}},"payload":"1"}`, `{"req":{"params":{"id":"2"},"query":{"m":"6"}},"payload":"2"}`},
	} {
		d := start(t, body)
		d.Handle(first)
		d.Handle(`{"req":{"params":{"id":"2"},"query":{"m":"6"}}}`)
		equal(t, body, d.Sent(0), want)
	}
}

// An error in a message stays one, for the next function and for property paths.
func TestErrorsInMessages(t *testing.T) {
	d := start(t, "msg.error = new TypeError('no', {cause: 'x'}); msg.error.code = 'E'; return msg")
	d.Handle(`{}`)
	sent := d.Messages(0)[0]
	for path, want := range map[string]flow.Value{"error.message": "no", "error.name": "TypeError", "error.code": "E", "error.cause": "x", "error.other": nil} {
		if got, err := sent.Path(path); err != nil || got != want {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	next := start(t, "const e = msg.error; return {is: e instanceof TypeError, message: e.message, code: e.code, cause: e.cause, text: String(e), stack: /TypeError: no\\n    at/.test(e.stack)}")
	next.HandleMessage(sent.Clone())
	equal(t, "sent", next.Sent(0), []string{`{"is":true,"message":"no","code":"E","cause":"x","text":"TypeError: no","stack":true}`})
}

func TestRegExpsInMessages(t *testing.T) {
	d := start(t, "return {re: /a(.)c/gi}")
	d.Handle(`{}`)
	next := start(t, "return {is: msg.re instanceof RegExp, text: String(msg.re), group: msg.re.exec('ABC')[1]}")
	next.HandleMessage(d.Messages(0)[0].Clone())
	equal(t, "sent", next.Sent(0), []string{`{"is":true,"text":"/a(.)c/gi","group":"B"}`})
}
