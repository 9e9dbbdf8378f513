package js_test

import (
	"testing"

	"github.com/flowrun/flowrun/internal/js"
)

// TestModules evaluates expressions that have the same value in Node.js; m is
// the module.
func TestModules(t *testing.T) {
	tests := map[string]map[string]string{
		"path": {
			"m.join('/a', '..', 'b', './c/', '')":                                                      "/b/c/",
			"m.join('a', '../../..', 'b') + m.join('') + m.join('./a')":                                "../../b.a",
			"m.normalize('/foo//bar/../baz/.') + m.normalize('./') + m.normalize('/..')":               "/foo/baz./" + "/",
			"m.resolve('/a/b', '../c', './d') + m.resolve('/a', '/b/')":                                "/a/c/d/b",
			"m.resolve('x').startsWith('/')":                                                           "true",
			"m.relative('/data/a/b', '/data/c/d') + m.relative('/a', '/a')":                            "../../c/d",
			"[m.dirname('/a/b/'), m.dirname('a'), m.dirname('/a'), m.dirname('a//b')].join()":          "/a,.,/,a/",
			"[m.basename('/a/b.txt', '.txt'), m.basename('/a/b/'), m.basename('.txt', '.txt')].join()": "b,b,",
			"[m.extname('a.b.c'), m.extname('.rc'), m.extname('a.'), m.extname('a/b')].join()":         ".c,,.,",
			"JSON.stringify(m.parse('/home/u/f.txt'))":                                                 `{"root":"/","dir":"/home/u","base":"f.txt","ext":".txt","name":"f"}`,
			"JSON.stringify([m.parse('f.txt').dir, m.parse('./f').dir])":                               `["","."]`,
			"m.format({dir: '/a', name: 'b', ext: 'c'}) + m.format({root: '/', base: 'x'})":            "/a/b.c/x",
			"m.isAbsolute('/a') && !m.isAbsolute('a') && m.posix === m && m.sep + m.delimiter":         "/:",
			"(() => { try { m.join(5) } catch (e) { return e.code } })()":                              "ERR_INVALID_ARG_TYPE",
		},
		"os": {
			"typeof m.hostname() + m.platform().length * 0":                                   "string0",
			"m.EOL.length > 0 && m.endianness()":                                              "LE",
			"[m.arch(), m.type(), m.tmpdir(), m.homedir()].every(s => typeof s === 'string')": "true",
		},
		"querystring": {
			"JSON.stringify(m.parse('a=1&b=2&a=3&c&d=%20+x'))":                       `{"a":["1","3"],"b":"2","c":"","d":"  x"}`,
			"JSON.stringify(m.parse('a:1;b:2', ';', ':'))":                           `{"a":"1","b":"2"}`,
			"Object.keys(m.parse('a&b&c', null, null, {maxKeys: 2})).join()":         "a,b",
			"m.stringify({a: ['x', 'y z'], b: 1, c: '', d: null, e: true, f: 'ü&'})": "a=x&a=y%20z&b=1&c=&d=&e=true&f=%C3%BC%26",
			"m.stringify({a: 1, b: 2}, ';', ':') + m.stringify('no')":                "a:1;b:2",
			"m.unescape('%zz%41') + m.escape('a b')":                                 "%zzAa%20b",
			"m.decode === m.parse && m.encode === m.stringify":                       "true",
		},
		"events": {
			"(() => { const e = new m(), l = []; e.on('x', v => l.push(v)); e.once('x', v => l.push('once' + v)); return [e.emit('x', 1), e.emit('x', 2), e.emit('y'), l].join() })()": "true,true,false,1,once1,2",
			"(() => { const e = new m.EventEmitter(), f = () => {}; e.on('a', f).prependListener('a', () => {}).off('a', f); return e.listenerCount('a') + e.eventNames().join() })()": "1a",
			"(() => { try { new m().emit('error', new RangeError('r')) } catch (e) { return e.message } })()":                                                                          "r",
			"(() => { try { new m().emit('error', 5) } catch (e) { return e.message } })()":                                                                                            "Unhandled error. (5)",
			"(() => { class A extends m {} const a = new A(); let t; a.on('x', function () { t = this === a }); a.emit('x'); return t })()":                                            "true",
			"(() => { function A() { m.call(this) } util.inherits(A, m); const a = new A(); return a.on('x', () => {}).emit('x') })()":                                                 "true",
			"(() => { const e = new m(), l = []; e.on('x', function f() { l.push(1); e.off('x', f) }); e.on('x', () => l.push(2)); e.emit('x'); e.emit('x'); return l.join() })()":     "1,2,2",
			"(() => { const e = new m(); e.on('a', () => {}); e.on('b', () => {}); e.removeAllListeners(); return e.eventNames().length })()":                                          "0",
			"(() => { try { new m().on('x') } catch (e) { return e.code } })()":                                                                                                        "ERR_INVALID_ARG_TYPE",
		},
		"crypto": {
			"m.createHash('md5').update('abc').digest('hex')":                                                                                             "900150983cd24fb0d6963f7d28e17f72",
			"m.createHash('sha1').update('a').update(Buffer.from('bc')).digest('hex')":                                                                    "a9993e364706816aba3e25717850c26c9cd0d89d",
			"m.createHash('SHA256').update('abc').digest('base64')":                                                                                       "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
			"m.createHash('sha512').update('616263', 'hex').digest().length":                                                                              "64",
			"(() => { const h = m.createHash('md5').update('ab'); const c = h.copy().update('c'); h.update('x'); return c.digest('hex').slice(0, 4) })()": "9001",
			"m.createHmac('sha256', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex')":                                           "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
			"m.createHmac('md5', '').update('').digest('hex')":                                                                                            "74e6f7298a9c2d168935f58c001bad88",
			"m.hash('md5', 'abc').slice(0, 4)":                                                                                                            "9001",
			"(() => { try { m.createHash('nope') } catch (e) { return e.message } })()":                                                                   "Digest method not supported",
			"(() => { const h = m.createHash('md5'); h.digest(); try { h.update('') } catch (e) { return e.code } })()":                                   "ERR_CRYPTO_HASH_FINALIZED",
			"m.randomBytes(5).length + m.randomBytes(16).toString('hex').length":                                                                          "37",
			"/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(m.randomUUID())":                                                "true",
			"m.randomUUID() !== m.randomUUID() && m.randomInt(3) < 3 && m.randomInt(5, 6)":                                                                "5",
			"m.timingSafeEqual(Buffer.from('a'), Buffer.from('a')) + ' ' + m.timingSafeEqual(Buffer.from('a'), Buffer.from('b'))":                         "true false",
			"(() => { try { m.timingSafeEqual(Buffer.from('a'), Buffer.from('ab')) } catch (e) { return e.code } })()":                                    "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
		},
		"assert": {
			"[m, m.ok, m.strict].map(f => f(1)).join()": ",,",
			"(() => { try { m(0, 'text') } catch (e) { return e.name + e.code + e.message + (e instanceof m.AssertionError) } })()":                                                          "AssertionErrorERR_ASSERTIONtexttrue",
			"m.equal(1, '1') || m.deepEqual({a: [1]}, {a: ['1']}) || m.deepStrictEqual({a: [1]}, {a: [1]}) || m.notStrictEqual(1, '1')":                                                      "undefined",
			"(() => { try { m.strictEqual(1, 2) } catch (e) { return e.operator + e.actual + e.expected } })()":                                                                              "strictEqual12",
			"(() => { try { m.strict.equal(1, '1') } catch (e) { return e.operator } })()":                                                                                                   "strictEqual",
			"(() => { try { m.deepStrictEqual([1], ['1']) } catch (e) { return e.generatedMessage } })()":                                                                                    "true",
			"m.throws(() => { throw new TypeError('bad') }, /bad/) || m.throws(() => { throw new TypeError('bad') }, TypeError) || m.throws(() => { throw new Error('x') }, {message: 'x'})": "undefined",
			"(() => { try { m.throws(() => {}) } catch (e) { return e.message } })()":                                                                                                        "Missing expected exception.",
			"(() => { try { m.doesNotThrow(() => { throw new Error('x') }) } catch (e) { return e.message } })()":                                                                            "Got unwanted exception.\nActual message: \"x\"",
			"(() => { try { m.fail(new RangeError('own')) } catch (e) { return e.name } })()":                                                                                                "RangeError",
			"(() => { try { m.match('a', /b/) } catch (e) { return e.operator } })()":                                                                                                        "match",
			"m.ifError(null)": "undefined",
		},
	}
	for name, expressions := range tests {
		t.Run(name, func(t *testing.T) {
			for expr, want := range expressions {
				vm := js.New()
				m, err := vm.Module("node:" + name)
				if err != nil {
					t.Fatal(err)
				}
				_ = vm.Runtime.Set("m", m)
				v, err := vm.Runtime.RunString(expr)
				if err != nil {
					t.Errorf("%s: %v", expr, err)
				} else if got := v.String(); got != want {
					t.Errorf("%s\n got %s\nwant %s", expr, got, want)
				}
			}
		})
	}
}

