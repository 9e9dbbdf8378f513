package main

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	someTitles = `{"nodes/core/common/20-inject_spec.js": ["a", "b", "b", "c"], "nodes/core/network/31-tcpin_spec.js": ["x", "y"], "nodes/subflow/subflow_spec.js": ["s"]}`
	someWhys   = `
leftOut:
  - {folder: nodes/core/network, why: Later.}
failing:
  - why: needs | tea
    titles: {nodes/core/common/20-inject_spec.js: [c]}
`
)

func somePlan(t *testing.T, only string) *plan {
	t.Helper()
	p, err := parsePlan([]byte(someTitles), []byte(someWhys), regexp.MustCompile(only))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The lists that are part of the command fit each other.
func TestOwnPlan(t *testing.T) {
	if _, err := newPlan(regexp.MustCompile("")); err != nil {
		t.Error(err)
	}
}

func TestPlan(t *testing.T) {
	p := somePlan(t, "")
	if len(p.specs) != 2 || p.specs[0].path != "nodes/core/common/20-inject_spec.js" || p.specs[0].reasons["c"] != "needs | tea" {
		t.Errorf("the plan is %+v", p.specs)
	}
	if l := p.leftOut[0]; l.titles != 2 {
		t.Errorf("left out are %+v", l)
	}
	if p := somePlan(t, "subflow"); len(p.specs) != 1 || p.specs[0].path != "nodes/subflow/subflow_spec.js" {
		t.Errorf("subflow selects %+v", p.specs)
	}
	for whys, want := range map[string]string{
		"failing: [{why: w, titles: {nodes/subflow/subflow_spec.js: [z]}}]":    "no title",
		"failing: [{why: w, titles: {nodes/none_spec.js: [s]}}]":               "no title",
		"failing: [{titles: {nodes/subflow/subflow_spec.js: [s]}}]":            "no reason",
		"failing: [{why: w, titles: {nodes/subflow/subflow_spec.js: [s, s]}}]": "two reasons",
		"nonsense: []":                       "nonsense",
		"leftOut: [{folder: nodes, why: w}]": "no such spec file",
	} {
		if _, err := parsePlan([]byte(someTitles), []byte(whys), regexp.MustCompile("")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", whys, err, want)
		}
	}
}

func passes(titles ...string) (tests []test) {
	for _, title := range titles {
		tests = append(tests, test{Title: title, State: "passed"})
	}
	return tests
}

func TestResult(t *testing.T) {
	inject := somePlan(t, "inject").specs[0]
	for name, c := range map[string]struct {
		tests                           []test
		passed, declared, failed, stale string
	}{
		"as expected":        {passes("b", "a", "b", "other"), "a b b", "c", "", ""},
		"one of two":         {append(passes("a", "b"), test{Title: "b", State: "failed", Error: "no"}), "a b", "c", "b", ""},
		"better":             {passes("a", "b", "b", "c"), "a b b c", "", "", "c"},
		"without an end":     {nil, "", "c", "a b b", ""},
		"pending is no pass": {append(passes("b", "b"), test{Title: "a", State: "pending"}), "b b", "c", "a", ""},
	} {
		r := newResult(inject, c.tests)
		for what, lists := range map[string][2]string{
			"passed":   {strings.Join(r.passed, " "), c.passed},
			"declared": {strings.Join(r.declared, " "), c.declared},
			"failed":   {strings.Join(r.failed, " "), c.failed},
			"stale":    {strings.Join(r.stale, " "), c.stale},
		} {
			if lists[0] != lists[1] {
				t.Errorf("%s: %s are %q, want %q", name, what, lists[0], lists[1])
			}
		}
		if unexpected := c.failed != "" || c.stale != ""; (verdict([]result{r}) != nil) != unexpected {
			t.Errorf("%s: the verdict is %v", name, verdict([]result{r}))
		}
	}
}

func TestSecondRun(t *testing.T) {
	inject := somePlan(t, "inject").specs[0]
	r := newResult(inject, passes("b", "b")).merge(newResult(inject, passes("a", "b")))
	if verdict([]result{r}) != nil || !slices.Equal(r.again, []string{"a"}) || len(r.passed) != 3 {
		t.Errorf("the result is %+v", r)
	}
	if r := newResult(inject, passes("b")).merge(newResult(inject, passes("b"))); verdict([]result{r}) == nil {
		t.Error("what fails twice has passed")
	}
}

func TestTables(t *testing.T) {
	p := somePlan(t, "")
	results := []result{newResult(p.specs[0], passes("a", "b", "b")), newResult(p.specs[1], passes("s"))}
	want := `
Spec files of Node-RED 5.0:

| spec file | titles | passed | not passed |
|---|---:|---:|---|
| common/20-inject | 4 | 3 | 1: needs \| tea |
| subflow/subflow | 1 | 1 |  |
| **all** | **5** | **4** | |

Left out: network with 2 titles. Later.

needs | tea (1):

- common/20-inject: c
`
	if got := markdown(p, results, "5.0"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	results[1] = newResult(p.specs[1], []test{{Title: "s", State: "failed", Error: "expected\nthis"}})
	var b bytes.Buffer
	writeText(&b, p, results)
	for _, want := range []string{"FAIL nodes/subflow/subflow_spec.js\n     s\n     expected\n     this\n", "\n3 of 5 titles pass\n", "1 do not: needs | tea\n", "left out: nodes/core/network"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q lacks %q", b.String(), want)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	t.Setenv("NODE_RED_SRC", "")
	here := t.TempDir()
	for _, args := range [][]string{
		{}, {"-src", here}, {"-src", here, "more"}, {"-src", here, "-only", "("}, {"-src", here, "-only", "nonesuch"},
		{"-src", here, "-parallel", "0"}, {"-src", here, "-only", "inject", "-write", "page.md"}, {"-nonsense"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
