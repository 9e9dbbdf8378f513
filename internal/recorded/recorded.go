// Package recorded reads what Node-RED and the libraries under it were observed
// to do, to compare our own nodes with it: files in a testdata folder with one
// case, a JSON object, a line.
package recorded

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// Cases returns the cases in a file of the package's testdata folder.
func Cases(t testing.TB, name string) []*flow.Object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var cases []*flow.Object
	for line := range bytes.Lines(text) {
		v, err := flow.ParseJSON(line)
		c, ok := v.(*flow.Object)
		if err != nil || !ok {
			t.Fatalf("%s: line %d is no JSON object: %v", name, len(cases)+1, err)
		}
		cases = append(cases, c)
	}
	return cases
}
