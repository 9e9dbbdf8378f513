package mqtt

import (
	"bufio"
	"bytes"
	"testing"
)

// What a broker sends must not crash the process, whatever it is.
func FuzzPackets(f *testing.F) {
	f.Add([]byte("\x30\x07\x00\x01a\xd0\x0f\x0b\x01"))                 // properties that are longer than the packet
	f.Add([]byte("\x32\x0d\x00\x01a\x00\x01\x04\x0b\x01\x0b\x02text")) // two subscription identifiers
	f.Add([]byte("\x20\x03\x00\x00\x00"))
	f.Add([]byte("\x90\x04\x00\x01\x00\x80"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) > 1 && b[1] >= 1<<7 {
			return // a packet of several kB: there is nothing more to see, and room for it is made first
		}
		_, _ = codec5{}.read(bufio.NewReader(bytes.NewReader(b)))
		_, _ = codec3{}.read(bufio.NewReader(bytes.NewReader(b)))
	})
}
