package flowtests

import (
	"bytes"
	"context"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is into the expectations of testdata")

// changing is what differs in reports from run to run.
var changing = regexp.MustCompile(`127\.0\.0\.1:\d+|(sess|msg)-[0-9a-f-]+|\d{4}-\d\d-\d\dT[0-9:.]+Z| \(\d+(\.\d+)?s\)`)

// TestCases runs testdata/flowtests/*.txtar: a sentence on what the case is
// about, a flow and its tests, and the report that is expected.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("../testdata/flowtests/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no cases:", err)
	}
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			if last < 0 || archive.Files[last].Name != "report" {
				t.Fatal("the last file of a case is report")
			}
			t.Chdir(t.TempDir())
			for _, f := range archive.Files[:last] {
				if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var report bytes.Buffer
			if err := WriteText(&report, runAll(t, ".", 8), true); err != nil {
				t.Fatal(err)
			}
			got := changing.ReplaceAll(report.Bytes(), nil)
			if *update {
				archive.Files[last].Data = got
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, archive.Files[last].Data) {
				t.Errorf("got\n%s\nwant\n%s", got, archive.Files[last].Data)
			}
		})
	}
}

func runAll(t *testing.T, path string, parallel int) []Result {
	t.Helper()
	files, problems := Load(path)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return Run(t.Context(), files, nil, Options{Parallel: parallel})
}

// Many tests of the same server at the same time do not meet.
func TestParallelPorts(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "echo.yaml", `
nodes:
  listen: {type: tcp-listen, host: 127.0.0.1, port: "${PORT}", wires: [[], send]}
  send: {type: tcp-send, wires: [[], send]}
`)
	var text strings.Builder
	text.WriteString("flow: echo.yaml\nports: [PORT]\ntests:\n")
	const n = 40
	for i := range n {
		name := string(rune('A'+i/26)) + string(rune('a'+i%26))
		text.WriteString("  " + name + ":\n    - {connect: c, port: PORT}\n    - {send: c, text: " + name + "}\n    - {receive: c, text: " + name + "}\n    - silent: c\n")
	}
	write(t, "echo.test.yaml", text.String())
	results := runAll(t, "echo.yaml", 16)
	if len(results) != n {
		t.Errorf("%d results, want %d", len(results), n)
	}
	for _, r := range results {
		if r.Failure != nil {
			t.Errorf("%s: %s", r.Test.Name, r.Failure.Details())
		}
	}
}

// When the user interrupts, tests fail at once.
func TestInterrupt(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f.yaml", "nodes: {a: {type: debug}}\ntest: {tests: {waits: [{expect: a, within: 1h}]}}\n")
	files, problems := Load("f.yaml")
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results := Run(ctx, files, nil, Options{})
	if len(results) != 1 || results[0].Failure == nil {
		t.Errorf("got %v, want a failure", results)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is printed is XML, whatever characters come.
func TestJUnit(t *testing.T) {
	file := &File{Path: `a "<b>".yaml`}
	results := []Result{
		{File: file.Path, Test: &Test{Name: "good & <fine>"}},
		{File: file.Path, Test: &Test{Name: "bad\x00"}, Failure: &Failure{Text: "not \x1b what", Rows: []Row{{Want: "]]>", Got: "\xff", Differs: true}}}},
		{File: "other.yaml", Test: &Test{Name: "c"}},
	}
	var b bytes.Buffer
	if err := WriteJUnit(&b, results); err != nil {
		t.Fatal(err)
	}
	var back junitReport
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	if back.Tests != 3 || back.Failures != 1 || len(back.Suites) != 2 || back.Suites[0].Tests != 2 || back.Suites[0].Failures != 1 {
		t.Errorf("the counts are wrong:\n%s", b.Bytes())
	}
	c := back.Suites[0].Cases
	if c[0].Name != "good & <fine>" || c[0].Failure != nil || c[1].Failure == nil || !strings.Contains(c[1].Failure.Text, "]]>") {
		t.Errorf("the cases are wrong:\n%s", b.Bytes())
	}
}
