package session

import (
	"fmt"
	"io"
	"testing"
)

// A send that the socket takes at once.
func BenchmarkSend(b *testing.B) {
	st := New()
	s, peer, _ := accept(b, st, &recorder{}, Options{})
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	data := []byte("a line as flows send them, with some words\r\n")
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := s.Send(Sending{Node: "owner", Data: data}); err != nil {
			b.Fatal(err)
		}
	}
}

// One request and its answer at a time, and many: reader, framing, flow, write.
func BenchmarkEcho(b *testing.B) {
	for _, line := range []bool{true, false} {
		for _, inFlight := range []int{1, 32} {
			b.Run(fmt.Sprintf("line=%t/inflight=%d", line, inFlight), func(b *testing.B) {
				st := New()
				l := newLoop(b, nil)
				l.handle = echo(st)
				_, peer, _ := accept(b, st, l, Options{Line: line})
				request := []byte("a line as clients send them, with some words\n")
				b.ReportAllocs()
				buf := make([]byte, len(request)*inFlight)
				for n := 0; n < b.N; n += inFlight {
					for range inFlight {
						if _, err := peer.Write(request); err != nil {
							b.Fatal(err)
						}
					}
					if _, err := io.ReadFull(peer, buf); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
