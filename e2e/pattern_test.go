package e2e

import (
	"bytes"
	"io"
	"testing"
)

// pattern fills b with bytes that depend on their offset in the stream.
func pattern(b []byte, offset int) {
	for i := range b {
		n := offset + i
		b[i] = byte(n) ^ byte(n>>8)*31 ^ byte(n>>16)*17
	}
}

func writePattern(w io.Writer, n int) error {
	b := make([]byte, 64<<10)
	for offset := 0; offset < n; offset += len(b) {
		pattern(b, offset)
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func checkPattern(t *testing.T, r io.Reader, n int) {
	t.Helper()
	got, want := make([]byte, 64<<10), make([]byte, 64<<10)
	for offset := 0; offset < n; offset += len(got) {
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatalf("reading at byte %d: %v", offset, err)
		}
		if pattern(want, offset); !bytes.Equal(got, want) {
			t.Fatalf("the 64 KB from byte %d on are not what was sent", offset)
		}
	}
}
