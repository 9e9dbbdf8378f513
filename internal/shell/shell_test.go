package shell

import "testing"

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"tcp-in": "tcp-in", "mqtt in": "'mqtt in'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'",
	} {
		if got := Quote(word); got != want {
			t.Errorf("%q becomes %s, want %s", word, got, want)
		}
	}
}
