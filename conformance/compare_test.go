package conformance

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func transcriptFile(name string) string {
	return filepath.Join(dataDir, "transcripts", name+".json")
}

func loadTranscript(t *testing.T, name string) *flow.Object {
	t.Helper()
	text, err := os.ReadFile(transcriptFile(name))
	if err != nil {
		t.Fatal(err)
	}
	v, err := flow.ParseJSON(text)
	transcript, ok := v.(*flow.Object)
	if err != nil || !ok {
		t.Fatalf("transcript %s is no object (%v)", name, err)
	}
	return transcript
}

// ignoredKeys are left out of a comparison: ids that nothing hangs on, and what
// only a JavaScript engine can have.
var ignoredKeys = []string{"_msgid", "_event", "_linkSource", "_error", "stack"}

// without returns v without the properties named, at any depth.
func without(v flow.Value, keys []string) flow.Value {
	switch v := v.(type) {
	case flow.Array:
		out := make(flow.Array, len(v))
		for i, item := range v {
			out[i] = without(item, keys)
		}
		return out
	case *flow.Object:
		out := &flow.Object{}
		for key, item := range v.All() {
			if !slices.Contains(keys, key) {
				out.Set(key, without(item, keys))
			}
		}
		return out
	}
	return v
}

// change is a part of a transcript that differs; flow.Null stands for none.
type change struct{ want, got flow.Value }

// changes goes by part: section.key, as in emits.srv:0, or the section alone
// where it has no keys.
type changes map[string]change

// diff compares two transcripts and leaves out the keys to ignore.
func diff(want, got *flow.Object, ignore []string) changes {
	out := changes{}
	for _, section := range sections {
		a, b := without(want.Get(section), ignore), without(got.Get(section), ignore)
		left, leftOK := a.(*flow.Object)
		right, rightOK := b.(*flow.Object)
		if !leftOK || !rightOK {
			out.compare(section, a, b)
			continue
		}
		for _, key := range append(left.Keys(), right.Keys()...) {
			out.compare(section+"."+key, left.Get(key), right.Get(key))
		}
	}
	return out
}

func (c changes) compare(part string, want, got flow.Value) {
	if !flow.Equal(want, got) {
		c[part] = change{orNull(want), orNull(got)}
	}
}

func orNull(v flow.Value) flow.Value {
	if v == nil {
		return flow.Null{}
	}
	return v
}

func (c changes) String() string {
	var b strings.Builder
	for _, part := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "%s\n  - %s\n  + %s\n", part, excerpt(c[part].want), excerpt(c[part].got))
	}
	return b.String()
}

func excerpt(v flow.Value) string { return fmt.Sprintf("%.1500s", flow.JSON(v)) }

// judge returns what is wrong with the changes of a scenario, of which those in
// declared (nil if none) are meant, "" if nothing is.
func judge(found changes, declared *difference) string {
	if declared == nil {
		return found.String()
	}
	if len(found) == 0 {
		return "no longer differs, but is declared to: take it out of " + differencesFile
	}
	wrong := changes{}
	for part, c := range found {
		if expected, ok := declared.expected(part); !ok {
			wrong[part] = c
		} else if !flow.Equal(expected, c.got) {
			wrong[part] = change{expected, c.got}
		}
	}
	problems := wrong.String()
	for _, part := range slices.Sorted(maps.Keys(declared.Expect)) {
		if _, ok := found[part]; !ok {
			problems += part + " no longer differs, but is declared to\n"
		}
	}
	return problems
}

func TestDiff(t *testing.T) {
	tests := []struct{ name, want, got, changes string }{
		{"equal", `{"emits":{"a:0":[1]}}`, `{"emits":{"a:0":[1]}}`, ""},
		{"order of keys", `{"emits":{"a:0":[{"x":1,"y":2}]}}`, `{"emits":{"a:0":[{"y":2,"x":1}]}}`, ""},
		{"ignored keys", `{"emits":{"a:0":[{"_msgid":"m1"}]}}`, `{"emits":{"a:0":[{"_msgid":"m2","stack":"s"}]}}`, ""},
		{"other value", `{"emits":{"a:0":[1]}}`, `{"emits":{"a:0":[2]}}`, "emits.a:0\n  - [1]\n  + [2]\n"},
		{"only one has it", `{"logs":{"a":[1]}}`, `{"logs":{"b":[2]}}`, "logs.a\n  - [1]\n  + null\nlogs.b\n  - null\n  + [2]\n"},
		{"no keys", `{"exit":null,"checks":[1]}`, `{"exit":{"code":1},"checks":[]}`, "checks\n  - [1]\n  + []\nexit\n  - null\n  + {\"code\":1}\n"},
		{"not compared", `{"about":"a"}`, `{"about":"b"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := diff(mustParse(tt.want).(*flow.Object), mustParse(tt.got).(*flow.Object), ignoredKeys)
			if got.String() != tt.changes {
				t.Errorf("got  %s\nwant %s", got, tt.changes)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	found := changes{"emits.a:0": {mustParse(`[1]`), mustParse(`[2]`)}}
	declare := func(text string) *difference {
		list, err := parseDifferences([]byte("- scenario: s\n  points: [1]\n  why: w\n  expect: " + text))
		if err != nil {
			t.Fatal(err)
		}
		return &list[0]
	}
	tests := []struct {
		name     string
		found    changes
		declared *difference
		problems string
	}{
		{"equal", nil, nil, ""},
		{"not declared", found, nil, "emits.a:0\n  - [1]\n  + [2]\n"},
		{"as declared", found, declare(`{"emits.a:0": [2]}`), ""},
		{"otherwise than declared", found, declare(`{"emits.a:0": [3]}`), "emits.a:0\n  - [3]\n  + [2]\n"},
		{"another part", found, declare(`{"emits.b:0": [2]}`), "emits.a:0\n  - [1]\n  + [2]\nemits.b:0 no longer differs, but is declared to\n"},
		{"declared but equal", nil, declare(`{"emits.a:0": [2]}`), "no longer differs, but is declared to: take it out of " + differencesFile},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge(tt.found, tt.declared); got != tt.problems {
				t.Errorf("got  %q\nwant %q", got, tt.problems)
			}
		})
	}
}
