package exec

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"":                            nil,
		"  echo  a\tb ":               {"echo", "a", "b"},
		`echo "a b" c`:                {"echo", "a b", "c"},
		`"/my dir/cmd" --x="a b"`:     {"/my dir/cmd", `--x="a b"`},
		`a"b c"d`:                     {`a"b c"d`},
		`""`:                          {""},
		`"a"b"c"`:                     {`a"b"c`},
		`echo "open`:                  {"echo", "open"},
		`"`:                           nil,
		"no\u00a0break\u3000space":    {"no", "break", "space"},
		`echo 'single quotes' \"back`: {"echo", "'single", "quotes'", `\`, "back"},
	} {
		if got := split(line); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// The arguments stand in the line, in their order.
func FuzzSplit(f *testing.F) {
	f.Add(`echo "a b" c`)
	f.Add(`"a"b" --x="c d"`)
	f.Fuzz(func(t *testing.T, line string) {
		rest := line
		for _, arg := range split(line) {
			_, after, found := strings.Cut(rest, arg)
			if !found {
				t.Fatalf("%q: %q is not in %q", line, arg, rest)
			}
			rest = after
		}
	})
}
