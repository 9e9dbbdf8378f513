package framing_test

import (
	"bytes"
	"errors"
	"runtime"
	"testing"

	"github.com/flowrun/flowrun/internal/framing"
)

// endless are streams that begin a frame and never end it: what comes first, and
// then again and again.
var endless = map[string]struct{ properties, first, again string }{
	"lines":          {"line", "", "x"},
	"utf16 lines":    {`{"charset":"utf16le"}`, "", "x\x00"},
	"delimiter":      {`{"framing":"delimiter","delimiter":"\\r\\n"}`, "", "\r"},
	"length":         {`{"framing":"length"}`, "\x7f\xff\xff\xff", "x"},
	"ascii":          {`{"framing":"length","lengthType":"ascii"}`, "999999999 ", "x"},
	"netstring":      {`{"framing":"netstring"}`, "999999999:", "x"},
	"stx-etx":        {`{"framing":"stx-etx"}`, "\x02", "\x10\x03"},
	"slip":           {`{"framing":"slip"}`, "", "x"},
	"cobs":           {`{"framing":"cobs"}`, "", "\x01"},
	"json text":      {`{"framing":"json"}`, "\"", "x"},
	"json depth":     {`{"framing":"json"}`, "", "["},
	"json-lines":     {`{"framing":"json-lines"}`, "", "1"},
	"mllp":           {`{"framing":"mllp"}`, "\x0b", "\x1c"},
	"syslog counted": {`{"framing":"syslog"}`, "999999999 ", "x"},
	"syslog line":    {`{"framing":"syslog"}`, "<", "x"},
}

// An endless frame costs no more memory than maxFrame, and one error.
func TestEndlessFrame(t *testing.T) {
	const limit = 1 << 20
	for name, c := range endless {
		t.Run(name, func(t *testing.T) {
			properties := config(t, c.properties)
			properties.MaxFrame = limit
			framing, err := properties.Stream(properties.Framing == "")
			if err != nil {
				t.Fatal(err)
			}
			framer := framing.Framer()
			chunk := bytes.Repeat([]byte(c.again), 4096/len(c.again))
			before := heap()
			errs := next(t, framer, []byte(c.first))
			most := uint64(0)
			for sent := 0; sent < 4*limit; sent += len(chunk) {
				errs += next(t, framer, chunk)
				if sent%(limit/8) == 0 {
					most = max(most, heap()-before)
				}
			}
			const slack = 64 << 10
			if most > limit+slack && most < 1<<62 {
				t.Errorf("%d bytes of memory for a limit of %d", most, limit)
			}
			if errs != 1 {
				t.Errorf("%d errors", errs)
			}
			runtime.KeepAlive(framer)
		})
	}
}

// heap returns how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// next feeds a chunk that must not complete a frame, and returns how many frames
// were too long.
func next(t *testing.T, f *framing.Framer, chunk []byte) int {
	t.Helper()
	f.Feed(chunk)
	for errs := 0; ; errs++ {
		payload, ok, err := f.Next()
		var bad *framing.Error
		switch {
		case ok:
			t.Fatalf("a frame of %d bytes", len(payload))
		case err == nil:
			return errs
		case !errors.As(err, &bad) || bad.Code != framing.TooLong:
			t.Fatal(err)
		}
	}
}

// A frame that lies whole inside a chunk costs no memory.
func TestFramesInChunksAreNotCopied(t *testing.T) {
	for _, c := range []struct{ properties, frame string }{
		{"line", "a line\r\n"}, {`{"framing":"delimiter","delimiter":"ab"}`, "xxab"}, {`{"framing":"length"}`, "\x00\x00\x00\x02ab"},
		{`{"framing":"stx-etx"}`, "\x02a\x10\x03\x03"}, {`{"framing":"slip"}`, "a\xdb\xdc\xc0"}, {`{"framing":"cobs"}`, "\x02a\x02b\x00"},
		{`{"framing":"netstring"}`, "2:ab,"}, {`{"framing":"json"}`, `{"a":1}`}, {`{"framing":"json-lines"}`, "[1]\n"},
		{`{"framing":"mllp"}`, "\x0bM\x1c\r"}, {`{"framing":"syslog"}`, "3 <1><1>\n"}, {`{"framing":"fixed","frameLength":4}`, "abcd"},
	} {
		framer := resolve(t, c.properties).Framer()
		chunk := bytes.Repeat([]byte(c.frame), 8)
		got := testing.AllocsPerRun(100, func() {
			framer.Feed(chunk)
			for {
				if _, ok, err := framer.Next(); !ok || err != nil {
					return
				}
			}
		})
		if got > 0 {
			t.Errorf("%s: %.0f allocations for 8 frames", c.properties, got)
		}
	}
}

func BenchmarkFramers(b *testing.B) {
	for _, c := range []struct{ name, properties, frame string }{
		{"lines", "line", "a line as clients send them, with some words\r\n"},
		{"delimiter", `{"framing":"delimiter","delimiter":"\\r\\n"}`, "a line as clients send them, with some words\r\n"},
		{"length", `{"framing":"length","lengthBytes":1}`, ".a line as clients send them, with some words"},
	} {
		b.Run(c.name, func(b *testing.B) {
			chunk := bytes.Repeat([]byte(c.frame), 1000)
			framer := resolve(b, c.properties).Framer()
			b.SetBytes(int64(len(c.frame)))
			b.ReportAllocs()
			for n := 0; n < b.N; {
				framer.Feed(chunk)
				for ; ; n++ {
					if _, ok, _ := framer.Next(); !ok {
						break
					}
				}
			}
		})
	}
}
