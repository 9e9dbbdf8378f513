package flowfile

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// checkRoundTrips fails the test unless flows survive being printed in each way
// and read again.
func checkRoundTrips(t *testing.T, f *Flows) {
	t.Helper()
	byID := func(a, b *Node) int { return cmp.Compare(a.ID, b.ID) }
	for _, way := range []struct {
		name string
		text []byte
		hand bool
	}{
		{"flows.json", f.JSON(), false},
		{"flows.yaml", f.YAML(Plain), false},
		{"hand.yaml", f.YAML(ByHand), true},
	} {
		g, problems := Parse(way.name, way.text)
		if problems.HasErrors() {
			t.Fatalf("%s cannot be read again: %v\n%s", way.name, problems, way.text)
		}
		was, is := slices.Clone(f.Nodes), slices.Clone(g.Nodes)
		if way.hand {
			was = append(was, withoutTwins(f)...)
			slices.SortStableFunc(was, byID)
			slices.SortStableFunc(is, byID)
		}
		if len(was) != len(is) {
			t.Fatalf("%s: %d nodes became %d\n%s", way.name, len(was), len(is), way.text)
		}
		for i := range was {
			if !flow.Equal(was[i].Props, is[i].Props) {
				t.Fatalf("%s: %s\nbecame %s\n%s", way.name, flow.JSON(was[i].Props), flow.JSON(is[i].Props), way.text)
			}
			if !way.hand && !slices.Equal(was[i].Props.Keys(), is[i].Props.Keys()) {
				t.Fatalf("%s: the keys %q became %q", way.name, was[i].Props.Keys(), is[i].Props.Keys())
			}
		}
		// An envelope without anything beside the flows is not told from none in hand form.
		bare := way.hand && f.Envelope != nil && f.Envelope.Len() == 1
		if !bare && !flow.Equal(valueOrNil(f.Envelope), valueOrNil(g.Envelope)) {
			t.Fatalf("%s: the envelope became another\n%s", way.name, way.text)
		}
		again := formatted(t, way.name, way.text)
		if twice := formatted(t, way.name, again); !bytes.Equal(again, twice) {
			t.Fatalf("formatting %s twice is not the same as once\n%s\n%s", way.name, again, twice)
		}
	}
}

// withoutTwins returns the flows without a tab, which get one in hand form,
// unless the hand form cannot say the flows.
func withoutTwins(f *Flows) []*Node {
	if f.handTree() == nil {
		return nil
	}
	return f.implicit
}

func valueOrNil(o *flow.Object) flow.Value {
	if o == nil {
		return nil
	}
	return o
}

func formatted(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	out, problems := Format(name, text)
	if out == nil {
		t.Fatalf("formatting %s: %v\n%s", name, problems, text)
	}
	return out
}

func TestRoundTrips(t *testing.T) {
	for _, pattern := range []string{"*.json", "*.yaml"} {
		paths, err := filepath.Glob("../testdata/flowfile/" + pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal("there are no files:", err)
		}
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				f, problems := Load(path)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				checkRoundTrips(t, f)
			})
		}
	}
}

// TestCoreExamples round-trips the example flows of Node-RED, which are not part
// of this project.
func TestCoreExamples(t *testing.T) {
	root := os.Getenv("FLOWRUN_CORE_EXAMPLES")
	if root == "" {
		t.Skip("FLOWRUN_CORE_EXAMPLES names no folder with example flows")
	}
	count := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		count++
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			f, problems := Load(path)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if f.Check(nil).HasErrors() {
				t.Error(f.Check(nil))
			}
			checkRoundTrips(t, f)
			if text := f.YAML(ByHand); !bytes.Equal(text, formatted(t, "x.yaml", text)) {
				t.Errorf("formatting changes what YAML printed\n%s\n%s", text, formatted(t, "x.yaml", text))
			}
		})
		return nil
	})
	if err != nil || count == 0 {
		t.Fatal("no examples were read:", err)
	}
}