// TestModulesThatWait covers what gives its result by a promise.
func TestModulesThatWait(t *testing.T) {
	tests := map[string]string{
		"const e = new m(), p = m.once(e, 'x'); e.emit('x', 1, 2); seen = (await p).join()":                                       "1,2",
		"const e = new m(), p = m.once(e, 'x'); e.emit('error', new Error('no')); try { await p } catch (e) { seen = e.message }": "no",
		"await assert.rejects(Promise.reject(new Error('x')), /x/); seen = 'rejected'":                                            "rejected",
		"try { await assert.rejects(Promise.resolve()) } catch (e) { seen = e.message }":                                          "Missing expected rejection.",
		"try { await assert.doesNotReject(async () => { throw new Error('y') }) } catch (e) { seen = e.operator }":                "doesNotReject",
		"seen = (await promisify(crypto.randomBytes)(4)).length":                                                                  "4",
	}
	for body, want := range tests {
		vm := js.New()
		for name, module := range map[string]string{"m": "events", "assert": "assert", "crypto": "crypto"} {
			v, err := vm.Module(module)
			if err != nil {
				t.Fatal(err)
			}
			_ = vm.Runtime.Set(name, v)
		}
		if _, err := vm.Runtime.RunString("var seen; (async () => {" + body + "})()"); err != nil {
			t.Fatal(err)
		}
		if got := vm.Runtime.Get("seen").String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}
