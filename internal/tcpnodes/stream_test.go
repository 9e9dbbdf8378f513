package tcpnodes_test

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/tcpnodes"
)

// cut returns the payloads that a format makes of chunks, the last one at the end
// of the connection.
func cut(t *testing.T, f tcpnodes.Format, chunks ...string) []string {
	t.Helper()
	s := tcpnodes.Stream{Format: f}
	var got []string
	emit := func(payload flow.Value) { got = append(got, payload.(string)) }
	for _, c := range chunks {
		if err := s.Add([]byte(c), emit); err != nil {
			t.Fatal(err)
		}
	}
	s.End(emit)
	return got
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		format tcpnodes.Format
		chunks []string
		want   []string
	}{
		{tcpnodes.Format{Newline: "\n"}, []string{"a\nb", "c", "d\n\n", "e"}, []string{"a", "bcd", "", "e"}},
		{tcpnodes.Format{Newline: "\n", Attach: true}, []string{"a\nb\n"}, []string{"a\n", "b\n"}},
		{tcpnodes.Format{Newline: "\r\n"}, []string{"a\r", "\nb\r", "c\r\n"}, []string{"a", "b\rc"}},
		{tcpnodes.Format{Newline: "END"}, []string{"E", "N", "D", "xE", "NEND"}, []string{"", "xEN"}},
		{tcpnodes.Format{Newline: "aa"}, []string{"a", "aa", "a", "b"}, []string{"", "", "b"}},
		{tcpnodes.Format{Newline: "\n"}, []string{"caf\xc3", "\xa9\n"}, []string{"café"}},
		{tcpnodes.Format{}, []string{"caf\xc3", "\xa9", "\xff"}, []string{"caf", "é", "\ufffd"}},
	} {
		c.format.Type = "utf8"
		if got := cut(t, c.format, c.chunks...); !slices.Equal(got, c.want) {
			t.Errorf("%q cut at %q: got %q, want %q", c.chunks, c.format.Newline, got, c.want)
		}
	}
}

// Where the chunks end does not matter.
func FuzzLines(f *testing.F) {
	f.Add("one\r\ntwo\r\n", "\r\n", uint(1))
	f.Add("aaaab", "aa", uint(2))
	f.Add("xENENDx", "END", uint(3))
	f.Fuzz(func(t *testing.T, text, newline string, size uint) {
		if newline == "" {
			return
		}
		var chunks []string
		for b := range slices.Chunk([]byte(text), int(size%16)+1) {
			chunks = append(chunks, string(b))
		}
		format := tcpnodes.Format{Type: "utf8", Newline: newline}
		want := strings.Split(text, newline)
		for i := range want {
			want[i] = flow.DecodeUTF8([]byte(want[i]))
		}
		if last := len(want) - 1; want[last] == "" {
			want = want[:last]
		}
		if got := cut(t, format, chunks...); !slices.Equal(got, want) {
			t.Errorf("%q cut at %q: got %q, want %q", chunks, newline, got, want)
		}
	})
}

// fill adds so many bytes of text without a line end, in many chunks. The error
// is that of the last one.
func fill(s *tcpnodes.Stream, size int) (err error) {
	chunk := bytes.Repeat([]byte("x"), 8<<10)
	for range size / len(chunk) {
		err = s.Add(chunk, func(flow.Value) {})
	}
	return err
}

// What a long line costs grows with its length, not with its square.
func TestLongLine(t *testing.T) {
	const size = 4 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := tcpnodes.Stream{Format: tcpnodes.Format{Type: "utf8", Newline: "\n"}}
	if err := fill(&s, size); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	// That of a slice that grows is about six times its size; a copy for each
	// chunk would be 256 times.
	if n := after.TotalAlloc - before.TotalAlloc; n > 16*size {
		t.Errorf("a line of %d bytes took %d bytes of memory", size, n)
	}
	var got int
	if err := s.Add([]byte("\n"), func(payload flow.Value) { got = len(payload.(string)) }); got != size || err != nil {
		t.Errorf("the line has %d bytes, %v", got, err)
	}
}

// Both are as fast per byte.
func BenchmarkLongLine(b *testing.B) {
	for name, size := range map[string]int{"1MB": 1 << 20, "32MB": 32 << 20} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				s := tcpnodes.Stream{Format: tcpnodes.Format{Type: "utf8", Newline: "\n"}}
				if err := fill(&s, size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What has no end is dropped, with what comes after it.
func TestNoEnd(t *testing.T) {
	s := tcpnodes.Stream{Format: tcpnodes.Format{Type: "utf8", Single: true}}
	none := func(payload flow.Value) { t.Errorf("got %.20v", payload) }
	if err := s.Add(make([]byte, 64<<20+1), none); err == nil || err.Error() != "more than 64 MB without an end" {
		t.Errorf("more than 64 MB: %v", err)
	}
	if err := s.Add([]byte("x\nx"), none); err != nil {
		t.Errorf("after that: %v", err)
	}
	s.End(none)
}
