package file

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/runtime/state"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a node whose relative file names begin at dir.
func start(t *testing.T, dir, config string) *flowtest.Driver {
	t.Helper()
	live := &settings.Live{}
	live.Set(settings.Settings{FileWorkingDirectory: dir})
	return flowtest.New(t, Type(state.New(), live), config)
}

// handle gives the node messages at once and waits until all are done.
func handle(d *flowtest.Driver, messages ...string) {
	for _, m := range messages {
		d.Handle(m)
	}
	d.Until(func() bool { return len(d.Done) == len(messages) })
}

func read(t *testing.T, elements ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func TestWrite(t *testing.T) {
	t.Setenv("FILE_TEST_NAME", "f")
	for name, tc := range map[string]struct {
		config   string
		messages []string
		want     string
	}{
		"append": {`{"filename":"f"}`,
			[]string{`{"payload":"test2"}`, `{"payload":true}`, `{"payload":999}`, `{"payload":[2]}`, `{"payload":{"a":null}}`, `{"payload":null}`},
			"test2\ntrue\n999\n[2]\n{\"a\":null}\nnull\n"},
		"parts": {`{"filename":"f","appendNewline":true}`,
			[]string{`{"payload":"1","parts":{"index":0,"type":"string"}}`, `{"payload":"2","parts":{"index":1,"count":2,"type":"string"}}`},
			"1\n2"},
		"last of a list":  {`{"filename":"f"}`, []string{`{"payload":"1","parts":{"index":0,"count":1,"type":"array"}}`}, "1\n"},
		"no newline":      {`{"filename":"f","appendNewline":false}`, []string{`{"payload":"a"}`, `{"payload":"b"}`}, "ab"},
		"overwrite":       {`{"filename":"f","overwriteFile":"true"}`, []string{`{"payload":"first"}`, `{"payload":"2nd"}`}, "2nd\n"},
		"overwrite true":  {`{"filename":"f","overwriteFile":true}`, []string{`{"payload":"試験"}`}, "試験\n"},
		"old style":       {`{}`, []string{`{"payload":"a","filename":"f"}`, `{"payload":"b","filename":"f"}`}, "a\nb\n"},
		"msg property":    {`{"filename":"a.b","filenameType":"msg"}`, []string{`{"payload":"a","a":{"b":"f"}}`}, "a\n"},
		"env":             {`{"filename":"FILE_TEST_NAME","filenameType":"env"}`, []string{`{"payload":"a"}`, `{"payload":"b"}`}, "a\nb\n"},
		"encoding":        {`{"filename":"f","encoding":"Shift_JIS","appendNewline":false}`, []string{`{"payload":"試験"}`}, "\x8e\x8e\x8c\xb1"},
		"set by message":  {`{"filename":"f","encoding":"setbymsg"}`, []string{`{"payload":"é","encoding":"latin1"}`, `{"payload":"é"}`, `{"payload":"é","encoding":"none"}`}, "\xe9\né\né\n"},
		"encoded newline": {`{"filename":"f","encoding":"utf-16be"}`, []string{`{"payload":"a"}`}, "\x00a\x00\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := start(t, dir, tc.config)
			handle(d, tc.messages...)
			want := tc.want
			if runtime.GOOS == "windows" {
				want = strings.ReplaceAll(want, "\n", "\r\n")
			}
			if got := read(t, dir, "f"); got != want {
				t.Errorf("the file has %q, want %q", got, want)
			}
			for i, m := range d.Messages(0) {
				if m.Get("filename") != "f" {
					t.Errorf("message %d went on as %s", i, flow.JSON(m))
				}
			}
			if len(d.Messages(0)) != len(tc.messages) || slices.ContainsFunc(d.Done, func(err error) bool { return err != nil }) {
				t.Errorf("%d messages went on; %v", len(d.Messages(0)), d.Done)
			}
		})
	}
}

func TestBuffers(t *testing.T) {
	dir := t.TempDir()
	for config, want := range map[string]string{
		`{"filename":"f","overwriteFile":"true"}`:                    "\x00\xff",
		`{"filename":"f","overwriteFile":"true","encoding":"utf-8"}`: "\x00\uFFFD",
	} {
		d := start(t, dir, config)
		msg := flow.NewMessage()
		msg.Set("payload", flow.Buffer{0, 255})
		d.HandleMessage(msg)
		d.Until(func() bool { return len(d.Done) == 1 })
		if got := read(t, dir, "f"); got != want {
			t.Errorf("%s: %q", config, got)
		}
	}
}

