package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestName(t *testing.T) {
	t.Setenv("FILES_TEST", "from-env")
	env := flow.Env{Getenv: func(name string) (flow.Value, bool) { v, ok := os.LookupEnv(name); return v, ok }}
	place := typed.Place{Env: env, Stores: state.New()}
	msg := flow.NewMessage()
	msg.Set("filename", "from-msg")
	msg.Set("number", 123.0)
	msg.Set("null", flow.Null{})
	for _, tc := range []struct {
		name  flow.Value
		typ   string
		want  string
		fixed bool
	}{
		{"f", "", "f", true},
		{"", "", "from-msg", false},
		{nil, "", "from-msg", false},
		{"", "str", "", true},
		{"FILES_TEST", "env", "from-env", true},
		{"number", "msg", "123", false},
		{"null", "msg", "", false},
		{"missing", "msg", "", false},
	} {
		n, err := CompileName(place, tc.name, tc.typ, nil)
		if err != nil {
			t.Errorf("%v as %s: %v", tc.name, tc.typ, err)
			continue
		}
		if got, err := n.Of(msg); got != tc.want || n.Fixed != tc.fixed || err != nil {
			t.Errorf("%v as %s: %q, fixed %v; %v", tc.name, tc.typ, got, n.Fixed, err)
		}
	}
}

// The directory may be set after the node was made.
func TestResolve(t *testing.T) {
	live := &settings.Live{}
	n := Name{live: live}
	if got := n.Resolve("f"); got != "f" {
		t.Errorf("without a directory: %s", got)
	}
	dir := t.TempDir()
	live.Set(settings.Settings{FileWorkingDirectory: dir})
	if got, want := n.Resolve("a/../f"), filepath.Join(dir, "f"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	absolute := filepath.Join(dir, "g")
	if got := n.Resolve(absolute); got != absolute {
		t.Errorf("%s, want %s", got, absolute)
	}
}

func TestExplain(t *testing.T) {
	if err := Explain("open", nil, "f"); err != nil {
		t.Errorf("no error became %v", err)
	}
	for _, tc := range []struct {
		err        error
		name, want string
		code       string
	}{
		{&fs.PathError{Op: "open", Path: "f", Err: fs.ErrNotExist}, "/f", "Error: ENOENT: no such file or directory, open '/f'", "ENOENT"},
		{fmt.Errorf("x: %w", fs.ErrPermission), "", "Error: EACCES: permission denied, open", "EACCES"},
		{errors.New("something else"), "/f", "Error: something else", "UNKNOWN"},
	} {
		err := Explain("open", tc.err, tc.name)
		if e, ok := errors.AsType[*flow.Error](err); !ok || e.Code != tc.code || err.Error() != tc.want {
			t.Errorf("%v is %v, want %s", tc.err, err, tc.want)
		}
	}
}
