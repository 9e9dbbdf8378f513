package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/nodes"
)

// TestCoreExamples checks the example flows of Node-RED, which are not part of
// this project: the only errors are missing types, which stubs mend, and JSONata.
func TestCoreExamples(t *testing.T) {
	root := os.Getenv("FLOWRUN_CORE_EXAMPLES")
	if root == "" {
		t.Skip("FLOWRUN_CORE_EXAMPLES names no folder with example flows")
	}
	files := 0
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		files++
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) { checkExample(t, path) })
		return nil
	})
	if err != nil || files == 0 {
		t.Fatal("no examples were read:", err)
	}
}

func checkExample(t *testing.T, path string) {
	counted := func(stubs []string) (*typeCounts, flowfile.Problems) {
		registry, err := nodes.CatalogWithStubs(nodes.Deps{}, stubs)
		if err != nil {
			t.Fatal(err)
		}
		flows, problems, err := check(path, engineOptions{stubs: stubs})
		if err != nil {
			t.Fatal(err)
		}
		counts := newTypeCounts(registry, stubs)
		counts.add(flows, problems)
		return counts, problems
	}
	counts, problems := counted(nil)
	var stubs []string
	for _, c := range counts.sorted() {
		if c.support == missing {
			stubs = append(stubs, c.typ)
		}
	}
	unknown := 0
	for _, p := range problems {
		if strings.Contains(p.Text, "unknown node type") {
			unknown++
		}
	}
	if _, by, _ := counts.totals(); by[missing] != unknown {
		t.Errorf("%d nodes of missing types, and %d errors that name them", by[missing], unknown)
	}
	_, problems = counted(stubs)
	for _, p := range problems {
		if p.Severity == flowfile.Error && !strings.Contains(p.Text, "jsonata") {
			t.Error(p)
		}
	}
}
