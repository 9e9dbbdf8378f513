package flowfile

import (
	"os"
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"flat.json", `[{"wires":[],"x":1,"name":"n","z":"f","type":"debug","id":"a"}]`, `[
    {
        "id": "a",
        "type": "debug",
        "z": "f",
        "name": "n",
        "x": 1,
        "wires": []
    }
]
`},
		{"one.json", `{"nodes":[{"type":"debug","id":"a"}],"id":"f"}`, `{
    "id": "f",
    "nodes": [
        {
            "id": "a",
            "type": "debug"
        }
    ]
}
`},
		{"hand.yaml", "nodes: {a: {wires: b, func: \"x \\ny\", type: function}, b: {type: debug}}\nlabel: 'Main' # c\n", `label: Main # c
nodes:
  a:
    type: function
    func: |-
      x 
      y
    wires: b
  b:
    type: debug
`},
		{"anchor.yaml", "nodes:\n    a: &a\n        wires: b # c\n        type: debug\n    b: *a\n", `nodes:
  a: &a
    wires: b # c
    type: debug
  b: *a
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(formatted(t, c.name, []byte(c.in)))
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if twice := string(formatted(t, c.name, []byte(got))); twice != got {
				t.Errorf("the second time it is\n%s", twice)
			}
		})
	}
	if out, problems := Format("x.json", []byte(`[{"id":}]`)); out != nil || !problems.HasErrors() {
		t.Errorf("a faulty file was formatted: %s %v", out, problems)
	}
}

func TestFormatKeepsComments(t *testing.T) {
	text, err := os.ReadFile("../testdata/flowfile/commented.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := string(formatted(t, "x.yaml", text))
	if again := string(formatted(t, "x.yaml", []byte(got))); again != got {
		t.Errorf("formatted again\n%s\nbecomes\n%s", got, again)
	}
	for line := range strings.Lines(string(text)) {
		if _, comment, ok := strings.Cut(line, "#"); ok && !strings.Contains(got, "#"+comment) {
			t.Errorf("the comment #%s is lost in\n%s", comment, got)
		}
	}
	if !strings.Contains(got, "type: b # tail\n") || !strings.Contains(got, "func: | # code\n") {
		t.Errorf("comments are in other places:\n%s", got)
	}
}
