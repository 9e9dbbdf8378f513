package main

import (
	"fmt"
	"math"
	"slices"
)

// row is a line of the table: one load on one flow, a value for each round and
// contender. The first of the contenders is what flowrun is compared with.
type row struct {
	part, load string
	unit       string
	baseline   []float64 // the plain server, or flowrun in the small case; may be empty
	flowrun    []float64
	peer       []float64 // Node-RED; may be empty
}

// median returns the middle one of the values, NaN if there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratio returns the median of values over that of the baseline, NaN without one.
func (r row) ratio(values []float64) float64 { return median(values) / median(r.baseline) }

// spread returns the smallest and the largest ratio of flowrun in a round.
func (r row) spread() (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for i := range min(len(r.baseline), len(r.flowrun)) {
		ratio := r.flowrun[i] / r.baseline[i]
		least, most = min(least, ratio), max(most, ratio)
	}
	return least, most
}

// used returns how much of its target the row uses: 1 is just met.
func (r row) used() (share float64, ok bool) {
	t, ok := targetOf(r.part, r.load)
	if !ok {
		return 0, false
	}
	if t.ratio {
		return r.ratio(r.flowrun) / t.most, true
	}
	return median(r.flowrun) / t.most, true
}

// columns are the headings of cells.
func columns() []string {
	return []string{"flow", "load", "unit", "baseline", "flowrun", "Node-RED", "ratio", "of the rounds", "Node-RED's ratio", "target", "met"}
}

// cells returns the row as text.
func (r row) cells() []string {
	rounds := ""
	if least, most := r.spread(); least <= most {
		rounds = number(least) + "–" + number(most)
	}
	goal, met := "", ""
	if t, ok := targetOf(r.part, r.load); ok {
		goal = "≤ " + number(t.most)
		if !t.ratio {
			goal += " " + r.unit
		}
		met = "yes"
		if share, _ := r.used(); !(share <= 1) {
			met = fmt.Sprintf("no, %+.0f %%", (share-1)*100)
		}
	}
	return []string{
		r.part, r.load, r.unit, number(median(r.baseline)), number(median(r.flowrun)), number(median(r.peer)),
		number(r.ratio(r.flowrun)), rounds, number(r.ratio(r.peer)), goal, met,
	}
}

// number writes a value with three digits that say something; NaN is empty.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case math.Abs(v) >= 100:
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
