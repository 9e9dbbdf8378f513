package flowfile

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is into the expectations of testdata")

// TestCases runs testdata/flowfile/*.txtar: a sentence on what the case is
// about, the files of one deployment, and the problems that are expected.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("../testdata/flowfile/*.txtar")
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
			if last < 0 || archive.Files[last].Name != "problems" {
				t.Fatal("the last file of a case is problems")
			}
			t.Chdir(t.TempDir())
			var names []string
			for _, f := range archive.Files[:last] {
				if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
				names = append(names, f.Name)
			}
			got := checkFiles(names)
			if *update {
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if want := string(archive.Files[last].Data); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// checkFiles returns all problems of the files, one a line. Types that start
// with "no-such" are unknown.
func checkFiles(names []string) string {
	f, problems := Load(names...)
	problems = append(problems, f.Check(func(typ string) bool { return !strings.HasPrefix(typ, "no-such") })...)
	_, more := NewEnv(f.Expand(), EnvOptions{})
	problems = append(problems, more...)
	problems.Sort()
	if len(problems) == 0 {
		return ""
	}
	return problems.Error() + "\n"
}
