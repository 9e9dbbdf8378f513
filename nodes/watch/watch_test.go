package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a node that watches, and waits until it does.
func start(t *testing.T, files string, recursive bool) *flowtest.Driver {
	t.Helper()
	return flowtest.New(t, Type, flow.JSON(flow.NewObject("files", files, "recursive", recursive)))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// expect waits for a message about each path, and no other.
func expect(t *testing.T, d *flowtest.Driver, paths ...string) {
	t.Helper()
	seen := func() []string {
		var list []string
		for _, m := range d.Messages(0) {
			list = append(list, m.Get("payload").(string))
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	slices.Sort(paths)
	d.Until(func() bool { return len(seen()) >= len(paths) })
	if !slices.Equal(seen(), paths) {
		t.Errorf("changes of %q, want %q", seen(), paths)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	f, other := filepath.Join(dir, "f"), filepath.Join(dir, "other")
	write(t, f, "")
	d := start(t, f, false)
	write(t, other, "x")
	write(t, f, "ABCDE")
	expect(t, d, f)
	want := fmt.Sprintf(`{"payload":%q,"topic":%q,"file":"f","filename":%q,"event":"update","size":5,"type":"file"}`, f, f, f)
	if got := d.Sent(0)[0]; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if err := os.Remove(f); err != nil {
		t.Fatal(err)
	}
	d.Until(func() bool { return len(d.Messages(0)) == 2 })
	want = fmt.Sprintf(`{"payload":%q,"topic":%q,"file":"f","filename":%q,"event":"remove","type":"none"}`, f, f, f)
	if got := d.Sent(0)[1]; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	write(t, f, "it is back")
	d.Until(func() bool { return len(d.Messages(0)) == 3 })
}

func TestFileList(t *testing.T) {
	dir := t.TempDir()
	f, g := filepath.Join(dir, "f"), filepath.Join(dir, "g")
	write(t, f, "")
	write(t, g, "")
	d := start(t, f+" , "+g, false)
	write(t, g, "1")
	if err := os.Chmod(f, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, d, f, g)
	if got, want := d.Messages(0)[0].Get("topic"), flow.JSON(flow.Array{f, g}); got != want {
		t.Errorf("topic %v, want %v", got, want)
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	d := start(t, dir, false)
	write(t, filepath.Join(sub, "unseen"), "")
	write(t, filepath.Join(dir, "f"), "")
	d.Until(func() bool {
		return slices.ContainsFunc(d.Messages(0), func(m *flow.Message) bool { return m.Get("file") == "f" })
	})
	if slices.ContainsFunc(d.Messages(0), func(m *flow.Message) bool { return m.Get("file") == "unseen" }) {
		t.Error("what is below was reported")
	}
}

func TestRecursive(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	n := New(Config{Files: dir, Recursive: true}, flow.Env{})
	tree, err := newTree(true)
	if err != nil {
		t.Fatal(err)
	}
	n.tree = tree
	if err := tree.add(dir); err != nil {
		t.Fatal(err)
	}
	if err := tree.descend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !tree.contains(filepath.Join(sub, "f")) {
		t.Error("a directory below is not watched")
	}
	made := filepath.Join(sub, "c", "d")
	if err := os.MkdirAll(made, 0o777); err != nil {
		t.Fatal(err)
	}
	for !tree.contains(filepath.Join(made, "f")) {
		if err := tree.follow(t.Context(), <-tree.watcher.Events); err != nil {
			t.Fatal(err)
		}
	}
	if err := tree.watcher.Close(); err != nil {
		t.Error(err)
	}
}

func TestMissing(t *testing.T) {
	d := start(t, "/there/is/no/such/file", false)
	d.Until(func() bool { return len(d.Log) == 1 })
	if d.Log[0].What != "Error: /there/is/no/such/file does not exist." || d.Log[0].Msg == nil {
		t.Errorf("%v", d.Log)
	}
}

// An editor's own files are not reported.
func TestEditor(t *testing.T) {
	dir := t.TempDir()
	f := filepath.Join(dir, "f")
	write(t, f, "")
	if list := describe([]string{f + "~", filepath.Join(dir, "4913"), f}, "t"); len(list) != 1 || list[0].Get("payload") != f {
		t.Errorf("%d messages", len(list))
	}
	if list := describe([]string{filepath.Join(dir, "gone"), dir}, "t"); len(list) != 2 || list[1].Get("type") != "directory" {
		t.Errorf("%d messages", len(list))
	}
}

func TestStopWithoutStart(t *testing.T) {
	if err := New(Config{}, flow.Env{}).Stop(context.Background(), flow.Removed); err != nil {
		t.Error(err)
	}
}
