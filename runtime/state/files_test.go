package state_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *state.Stores {
	t.Helper()
	s, err := state.Open(state.Options{Stores: []state.Store{{Name: "disk", Dir: dir}, {Name: "memory"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStores(t *testing.T, s *state.Stores) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// list returns the files below a directory, with slashes.
func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFilesAreThoseOfNodeRED(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "context")
	s := open(t, dir)
	set(t, s.Global(), "a.b", flow.Array{1.0, "x"})
	set(t, s.Global(), "#:(memory)::secret", true)
	set(t, s.Flow("f1"), "empty", flow.Array{})
	set(t, s.Node("n1", "f1"), "a", flow.Null{})
	set(t, s.Node("i1-t1", "i1"), "a", flow.Buffer("hi"))
	set(t, s.Node("config", ""), "a", 1.0)
	closeStores(t, s)

	want := []string{"config/flow.json", "f1/flow.json", "f1/n1.json", "global/global.json", "i1/t1.json"}
	if got := list(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("files: %v", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "global", "global.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(text), "{\n    \"a\": {\n        \"b\": [\n            1,\n            \"x\"\n        ]\n    }\n}"; got != want {
		t.Errorf("the global file:\n%s\nwant:\n%s", got, want)
	}

	s = open(t, dir)
	defer closeStores(t, s)
	for want, got := range map[string]string{
		`{"b":[1,"x"]}`:                      get(t, s.Global(), "a"),
		"undefined":                          get(t, s.Global(), "secret"),
		"[]":                                 get(t, s.Flow("f1"), "empty"),
		"null":                               get(t, s.Node("n1", "f1"), "a"),
		`{"type":"Buffer","data":[104,105]}`: get(t, s.Node("t1", "i1"), "a"),
		"1":                                  get(t, s.Node("config", ""), "a"),
	} {
		if got != want {
			t.Errorf("read back: got %s, want %s", got, want)
		}
	}
	set(t, s.Global(), "a.b[0]", 2.0)
	if got := get(t, s.Global(), "a.b"); got != `[2,"x"]` {
		t.Errorf("changed after it was read: %s", got)
	}
}

func TestOddIDsStayInTheDirectory(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "context")
	ids := []string{"../../x", "..", ".", "a/b", `a\b`, "con:1", "flow", "global", "ä ö", "%2F", "a.b", ""}
	s := open(t, dir)
	for _, id := range ids {
		set(t, s.Node(id, "f"), "a", id)
		if id != "" {
			set(t, s.Flow(id), "a", "flow "+id)
		}
	}
	closeStores(t, s)
	for _, name := range list(t, parent) {
		if !strings.HasPrefix(name, "context/") || strings.Count(name, "/") != 2 {
			t.Errorf("a file outside: %s", name)
		}
	}
	s = open(t, dir)
	defer closeStores(t, s)
	for _, id := range ids {
		if got := get(t, s.Node(id, "f"), "a"); id != "" && got != flow.JSON(id) {
			t.Errorf("node %q: %s", id, got)
		}
		if got := get(t, s.Flow(id), "a"); id != "" && got != flow.JSON("flow "+id) {
			t.Errorf("flow %q: %s", id, got)
		}
	}
}

func TestFilesAreWrittenAfterTheInterval(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir)
		set(t, s.Global(), "a", 1.0)
		time.Sleep(29 * time.Second) // the bubble sleeps
		synctest.Wait()
		set(t, s.Global(), "a", 2.0)
		if got := list(t, dir); len(got) != 0 {
			t.Errorf("after 29 s: %v", got)
		}
		time.Sleep(time.Second) // the bubble sleeps
		synctest.Wait()
		text, err := os.ReadFile(filepath.Join(dir, "global", "global.json"))
		if err != nil || !strings.Contains(string(text), "2") {
			t.Errorf("after 30 s: %s, %v", text, err)
		}
		if err := os.Remove(filepath.Join(dir, "global", "global.json")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the bubble sleeps
		synctest.Wait()
		if got := list(t, dir); len(got) != 0 {
			t.Errorf("written without a change: %v", got)
		}
		closeStores(t, s)
	})
}

func TestWhatCannotBeWrittenIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "f1") // a file where a directory belongs
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir)
		set(t, s.Flow("f1"), "a", 1.0)
		set(t, s.Flow("f2"), "a", 1.0)
		time.Sleep(31 * time.Second) // the bubble sleeps
		synctest.Wait()
		if got := list(t, dir); !reflect.DeepEqual(got, []string{"f1", "f2/flow.json"}) {
			t.Errorf("files: %v", got)
		}
		if err := os.Remove(blocked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second) // the bubble sleeps
		synctest.Wait()
		if got := list(t, dir); !reflect.DeepEqual(got, []string{"f1/flow.json", "f2/flow.json"}) {
			t.Errorf("files: %v", got)
		}
		closeStores(t, s)
	})
}

func TestCleanDeletesFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, c := range []*state.Scope{s.Global(), s.Flow("f1"), s.Node("n1", "f1"), s.Flow("f2"), s.Node("n2", "f2")} {
		set(t, c, "a", 1.0)
	}
	closeStores(t, s)

	s = open(t, dir)
	late := s.Node("n2", "f2")
	s.Clean(func(id string) bool { return id == "f1" })
	set(t, late, "a", 2.0)
	closeStores(t, s)
	if got := list(t, dir); !reflect.DeepEqual(got, []string{"f1/flow.json", "global/global.json"}) {
		t.Errorf("files: %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "f2")); !os.IsNotExist(err) {
		t.Errorf("the directory of a flow that is no more: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "f1"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "f1", "flow.json")
	for text, want := range map[string]string{`{"a":`: "invalid JSON in context file " + name, "[]": name + " has no JSON object"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := state.Open(state.Options{Stores: []state.Store{{Name: "disk", Dir: dir}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, stores := range [][]state.Store{{{Name: "_"}}, {{Name: "a b"}}, {{}}, {{Name: "a"}, {Name: "a"}}} {
		if _, err := state.Open(state.Options{Stores: stores}); err == nil {
			t.Errorf("%v: no error", stores)
		}
	}
}

func TestWhatACrashLeavesIsRemoved(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"f1/flow.json": `{"a":1}`, "f1/flow.json.123.tmp": `{"a":`, "f1/empty.json": ""} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	defer closeStores(t, s)
	if got := get(t, s.Flow("f1"), "a"); got != "1" {
		t.Errorf("got %s", got)
	}
	if got := list(t, dir); !reflect.DeepEqual(got, []string{"f1/empty.json", "f1/flow.json"}) {
		t.Errorf("files: %v", got)
	}
}

// What is set while files are written and scopes deleted is in the files in the
// end, and each file is whole at each moment.
func TestFilesAreAlwaysWhole(t *testing.T) {
	dir := t.TempDir()
	s, err := state.Open(state.Options{Stores: []state.Store{{Name: "disk", Dir: dir, FlushInterval: time.Microsecond}}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 100 {
				_ = s.Flow("f1").Set("a", strings.Repeat("x", i*100))
				_ = s.Flow("f2").Set("a", 1.0)
				s.Clean(func(id string) bool { return id == "f1" })
			}
		})
	}
	wg.Go(func() {
		for range 100 {
			text, err := os.ReadFile(filepath.Join(dir, "f1", "flow.json"))
			if err == nil {
				_, err = flow.ParseJSON(text)
			} else if os.IsNotExist(err) {
				err = nil
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	closeStores(t, s)
	s = open(t, dir)
	defer closeStores(t, s)
	if got := get(t, s.Flow("f1"), "a.length"); got != "9900" {
		t.Errorf("the last value has length %s", got)
	}
	if got := get(t, s.Flow("f2"), "a"); got != "undefined" {
		t.Errorf("deleted, but %s", got)
	}
}

// FuzzOddIDs finds ids whose files are mistaken for those of others.
func FuzzOddIDs(f *testing.F) {
	for _, seed := range [][2]string{{"n", "f"}, {"flow", "global"}, {"global", "global"}, {"..", "/"}, {"%41", "A"}, {"", "x"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, node, tab string) {
		if len(node) > 60 || len(tab) > 60 {
			t.Skip("longer than a file name")
		}
		dir := t.TempDir()
		s := open(t, dir)
		set(t, s.Global(), "a", "global")
		set(t, s.Node(node, tab), "a", "node")
		closeStores(t, s)
		s = open(t, dir)
		defer closeStores(t, s)
		want := `"node""global"`
		if node == "" && tab == "" {
			want = `"node""node"` // both are the global one
		}
		if got := get(t, s.Node(node, tab), "a") + get(t, s.Global(), "a"); got != want {
			t.Errorf("node %q of %q: %s", node, tab, got)
		}
	})
}
