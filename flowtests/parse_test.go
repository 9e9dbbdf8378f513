package flowtests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const smallFlow = `
nodes:
  in: {type: tcp-listen, name: server, port: 7777, wires: [[], work]}
  work: {type: change, wires: out}
  out: {type: debug, name: twin}
  other: {type: debug, name: twin}
`

// inDirectory writes the small flow and returns the path of a test file beside it.
func inDirectory(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "flow.yaml"), []byte(smallFlow), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "flow.test.yaml")
}

// Every problem has its place and says what to do.
func TestProblems(t *testing.T) {
	path := inDirectory(t)
	for _, tc := range []struct{ name, text, want string }{
		{"no flow", `tests: {a: [{wait: 1s}]}`, `1:1: error: a test file needs flow; say which file it tests: flow: echo.json`},
		{"no such flow", "flow: none.yaml\ntests: {a: [{wait: 1s}]}", `none.yaml: error: cannot be read: no such file or directory`},
		{"no tests", `flow: flow.yaml`, `1:1: error: a test file needs tests; write them as names with steps`},
		{"empty", ``, `1:1: error: the file is empty`},
		{"unknown key", "flow: flow.yaml\nprots: [1]\ntests: {a: [{wait: 1s}]}",
			`2:1: error: a test file has no "prots"; it may have flow, within, time, ports, env, stub-types, replace, tests`},
		{"unknown port", "flow: flow.yaml\nports: [7778]\ntests: {a: [{wait: 1s}]}", `2:9: error: no node of the flow has the port 7778; the nodes have 7777`},
		{"no steps", "flow: flow.yaml\ntests: {a: []}", `2:12: error: the test "a" has no steps; write them as a list: - inject: NODE`},
		{"twice", "flow: flow.yaml\ntests:\n  a: [{wait: 1s}]\n  a: [{wait: 1s}]", `4:3: error: "a" is given twice; leave one of them out`},
	} {
		t.Run(tc.name, func(t *testing.T) { wantProblem(t, path, tc.text, tc.want) })
	}
	for _, tc := range []struct{ name, step, want string }{
		{"no step", `{cnnect: a}`, `4:7: error: there is no step "cnnect"; the steps are absent, accept, close, closed, connect, end, expect, inject, listen, order, receive, request, reset, response, send, silent, udp, wait`},
		{"two steps", `{connect: a, port: 1, send: a}`, `4:7: error: two steps in one: connect and send; begin each with a dash of its own`},
		{"no map", `hello`, `4:7: error: a step must be a map of names and values`},
		{"unknown node", `inject: wrk`, `4:15: error: there is no node "wrk"; name a node of the flow by its id or name, such as work,`},
		{"two nodes", `expect: twin`, `4:15: error: 2 nodes have the name "twin"; use the id: out, other`},
		{"property", `{expect: out, paylod: 1}`, `4:21: error: the step expect has no "paylod"; it may have `},
		{"too much", `{expect: out, payload: 1, status: x}`, `4:7: error: it expects several things at once; use one of`},
		{"operator", `{expect: out, payload: {$regex: x}}`, `4:30: error: there is no $regex: use $pattern, $text, $exists, $type, $hex or $bytes`},
		{"bad pattern", `{expect: out, payload: {$pattern: "("}}`, `4:30: error: $pattern: invalid regular expression: /(/`},
		{"output", `{expect: out, output: 0}`, `4:29: error: output: "0" is no output; outputs count from 1, from top to bottom`},
		{"time", `{expect: out, within: 5}`, `4:29: error: within: "5" is no time to wait; write a number and a unit: 200ms, 2s, 1m`},
		{"no peer", `{send: ann, text: x}`, `4:14: error: there is no peer "ann" at this point; open it before, with connect, accept, listen, udp or request`},
		{"no path", `{request: ann}`, `4:7: error: the step request needs path; such as /things/7?n=42`},
		{"half a path", `{request: ann, path: things}`, `4:28: error: "things" is no path; it begins with a slash`},
		{"no status", "{request: ann, path: /}\n    - {response: ann, status: fine}", `5:31: error: status must be a number; such as 200`},
		{"unknown port", `{connect: ann, port: PORT}`, `4:28: error: there is no port "PORT"; write a number, or a name that stands in ports`},
		{"no port", `{connect: ann}`, `4:7: error: the step connect needs port; a number, or the name of one of the ports of the test`},
		{"matcher in a message", `{inject: work, payload: {$pattern: x}}`, `4:31: error: message: {$pattern: "x"} is no value; $hex and $bytes are`},
		{"order", `{order: [{expect: out}]}`, `4:15: error: order must be a list of two or more things to expect`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantProblem(t, path, "flow: flow.yaml\ntests:\n  a:\n    - "+tc.step, tc.want)
		})
	}
}

func wantProblem(t *testing.T, path, text, want string) {
	t.Helper()
	_, problems := Parse(path, []byte(text))
	if len(problems) == 0 {
		t.Fatalf("no problems, want %s", want)
	}
	if got := problems[0].String(); !strings.Contains(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../flows/*.test.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.Replace(string(text), "flow: ", "flow: flow.yaml # ", 1))
	}
	f.Add("flow: flow.yaml\nports: [7777, P]\nreplace: {work: {reply: {payload: 1}}, in: stub}\ntests: {a: {env: {A: b}, steps: [{wait: 1s}]}}")
	f.Add("flow: &a flow.yaml\ntests: {a: [{order: [{expect: out, error: x}, {expect: out, status: *a}]}, {udp: u}, {send: u, port: 7, hex: 00}]}")
	path := inDirectory(f)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "flow:") && !strings.Contains(text, "flow.yaml") {
			t.Skip("it may read any file")
		}
		_, problems := Parse(path, []byte(text))
		for _, p := range problems {
			if p.Pos.File == path && p.Pos.Line == 0 {
				t.Errorf("a problem without a place: %s", p)
			}
		}
	})
}
