package framing_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
)

// config returns the properties that are JSON, over the defaults; "line" is line
// mode without any.
func config(t testing.TB, properties string) framing.Frames {
	t.Helper()
	if properties == "line" {
		properties = "{}"
	}
	o, err := flow.ParseJSON([]byte(properties))
	if err != nil {
		t.Fatal(err)
	}
	c := framing.Default()
	if err := flow.Decode(o.(*flow.Object), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// resolve returns the framing of such properties.
func resolve(t testing.TB, properties string) *framing.Framing {
	t.Helper()
	f, err := config(t, properties).Stream(properties == "line")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// cutUp returns what a framing makes of chunks: each payload as JSON, each error
// as its code, text, and what there is of the frame.
func cutUp(f *framing.Framing, chunks ...[]byte) []string {
	framer := f.Framer()
	var got []string
	drain := func() {
		for {
			payload, ok, err := framer.Next()
			var v flow.Value
			if ok {
				v, err = f.Value(payload)
			}
			var bad *framing.Error
			switch {
			case errors.As(err, &bad):
				got = append(got, fmt.Sprintf("%s %q", bad.Error(), bad.Frame))
			case ok:
				got = append(got, text(v))
			default:
				return
			}
		}
	}
	for _, chunk := range chunks {
		framer.Feed(chunk)
		drain()
	}
	framer.End()
	drain()
	return got
}

// text returns a Buffer as Go would write it, any other value as JSON.
func text(v flow.Value) string {
	if b, ok := v.(flow.Buffer); ok {
		return fmt.Sprintf("%q", []byte(b))
	}
	return flow.JSON(v)
}

// cut cuts b into chunks by the bits of seed. The chunks share no memory: what
// is read from a socket is gone when the next chunk comes.
func cut(b []byte, seed uint64) [][]byte {
	r := rand.New(rand.NewPCG(seed, 1))
	longest := 1 + r.IntN(40)
	var chunks [][]byte
	for len(b) > 0 {
		n := 1 + r.IntN(min(len(b), longest))
		chunks = append(chunks, append([]byte{}, b[:n]...))
		b = b[n:]
	}
	return chunks
}

// bytesOf cuts b into single bytes.
func bytesOf(b []byte) [][]byte {
	var chunks [][]byte
	for i := range b {
		chunks = append(chunks, b[i:i+1])
	}
	return chunks
}
