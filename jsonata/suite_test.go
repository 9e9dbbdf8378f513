package jsonata

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// suiteVar names the folder of the test suite of jsonata-js: groups and datasets.
const suiteVar = "JSONATA_SUITE"

// suiteCase is one case of the suite.
type suiteCase struct {
	name      string
	source    string
	input     flow.Value
	bindings  Bindings
	result    flow.Value
	undefined bool
	code      string
	token     string
	fields    *flow.Object // what the error must have
	unordered bool
	time      time.Duration
	depth     int
}

func suiteFolder(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv(suiteVar)
	if dir == "" {
		tb.Skipf("%s is not set: it names the folder of the suite of jsonata-js (test/test-suite)", suiteVar)
	}
	return dir
}

// loadSuite reads all cases, in the order of their names.
func loadSuite(tb testing.TB) []suiteCase {
	tb.Helper()
	dir := suiteFolder(tb)
	datasets := map[string]flow.Value{}
	files, err := filepath.Glob(filepath.Join(dir, "datasets", "*.json"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		datasets[strings.TrimSuffix(filepath.Base(file), ".json")] = readJSON(tb, file)
	}
	if files, err = filepath.Glob(filepath.Join(dir, "groups", "*", "*.json")); err != nil || len(files) == 0 {
		tb.Fatalf("no cases in %s (%v)", dir, err)
	}
	var cases []suiteCase
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".json")
		switch v := readJSON(tb, file).(type) {
		case *flow.Object:
			cases = append(cases, newCase(tb, file, name, v, datasets))
		case flow.Array:
			for i, item := range v {
				cases = append(cases, newCase(tb, file, fmt.Sprintf("%s#%d", name, i), item.(*flow.Object), datasets))
			}
		}
	}
	return cases
}

func readJSON(tb testing.TB, file string) flow.Value {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	return v
}

func newCase(tb testing.TB, file, name string, o *flow.Object, datasets map[string]flow.Value) suiteCase {
	tb.Helper()
	c := suiteCase{name: name, input: o.Get("data"), result: o.Get("result"), bindings: Bindings{}}
	c.source, _ = o.Get("expr").(string)
	if f, ok := o.Get("expr-file").(string); ok {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(file), f))
		if err != nil {
			tb.Fatal(err)
		}
		c.source = string(text)
	}
	if name, ok := o.Get("dataset").(string); ok {
		c.input = datasets[name]
	}
	if b, ok := o.Get("bindings").(*flow.Object); ok {
		maps.Insert(c.bindings, b.All())
	}
	c.undefined, _ = o.Get("undefinedResult").(bool)
	c.code, _ = o.Get("code").(string)
	c.token, _ = o.Get("token").(string)
	c.unordered, _ = o.Get("unordered").(bool)
	if c.fields, _ = o.Get("error").(*flow.Object); c.fields != nil {
		c.code, _ = c.fields.Get("code").(string)
	}
	if ms, ok := o.Get("timelimit").(float64); ok {
		c.time = time.Duration(ms) * time.Millisecond
	}
	if n, ok := o.Get("depth").(float64); ok {
		c.depth = int(n)
	}
	return c
}

// run returns why the case fails, nil if it passes.
func (c *suiteCase) run(tb testing.TB) error {
	var opts []Option
	if c.time > 0 {
		opts = append(opts, MaxTime(c.time))
	}
	if c.depth > 0 {
		opts = append(opts, MaxDepth(c.depth))
	}
	var got flow.Value
	e, err := Compile(c.source, opts...)
	if err == nil {
		got, err = e.Eval(tb.Context(), c.input, c.bindings)
	}
	switch {
	case c.code != "" || c.fields != nil:
		return c.checkError(err, got)
	case err != nil:
		return err
	case c.undefined:
		if got != nil {
			return fmt.Errorf("got %s, want undefined", flow.JSON(got))
		}
	case !near(got, c.result) && (!c.unordered || !near(sorted(got), sorted(c.result))):
		return fmt.Errorf("got %s\nwant %s", flow.JSON(got), flow.JSON(c.result))
	}
	return nil
}

func (c *suiteCase) checkError(err error, got flow.Value) error {
	if err == nil {
		return fmt.Errorf("got %s, want error %s", flow.JSON(got), c.code)
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return fmt.Errorf("got %w, want error %s", err, c.code)
	}
	// The suite's runner has codes of its own for its limits.
	if code := c.code; code != e.Code && !(code == "U1001" && (e.Code == "D1011" || e.Code == "D1012")) {
		return fmt.Errorf("got error %s (%s), want %s", e.Code, e.Message, code)
	}
	if c.token != "" && e.Token != c.token {
		return fmt.Errorf("token %q, want %q", e.Token, c.token)
	}
	if c.fields == nil {
		return nil
	}
	for k, want := range c.fields.All() {
		got := e.field(k)
		switch k {
		case "code":
			continue
		case "message":
			got = e.Message
		}
		if !flow.Equal(got, want) {
			return fmt.Errorf("%s is %v, want %v", k, got, want)
		}
	}
	return nil
}

// near compares as the suite's runner does, with a tolerance for numbers.
func near(a, b flow.Value) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || math.Abs(a-b) <= 1e-13*max(1, math.Abs(a)))
	case flow.Array:
		b, ok := b.(flow.Array)
		return ok && slices.EqualFunc(a, b, near)
	case *flow.Object:
		b, ok := b.(*flow.Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for k, v := range a.All() {
			if w, ok := b.Lookup(k); !ok || !near(v, w) {
				return false
			}
		}
		return true
	}
	return flow.Equal(a, b)
}

func sorted(v flow.Value) flow.Value {
	items, ok := v.(flow.Array)
	if !ok {
		return v
	}
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b flow.Value) int { return cmp.Compare(flow.JSON(a), flow.JSON(b)) })
	return items
}

// knownFailures reads testdata/known.txt: the name of a case and why it fails.
func knownFailures(tb testing.TB) map[string]string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "known.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, reason, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			out[name] = strings.TrimSpace(reason)
		}
	}
	return out
}

func TestSuite(t *testing.T) {
	cases := loadSuite(t)
	known := knownFailures(t)
	passed := 0
	for _, c := range cases {
		err := c.run(t)
		reason, isKnown := known[c.name]
		switch {
		case err == nil && isKnown:
			t.Errorf("%s passes: take it out of testdata/known.txt", c.name)
		case err == nil:
			passed++
		case !isKnown:
			t.Errorf("%s: %s\n%v", c.name, c.source, err)
		case reason == "":
			t.Errorf("%s is known to fail, but testdata/known.txt does not say why", c.name)
		}
	}
	percent := 100 * float64(passed) / float64(len(cases))
	t.Logf("%d of %d cases pass (%.2f %%)", passed, len(cases), percent)
	if percent < 99.5 {
		t.Errorf("fewer than 99.5 %% of the cases pass")
	}
}
