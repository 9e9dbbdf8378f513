package main

import (
	"maps"
	"strings"
	"testing"
)

func TestParseEnv(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]string
		err        string
	}{
		{name: "empty", text: "\n  \n# A=1\n", want: map[string]string{}},
		{name: "plain", text: "A=1\nB = two words \r\n", want: map[string]string{"A": "1", "B": "two words"}},
		{name: "quotes", text: "A=\" x \"\nB='it''s'\nC=\"\nD=''", want: map[string]string{"A": " x ", "B": "it''s", "C": `"`, "D": ""}},
		{name: "nothing is expanded", text: `A=$HOME\n#x`, want: map[string]string{"A": `$HOME\n#x`}},
		{name: "an equals sign in the value", text: "A=b=c", want: map[string]string{"A": "b=c"}},
		{name: "export", text: "export A=1", want: map[string]string{"A": "1"}},
		{name: "the last one counts", text: "A=1\nA=2", want: map[string]string{"A": "2"}},
		{name: "no equals sign", text: "A=1\n\nB", err: "3: must be NAME=VALUE"},
		{name: "no name", text: "=1", err: "1: must be NAME=VALUE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := map[string]string{}
			err := parseEnv(strings.NewReader(test.text), got)
			switch {
			case test.err != "":
				if err == nil || err.Error() != test.err {
					t.Errorf("error %v, want %s", err, test.err)
				}
			case err != nil || !maps.Equal(got, test.want):
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// What flowrun itself keeps secret is not there for flows to read.
func TestHiddenFromFlows(t *testing.T) {
	for _, name := range []string{secretVariable, tokenEnv} {
		t.Setenv(name, "geheim")
		lookup, err := new(environment).lookup()
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := lookup(name); ok {
			t.Errorf("flows see %s=%s", name, v)
		}
	}
}
