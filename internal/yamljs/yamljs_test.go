package yamljs

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/recorded"
)

// What js-yaml 4.3.2 made of the same values and texts.
func TestRecorded(t *testing.T) {
	for _, c := range recorded.Cases(t, "dump.ndjson") {
		value, text := c.Get("value"), flow.Text(c.Get("yaml"))
		if got, err := Format(value); err != nil || got != text {
			t.Errorf("Format(%s) = %q, %v; want %q", flow.JSON(value), got, err, text)
		}
		if got, err := Parse([]byte(text)); err != nil || flow.JSON(got) != flow.JSON(value) {
			t.Errorf("Parse(%q) = %s, %v; want %s", text, flow.JSON(got), err, flow.JSON(value))
		}
	}
	for _, c := range recorded.Cases(t, "load.ndjson") {
		text, want := flow.Text(c.Get("yaml")), flow.JSON(c.Get("value"))
		got, err := Parse([]byte(text))
		if c.Get("error") != nil {
			if err == nil {
				t.Errorf("Parse(%q) = %s, want an error: %s", text, flow.JSON(got), c.Get("error"))
			}
		} else if err != nil || flow.JSON(got) != want {
			t.Errorf("Parse(%q) = %s, %v; want %s", text, flow.JSON(got), err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"employees:\n-firstName: John\n- lastName: Smith\n": "end of the stream or a document separator is expected (line 2)",
		"a: 1\na: 2":          "duplicated mapping key (line 2)",
		"a: *x":               `unidentified alias "x"`,
		"--- 1\n--- 2":        "expected a single document in the stream, but found more",
		"a: !foo 1":           "unknown tag !<!foo> (line 1)",
		"a: !!int x":          "cannot resolve a node with !<tag:yaml.org,2002:int> explicit tag (line 1)",
		"a: [1":               "missed comma between flow collection entries (line 1)",
		"&x [1, *x]":          `the node with anchor "x" contains itself (line 1)`,
		"<<: 5":               "cannot merge mappings; the provided source object is unacceptable (line 1)",
		"? [[1]]\n: 2":        "nested arrays are not supported inside keys (line 1)",
		"!!omap [a: 1, a: 2]": "cannot resolve a node with !<tag:yaml.org,2002:omap> explicit tag (line 1)",
		strings.Repeat("[", 101) + strings.Repeat("]", 101): "nesting exceeded maxDepth (100) (line 1)",
	} {
		if v, err := Parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("Parse(%.60q) = %s, %v; want the error %s", text, flow.JSON(v), err, want)
		}
	}
}

// Each list names the one before it ten times: 10^n nodes in n lines.
func TestAliasBomb(t *testing.T) {
	bomb := "a0: &a0 [x]\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	if _, err := Parse([]byte(bomb)); err == nil || !strings.Contains(err.Error(), "repeat more than 1048576 nodes") {
		t.Errorf("got %v", err)
	}
	merges := "a: &a {" + strings.Repeat("x", 10) + ": 1}\nb:\n"
	for i := range 200 {
		merges += fmt.Sprintf("  - {<<: [%s], k: %d}\n", strings.TrimSuffix(strings.Repeat("*a, ", 50), ", "), i)
	}
	if _, err := Parse([]byte(merges)); err == nil || !strings.Contains(err.Error(), "merge keys exceeded maxTotalMergeKeys (10000)") {
		t.Errorf("got %v", err)
	}
}

func TestFormatValues(t *testing.T) {
	for _, tc := range []struct {
		value flow.Value
		want  string
	}{
		{nil, ""},
		{flow.Null{}, "null\n"},
		{flow.NewObject("a", nil, "b", flow.Array{nil, flow.Null{}}), "b:\n  - null\n  - null\n"},
		{flow.NewObject("a", flow.NewObject("x", nil), "b", flow.Array{}), "a: {}\nb: []\n"},
		{flow.Array{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}, "- .nan\n- .inf\n- -.inf\n- -0.0\n"},
		{flow.NewObject("d", flow.Date(0), "b", flow.Buffer("hello")), "d: 1970-01-01T00:00:00.000Z\nb: !!binary aGVsbG8=\n"},
	} {
		if got, err := Format(tc.value); err != nil || got != tc.want {
			t.Errorf("Format(%s) = %q, %v; want %q", flow.JSON(tc.value), got, err, tc.want)
		}
	}
	deep := flow.Value(1.0)
	for range 10_000 {
		deep = flow.Array{deep}
	}
	for _, v := range []flow.Value{flow.Date(math.NaN()), struct{}{}, deep} {
		if got, err := Format(v); err == nil {
			t.Errorf("Format(%T) = %.50q and no error", v, got)
		}
	}
}

func TestParseTypes(t *testing.T) {
	v, err := Parse([]byte("d: 2001-12-14t21:59:43.10-05:00\nb: !!binary aGVsbG8=\nn: .nan\n"))
	if err != nil {
		t.Fatal(err)
	}
	o := v.(*flow.Object)
	if d, ok := o.Get("d").(flow.Date); !ok || d.String() != "2001-12-15T02:59:43.100Z" {
		t.Errorf("d = %v", o.Get("d"))
	}
	if b, ok := o.Get("b").(flow.Buffer); !ok || string(b) != "hello" {
		t.Errorf("b = %v", o.Get("b"))
	}
	if n, ok := o.Get("n").(float64); !ok || !math.IsNaN(n) {
		t.Errorf("n = %v", o.Get("n"))
	}
}

// What is parsed can be written, and is the same when it is parsed again.
func FuzzParse(f *testing.F) {
	for _, c := range recorded.Cases(f, "load.ndjson") {
		f.Add(flow.Text(c.Get("yaml")))
	}
	f.Add("a: &a [x]\nb: [*a, *a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse([]byte(text))
		if err != nil || v == nil {
			return
		}
		out, err := Format(v)
		if err != nil {
			t.Skip() // an invalid date
		}
		again, err := Parse([]byte(out))
		if err != nil || flow.JSON(again) != flow.JSON(v) {
			t.Errorf("%q is %s, written %q, then %s (%v)", text, flow.JSON(v), out, flow.JSON(again), err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte(strings.Repeat("- id: 1\n  name: some name\n  on: true\n  list: [1, 2, 3]\n", 1000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
