package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxNear is how many names a message suggests.
const maxNear = 3

// didYouMean returns ", did you mean …?" with the names that look most like what
// was given, empty if none does.
func didYouMean(given string, names []string) string {
	quoted := near(given, names)
	for i, name := range quoted {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(quoted) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(quoted, " or ") + "?"
}

// near returns the names that look most like the one given, the nearest first:
// those that contain it, and those that few typing errors lead to.
func near(given string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var found []candidate
	wanted := strings.ToLower(given)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		lower := strings.ToLower(name)
		far := edits(wanted, lower)
		switch {
		case wanted != "" && strings.Contains(lower, wanted):
			far = min(far, 2)
		case far > max(2, len(wanted)/3):
			continue
		}
		found = append(found, candidate{name, far})
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var list []string
	for _, c := range found[:min(len(found), maxNear)] {
		list = append(list, c.name)
	}
	return list
}

// edits is the Levenshtein distance: how many characters have to be put in, taken
// out or exchanged to make one text of the other.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for i := range row {
		row[i] = i
	}
	for i, x := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range to {
			cost := 1
			if x == y {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(to)]
}
