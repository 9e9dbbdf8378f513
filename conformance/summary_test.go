package conformance

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// results is how the scenarios went, for the summary.
type results struct {
	mu      sync.Mutex
	equal   int
	differ  []*difference
	skipped map[string]string // why, by scenario
	failed  []string
}

// skip skips a scenario.
func (r *results) skip(t *testing.T, name, reason string) {
	t.Helper()
	r.mu.Lock()
	if r.skipped == nil {
		r.skipped = map[string]string{}
	}
	r.skipped[name] = reason
	r.mu.Unlock()
	t.Skip(reason)
}

// add notes a scenario that has ended.
func (r *results) add(t *testing.T, name string, d *difference) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case t.Skipped(): // noted by skip
	case t.Failed():
		r.failed = append(r.failed, name)
	case d != nil:
		r.differ = append(r.differ, d)
	default:
		r.equal++
	}
}

// write writes the summary as Markdown. It has to be one of all scenarios.
func (r *results) write(t *testing.T, file string, scenarios int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.failed) > 0 || r.equal+len(r.differ)+len(r.skipped) != scenarios {
		t.Errorf("no summary: not all of the %d scenarios ran and went well", scenarios)
		return
	}
	if err := os.WriteFile(file, []byte(r.markdown()), 0o644); err != nil {
		t.Error(err)
	}
}

func (r *results) markdown() string {
	slices.SortFunc(r.differ, func(a, b *difference) int { return strings.Compare(a.Scenario, b.Scenario) })
	byPoint := map[int]int{}
	for _, d := range r.differ {
		for _, point := range d.Points {
			byPoint[point]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Scenarios recorded with Node-RED\n\n")
	fmt.Fprintf(&b, "Written by `go test ./conformance -run TestScenarios -table FILE`. The points are those of docs/compatibility.md.\n\n")
	fmt.Fprintf(&b, "| scenarios | |\n| --- | ---: |\n| equal | %d |\n| better on purpose | %d |\n| skipped | %d |\n", r.equal, len(r.differ), len(r.skipped))
	for point := 1; point <= lastPoint; point++ {
		if byPoint[point] > 0 {
			fmt.Fprintf(&b, "| by point %d | %d |\n", point, byPoint[point])
		}
	}
	if len(r.differ) > 0 {
		fmt.Fprintf(&b, "\n| scenario | points | what differs | why |\n| --- | --- | --- | --- |\n")
	}
	for _, d := range r.differ {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", d.Scenario, joined(d.Points), strings.Join(slices.Sorted(maps.Keys(d.Expect)), ", "), strings.ReplaceAll(d.Why, "|", `\|`))
	}
	if len(r.skipped) > 0 {
		fmt.Fprintf(&b, "\n| skipped | why |\n| --- | --- |\n")
		for _, name := range slices.Sorted(maps.Keys(r.skipped)) {
			fmt.Fprintf(&b, "| %s | %s |\n", name, r.skipped[name])
		}
	}
	return b.String()
}

func joined(points []int) string {
	texts := make([]string, len(points))
	for i, point := range points {
		texts[i] = strconv.Itoa(point)
	}
	return strings.Join(texts, ", ")
}

func TestSummary(t *testing.T) {
	list, err := parseDifferences([]byte("- {scenario: b, points: [2, 3], why: 'x | y', expect: {emits.z:0: null, checks: []}}\n- {scenario: a, points: [3], why: w, expect: {exit: null}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := results{equal: 4, skipped: map[string]string{"d": "no", "c": "never"}, differ: []*difference{&list[0], &list[1]}}
	want := `# Scenarios recorded with Node-RED

Written by ` + "`go test ./conformance -run TestScenarios -table FILE`" + `. The points are those of docs/compatibility.md.

| scenarios | |
| --- | ---: |
| equal | 4 |
| better on purpose | 2 |
| skipped | 2 |
| by point 2 | 1 |
| by point 3 | 2 |

| scenario | points | what differs | why |
| --- | --- | --- | --- |
| a | 3 | exit | w |
| b | 2, 3 | checks, emits.z:0 | x \| y |

| skipped | why |
| --- | --- |
| c | never |
| d | no |
`
	if got := r.markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
