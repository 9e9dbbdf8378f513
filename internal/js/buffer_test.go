package js_test

import (
	"testing"

	"github.com/flowrun/flowrun/internal/js"
)

// TestBuffer evaluates expressions that Node.js has evaluated; testdata/buffer.mjs
// has the command.
func TestBuffer(t *testing.T) { testRecorded(t, "testdata/buffer.txt", 1300) }

// wholeBuffers are what goes over all bytes of newBuffers.
var wholeBuffers = []string{
	"Buffer.alloc(b.length, 65)", "b.fill(0)", "b.fill('\\0\\0')", "Buffer.from(b)", "Buffer.from(list)", "Buffer.from(numbers)",
	"Buffer.compare(b, same)", "b.equals(same)", "b.indexOf('B')", "b.indexOf(needle)", "b.lastIndexOf(needle)", "b.includes('B', 'ucs2')",
	"b.swap16()", "b.swap64()", "b.toJSON()", "util.isDeepStrictEqual(b, same)", "assert.deepEqual(b, same)",
	"Buffer.concat([b, same])", "b.copy(same)", "b.slice(1)", "b.write(text)", "b.write(text, 'latin1')", "b.write(wide, 'ucs2')",
	"Buffer.from(wide)", "Buffer.from(wide, 'latin1')", "Buffer.byteLength(wide)",
	"same.toString('latin1')", "same.toString('ucs2')", "same.toString('hex')", "same.toString('base64')", "same.toString()",
	"structuredClone(same)", "util.inspect(same)",
}

// newBuffers returns a realm with Buffers, lists and texts that are so long.
func newBuffers(tb testing.TB, length int) *js.VM {
	vm := js.New()
	assert, err := vm.Module("assert")
	if err != nil {
		tb.Fatal(err)
	}
	_ = vm.Runtime.Set("assert", assert)
	_ = vm.Runtime.Set("length", length)
	if _, err := vm.Runtime.RunString(`
		const b = Buffer.alloc(length), same = Buffer.alloc(length), needle = Buffer.from([0, 0, 0, 1]);
		const list = new Array(length).fill(0), numbers = new Uint16Array(length);
		const text = 'x'.repeat(length), wide = 'é'.repeat(length / 2)`); err != nil {
		tb.Fatal(err)
	}
	return vm
}

// TestBufferIsNoLoop sees that no method is a loop in JavaScript, which would take a
// piece of memory for each byte, and a hundred times as long as one in Go.
func TestBufferIsNoLoop(t *testing.T) {
	const length = 1 << 16
	vm := newBuffers(t, length)
	for _, script := range wholeBuffers {
		if n := testing.AllocsPerRun(2, func() {
			if _, err := vm.Runtime.RunString(script); err != nil {
				t.Fatal(err)
			}
		}); n > length/10 {
			t.Errorf("%s takes %.0f pieces of memory", script, n)
		}
	}
}

// A script may lie about what a Buffer is: whatever comes of it, no Go code breaks.
func TestBufferWithALie(t *testing.T) {
	vm := newBuffers(t, 16)
	for _, script := range []string{
		"Buffer.prototype.lastIndexOf.call({length: 1e300}, 'a')", "Buffer.prototype.indexOf.call({length: 1e300}, 'a')",
		"Object.defineProperty(b, 'length', {value: 2 ** 70}); b.lastIndexOf('a')", "b.lastIndexOf('a', 2 ** 69)", "b.indexOf('a', 2 ** 69)",
		"b.fill('x', 2 ** 31)", "b.swap16()", "b.compare(same, 2 ** 31)", "Buffer.prototype.fill.call({length: -1}, 1)",
	} {
		_, _ = vm.Runtime.RunString(script)
	}
}

// BenchmarkBuffer is what they cost on 1 MB.
func BenchmarkBuffer(b *testing.B) {
	vm := newBuffers(b, 1_000_000)
	for _, script := range append(wholeBuffers, "JSON.stringify(b)") {
		b.Run(script, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := vm.Runtime.RunString(script); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