// The file stays open, but a file that was deleted or replaced is noticed.
func TestReopens(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be deleted")
	}
	dir := t.TempDir()
	f := filepath.Join(dir, "f")
	d := start(t, dir, `{"filename":"f","appendNewline":false}`)
	handle(d, `{"payload":"one"}`, `{"payload":"two"}`)
	opened := d.Node.(*Node).appender.open
	if got := read(t, f); got != "onetwo" || opened == nil {
		t.Errorf("%q, kept open: %v", got, opened != nil)
	}
	if err := os.Remove(f); err != nil {
		t.Fatal(err)
	}
	d.Handle(`{"payload":"three"}`)
	d.Until(func() bool { return len(d.Done) == 3 })
	if got := read(t, f); got != "three" {
		t.Errorf("after it was deleted: %q", got)
	}
	if err := os.WriteFile(f+"2", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f+"2", f); err != nil {
		t.Fatal(err)
	}
	d.Handle(`{"payload":"four"}`)
	d.Until(func() bool { return len(d.Done) == 4 })
	if got := read(t, f); got != "four" {
		t.Errorf("after it was replaced: %q", got)
	}
}

func TestDelete(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	d := start(t, dir, `{"overwriteFile":"delete"}`)
	handle(d, `{"filename":"f"}`, `{"filename":"f"}`, `{"filename":"sub"}`)
	if sent := d.Sent(0); len(sent) != 1 || sent[0] != `{"filename":"f"}` {
		t.Errorf("sent %s", sent)
	}
	for i, want := range []string{
		"failed to delete file: Error: ENOENT: no such file or directory, unlink '" + filepath.Join(dir, "f") + "'",
		"failed to delete file: Error: EISDIR: illegal operation on a directory, unlink '" + filepath.Join(dir, "sub") + "'",
	} {
		if d.Done[i+1] == nil || d.Done[i+1].Error() != want {
			t.Errorf("error %v, want %s", d.Done[i+1], want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "sub")); err != nil {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	keys := func(e *flow.Env) { e.MessageKeys = true }
	for config, want := range map[string]string{
		`{"filename":"DIR/no/f","overwriteFile":"true"}`:   "file.errors.writefail",
		`{"filename":"DIR/no/f"}`:                          "file.errors.appendfail",
		`{"filename":"DIR/no/f","overwriteFile":"delete"}`: "file.errors.deletefail",
		`{"filename":"DIR/f/g/h","createDir":true}`:        "file.errors.createfail",
		`{"filename":"DIR/g","encoding":"setbymsg"}`:       "Error: Encoding not recognized: 'klingon'",
		`{"filename":"a.b","filenameType":"msg"}`:          "TypeError: Cannot read properties of undefined (reading 'b')",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		config = strings.ReplaceAll(config, "DIR", filepath.ToSlash(dir))
		d := flowtest.New(t, Type(state.New(), nil), config, keys)
		handle(d, `{"payload":"x","encoding":"klingon"}`)
		if d.Done[0] == nil || d.Done[0].Error() != want || len(d.Sent(0)) > 0 {
			t.Errorf("%s: %v, sent %s", config, d.Done[0], d.Sent(0))
		}
	}
}

func TestCreateDir(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, `{"createDir":true,"filename":"a/b/f"}`)
	handle(d, `{"payload":"x"}`)
	if got := strings.TrimSpace(read(t, dir, "a", "b", "f")); got != "x" {
		t.Errorf("%q", got)
	}
}

func TestDropped(t *testing.T) {
	d := start(t, t.TempDir(), `{}`)
	handle(d, `{"payload":"x"}`, `{"filename":"f"}`)
	if len(d.Sent(0)) > 0 || d.Done[0] != nil || d.Done[1] != nil || len(d.Log) != 1 || d.Log[0].What != "No filename specified" {
		t.Errorf("%v %v %s", d.Log, d.Done, d.Sent(0))
	}
}

func TestConfig(t *testing.T) {
	for config, property := range map[string]string{
		`{"encoding":"klingon"}`:                   "encoding",
		`{"overwriteFile":"maybe"}`:                "overwriteFile",
		`{"filename":"a..b","filenameType":"msg"}`: "filename",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Type(state.New(), nil).New(props.(*flow.Object), flow.Env{})
		if bad, ok := err.(*flow.ConfigError); !ok || bad.Property != property { //nolint:errorlint // it is this very type
			t.Errorf("%s: %v", config, err)
		}
	}
}
