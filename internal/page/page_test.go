package page

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplace(t *testing.T) {
	got, err := Replace([]byte("a\n<!-- x:start -->\nb\n<!-- x:end -->\nc\n"), "x", "new")
	if want := "a\n<!-- x:start -->\nnew\n<!-- x:end -->\nc\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, page := range []string{"", "<!-- x:start -->", "<!-- x:end --><!-- x:start -->", "<!-- y:start --><!-- y:end -->"} {
		if _, err := Replace([]byte(page), "x", "new"); err == nil {
			t.Errorf("%q: no error", page)
		}
	}
}

func TestWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("<!-- x:start --><!-- x:end -->"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(file, "x", "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "<!-- x:start -->\nnew\n<!-- x:end -->" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := Write(file, "y", "new"); err == nil {
		t.Error("no error without the section")
	}
}
