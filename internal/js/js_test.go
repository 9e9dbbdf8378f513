package js_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/js"
)

// TestNode evaluates expressions that have the same value in Node.js.
func TestNode(t *testing.T) {
	tests := map[string]map[string]string{
		"Buffer": {
			"Buffer.from('héllo').length":                                                                                   "6",
			"Buffer.from('héllo').toString()":                                                                               "héllo",
			"Buffer.from('68656c6c6fzz', 'hex').toString()":                                                                 "hello",
			"Buffer.from('aGk=', 'base64').toString() + Buffer.from('aGk', 'base64url')":                                    "hihi",
			"Buffer.from([1, 255, 256, -1]).toString('hex')":                                                                "01ff00ff",
			"Buffer.from('ÿ', 'latin1').toString('binary')":                                                                 "ÿ",
			"Buffer.from([0xff]).toString('ascii').charCodeAt(0)":                                                           "127",
			"Buffer.from('hi', 'utf16le').toString('hex')":                                                                  "68006900",
			"Buffer.from('6800 6900', 'hex').toString('ucs2')":                                                              "h",
			"Buffer.from('ab').toString('base64') + Buffer.from([255,254,253]).toString('base64url')":                       "YWI=__79",
			"JSON.stringify(Buffer.from('a'))":                                                                              `{"type":"Buffer","data":[97]}`,
			"Buffer.from(JSON.parse(JSON.stringify(Buffer.from('a')))).toString()":                                          "a",
			"Buffer.alloc(3, 'ab').toString() + Buffer.alloc(2).toString('hex')":                                            "aba0000",
			"Buffer.concat([Buffer.from('a'), new Uint8Array([98])]).toString()":                                            "ab",
			"Buffer.concat([Buffer.from('abc'), Buffer.from('d')], 2).toString()":                                           "ab",
			"Buffer.byteLength('é') + Buffer.byteLength('abcd', 'hex')":                                                     "4",
			"Buffer.isBuffer(Buffer.from('')) + ' ' + Buffer.isBuffer(new Uint8Array())":                                    "true false",
			"[Buffer.from('b'), Buffer.from('a')].sort(Buffer.compare).join('')":                                            "ab",
			"Buffer.from('a') instanceof Uint8Array":                                                                        "true",
			"new Buffer('ab').toString() + Buffer('c')":                                                                     "abc",
			"Buffer.from('abc')[1]":                                                                                         "98",
			"[...Buffer.from('ab')].join()":                                                                                 "97,98",
			"Buffer.from('abcdef').slice(1, -1).toString()":                                                                 "bcde",
			"(() => { const b = Buffer.from('abc'); b.slice(1)[0] = 120; return b.toString() })()":                          "axc",
			"Buffer.from('abc').subarray(5).length":                                                                         "0",
			"Buffer.isBuffer(Buffer.from('abc').subarray(1).map(x => x))":                                                   "true",
			"Buffer.alloc(4).fill('ab', 1).toString('hex')":                                                                 "00616261",
			"Buffer.from('abc').equals(Buffer.from('abc'))":                                                                 "true",
			"Buffer.from('abcabc').indexOf('c') + Buffer.from('abcabc').lastIndexOf('ab')":                                  "5",
			"Buffer.from('abc').indexOf(98) + Buffer.from('abc').indexOf('x')":                                              "0",
			"Buffer.from('abc').includes('bc')":                                                                             "true",
			"(() => { const b = Buffer.alloc(3); return Buffer.from('abc').copy(b, 1) + b.toString('hex') })()":             "2006162",
			"(() => { const b = Buffer.alloc(4); return b.write('aé€', 1) + b.toString('hex') })()":                         "30061c3a9",
			"Buffer.from('0102', 'hex').swap16().toString('hex')":                                                           "0201",
			"Buffer.from('01020304', 'hex').swap32().readUInt32BE()":                                                        "67305985",
			"Buffer.from('fffe', 'hex').readInt16BE() + Buffer.from('fffe', 'hex').readUint16LE(0)":                         "65277",
			"(() => { const b = Buffer.alloc(8); b.writeDoubleBE(1.5); return b.readDoubleBE() + b.writeFloatLE(2, 4) })()": "9.5",
			"(() => { const b = Buffer.alloc(8); b.writeBigInt64LE(-5n); return String(b.readBigInt64LE()) })()":            "-5",
			"(() => { const b = Buffer.alloc(6); b.writeIntBE(-123456789012, 0, 6); return b.readIntBE(0, 6) })()":          "-123456789012",
			"(() => { const b = Buffer.alloc(3); b.writeUIntLE(0x010203, 0, 3); return b.toString('hex') })()":              "030201",
			"(() => { try { Buffer.alloc(1).readUInt16LE() } catch (e) { return e.name + e.code } })()":                     "RangeErrorERR_BUFFER_OUT_OF_BOUNDS",
			"(() => { try { Buffer.alloc(1).writeUInt8(256) } catch (e) { return e.code } })()":                             "ERR_OUT_OF_RANGE",
			"(() => { try { Buffer.from(5) } catch (e) { return e.name } })()":                                              "TypeError",
			"(() => { try { Buffer.from('a', 'nosuch') } catch (e) { return e.message } })()":                               "Unknown encoding: nosuch",
			"Buffer.from('€').toString('utf8', 0, 2)":                                                                       "\ufffd",
			"util.inspect(Buffer.from('ab'))":                                                                               "<Buffer 61 62>",
		},
		"URL": {
			"new URL('HTTP://User:pa@EXAMPLE.com:80/a/../b?q=1#h').href": "http://User:pa@example.com/b?q=1#h",
			"new URL('https://h:8443/p').host":                           "h:8443",
			"new URL('http://h').pathname":                               "/",
			"new URL('../c?x', 'http://h/a/b/d').href":                   "http://h/a/c?x",
			"new URL('//other/x', 'https://h/a').href":                   "https://other/x",
			"new URL('?q', 'http://h/a#z').href":                         "http://h/a?q",
			"new URL('http://[::1]:80/').hostname":                       "[::1]",
			"new URL('http://h/ü x').pathname":                           "/%C3%BC%20x",
			"new URL('mqtt://h:1883/t').port":                            "1883",
			"new URL('mailto:a@b').pathname":                             "a@b",
			"new URL('http://h').origin":                                 "http://h",
			"(() => { const u = new URL('http://h/?a=1'); u.searchParams.append('b', 'x y'); return u.href })()":                                                    "http://h/?a=1&b=x+y",
			"(() => { const u = new URL('http://h/a'); u.port = 81; u.pathname = 'b'; u.hash = 'c'; u.search = 'd=1'; return u.href + u.searchParams.get('d') })()": "http://h:81/b?d=1#c1",
			"(() => { try { new URL('nope') } catch (e) { return e.code } })()":                                                                                     "ERR_INVALID_URL",
			"(() => { try { new URL('http://h:99999') } catch (e) { return e.message } })()":                                                                        "Invalid URL",
			"JSON.stringify(new URL('http://h/'))":                                                                                                                  `"http://h/"`,
			"new URLSearchParams({a: 1, b: 'ü&'}).toString()":                                                                                                       "a=1&b=%C3%BC%26",
			"[...new URLSearchParams('a=1&a=2&b')].join('|')":                                                                                                       "a,1|a,2|b,",
			"new URLSearchParams('a=%C3%BC+x').get('a')":                                                                                                            "ü x",
			"URL.canParse('x:') + ' ' + URL.canParse('x')":                                                                                                          "true false",
		},
		"util": {
			"util.inspect({a: 1, 'b-c': 'x', d: [1, {e: {f: {g: 1}}}]})":                                           "{ a: 1, 'b-c': 'x', d: [ 1, { e: [Object] } ] }",
			"util.inspect(new Map([['a', 1]])) + util.inspect(new Set([1]))":                                       "Map(1) { 'a' => 1 }Set(1) { 1 }",
			"util.inspect([undefined, null, -0, 1n, Symbol('s'), () => 1])":                                        "[ undefined, null, -0, 1n, Symbol(s), [Function (anonymous)] ]",
			"util.inspect(new (class A { x = 1 }))":                                                                "A { x: 1 }",
			"(() => { const o = {}; o.o = o; return util.inspect(o) })()":                                          "{ o: [Circular *1] }",
			"util.format('%s %d %j %%', 'a', 1.5, {b: 1}, 'more')":                                                 "a 1.5 {\"b\":1} % more",
			"util.isDeepStrictEqual({a: [1]}, {a: [1]})":                                                           "true",
			"util.types.isDate(new Date()) && util.types.isRegExp(/x/) && util.types.isPromise(Promise.resolve())": "true",
			"new TextDecoder().decode(new TextEncoder().encode('é'))":                                              "é",
			"atob('aGk=') + btoa('hi')":                                                                            "hiaGk=",
		},
	}
	for group, expressions := range tests {
		t.Run(group, func(t *testing.T) {
			for expr, want := range expressions {
				v, err := js.New().Runtime.RunString(expr)
				if err != nil {
					t.Errorf("%s: %v", expr, err)
				} else if got := v.String(); got != want {
					t.Errorf("%s\n got %s\nwant %s", expr, got, want)
				}
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	vm := js.New()
	values := []flow.Value{
		nil, flow.Null{}, true, 0.0, 1.5, -7.0, 1e300, math.Inf(1), "", "text é 😀", flow.Date(12345), flow.Buffer{}, flow.Buffer("abc"),
		flow.Array{}, flow.Array{1.0, nil, flow.Null{}, flow.Array{"x"}},
		flow.NewObject("z", 1.0, "a", flow.NewObject("b", nil), "1", "first", "__proto__", "safe"),
		flow.NewObject("buffer", flow.Buffer{0, 255}, "date", flow.Date(0)),
	}
	for _, v := range values {
		got, err := vm.FromJS(vm.ToJS(v))
		if err != nil {
			t.Errorf("%s: %v", flow.JSON(v), err)
			continue
		}
		if flow.TypeName(got) != flow.TypeName(v) || flow.JSON(got) != flow.JSON(v) || !flow.Equal(got, v) {
			t.Errorf("%s %s became %s %s", flow.TypeName(v), flow.JSON(v), flow.TypeName(got), flow.JSON(got))
		}
	}
	if v, _ := vm.FromJS(vm.ToJS(math.NaN())); !math.IsNaN(v.(float64)) {
		t.Errorf("NaN became %v", v)
	}
	if v, _ := vm.FromJS(vm.ToJS(big.NewInt(7))); v.(*big.Int).Int64() != 7 {
		t.Errorf("7n became %v", v)
	}
	secret := &struct{ x int }{1}
	if v, _ := vm.FromJS(vm.ToJS(secret)); v != flow.Value(secret) {
		t.Errorf("an opaque value became %v", v)
	}
}

func TestBuffersAreCopied(t *testing.T) {
	vm := js.New()
	b := flow.Buffer("abc")
	object := vm.ToJS(b)
	if err := object.ToObject(vm.Runtime).Set("0", 120); err != nil {
		t.Fatal(err)
	}
	out, _ := vm.FromJS(object)
	if err := object.ToObject(vm.Runtime).Set("1", 120); err != nil {
		t.Fatal(err)
	}
	if string(b) != "abc" || string(out.(flow.Buffer)) != "xbc" {
		t.Errorf("bytes are shared: %s %s", b, out)
	}
}

// TestEmptyView is of a Buffer that starts where its memory ends. The race detector
// finds what points there.
func TestEmptyView(t *testing.T) {
	vm := js.New()
	v, err := vm.Runtime.RunString("Buffer.alloc(64).subarray(64)")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := vm.FromJS(v); err != nil || !flow.Equal(got, flow.Buffer{}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFromJSRefuses(t *testing.T) {
	vm := js.New()
	for expr, want := range map[string]error{
		"(() => { const o = {a: []}; o.a.push(o); return o })()":                     js.ErrCircular,
		"(() => { let o = {}; for (let i = 0; i < 5000; i++) o = {o}; return o })()": nil,
		"({ get x() { throw new Error('x') } })":                                     nil,
		"new Array(4e9)":                                                             nil,
	} {
		v, err := vm.Runtime.RunString(expr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vm.FromJS(v); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

func TestMicrotask(t *testing.T) {
	vm := js.New()
	if _, err := vm.Runtime.RunString("var seen = []; queueMicrotask(() => seen.push(2)); seen.push(1)"); err != nil {
		t.Fatal(err)
	}
	if got := vm.Runtime.Get("seen").String(); got != "1,2" {
		t.Errorf("seen %s", got)
	}
}

func TestErrorOf(t *testing.T) {
	vm := js.New()
	_, err := goja.New().RunString("1")
	if err != nil || js.Thrown(errors.New("x")) != nil {
		t.Fatal("a Go error is no exception")
	}
	_, err = vm.Runtime.RunScript("file", "function f() { const e = new RangeError('far'); e.code = 'C'; throw e }\nf()")
	e := vm.ErrorOf(js.Thrown(err))
	if e == nil || e.Error() != "RangeError: far" || e.Code != "C" ||
		e.Stack != "RangeError: far\n    at f (file:1:26)\n    at file:2:2" {
		t.Errorf("%v, code %q, stack %q", e, e.Code, e.Stack)
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{`{"a":[1,null,"x"],"b":{"1":2}}`, `"\ud83d\ude00"`, `[[[]]]`, `-0.5e-7`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := flow.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		vm := js.New()
		got, err := vm.FromJS(vm.ToJS(v))
		if err == nil && flow.JSON(got) != flow.JSON(v) {
			t.Errorf("%s became %s", flow.JSON(v), flow.JSON(got))
		}
	})
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		js.New()
	}
}

func TestStructuredClone(t *testing.T) {
	tests := map[string]string{
		"const o = {a: [1, , {b: null}], u: undefined}; const c = structuredClone(o); o.a[2].b = 1; [c, 1 in c.a, 'u' in c]": `[{"a":[1,null,{"b":null}]},false,true]`,
		"const o = {}; o.self = o; const c = structuredClone(o); c !== o && c.self === c":                                    "true",
		"const s = {}; const c = structuredClone([s, s]); c[0] === c[1] && c[0] !== s":                                       "true",
		"structuredClone(new Map([['a', {b: 1}]])).get('a').b":                                                               "1",
		"structuredClone(new Set([1, 2])).has(2)":                                                                            "true",
		"structuredClone(new Date(5)).getTime()":                                                                             "5",
		"const r = structuredClone(/a/gi); r.source + r.flags":                                                               `"agi"`,
		"const e = structuredClone(new RangeError('x', {cause: 1})); [e instanceof RangeError, e.message, e.cause]":          `[true,"x",1]`,
		"const b = structuredClone(Buffer.from('ab')); [Buffer.isBuffer(b), b instanceof Uint8Array, b[1]]":                  "[false,true,98]",
		"const f = structuredClone(new Float64Array([0.5])); [f instanceof Float64Array, f[0]]":                              "[true,0.5]",
		"structuredClone(new DataView(new ArrayBuffer(3))).byteLength":                                                       "3",
		"structuredClone(5)": "5",
		"let e; try { structuredClone(() => 1) } catch (x) { e = x.name }; e":             `"DataCloneError"`,
		"class A { constructor() { this.x = 1 } }; structuredClone(new A()) instanceof A": "false",
	}
	for script, want := range tests {
		t.Run(script, func(t *testing.T) {
			vm := js.New()
			v, err := vm.Runtime.RunString(script)
			if err != nil {
				t.Fatal(err)
			}
			got, err := vm.FromJS(v)
			if err != nil || flow.JSON(got) != want {
				t.Errorf("got %s, %v, want %s", flow.JSON(got), err, want)
			}
		})
	}
}

// A getter may run for ever or call itself. What ends it is an error, not the
// end of the process.
func TestGettersThatEndBadly(t *testing.T) {
	vm := js.New()
	vm.Runtime.SetMaxCallStackSize(100)
	o, err := vm.Runtime.RunString("({get a() { return this.a }})")
	if err != nil {
		t.Fatal(err)
	}
	var tooDeep *goja.StackOverflowError
	if _, err := vm.FromJS(o); !errors.As(err, &tooDeep) {
		t.Errorf("a getter that calls itself: %v", err)
	}
	if o, err = vm.Runtime.RunString("({get a() { for (;;) {} }})"); err != nil {
		t.Fatal(err)
	}
	var interrupted *goja.InterruptedError
	vm.Runtime.Interrupt("enough")
	if err := vm.Properties(o.(*goja.Object), func(string, flow.Value) {}); !errors.As(err, &interrupted) {
		t.Errorf("a getter without end: %v", err)
	}
	vm.Runtime.ClearInterrupt()
	if v, err := vm.Runtime.RunString("1 + 1"); err != nil || v.ToInteger() != 2 {
		t.Errorf("afterwards: %v, %v", v, err)
	}
}
