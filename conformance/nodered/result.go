package main

import (
	"fmt"
	"slices"
	"time"
)

// result is how a spec file went.
type result struct {
	spec     spec
	passed   []string
	declared []string          // did not pass, for a reason
	failed   []string          // did not pass, without one
	stale    []string          // passed in spite of a reason
	again    []string          // passed at the second run only
	errors   map[string]string // of titles that did not pass
	took     time.Duration
}

// newResult compares a run with what is expected. Some titles stand in a file
// more than once.
func newResult(s spec, tests []test) result {
	r := result{spec: s, errors: map[string]string{}}
	passes := map[string]int{}
	for _, t := range tests {
		if t.State == "passed" {
			passes[t.Title]++
		} else {
			r.errors[t.Title] = t.Error
		}
	}
	for _, title := range s.titles {
		passed, declared := passes[title] > 0, s.reasons[title] != ""
		passes[title]--
		switch {
		case passed && declared:
			r.stale = append(r.stale, title)
			r.passed = append(r.passed, title)
		case passed:
			r.passed = append(r.passed, title)
		case declared:
			r.declared = append(r.declared, title)
		default:
			r.failed = append(r.failed, title)
		}
	}
	return r
}

// merge adds a second run: what passed in one of them has passed.
func (r result) merge(second result) result {
	var failed []string
	for _, title := range r.failed {
		if slices.Contains(second.failed, title) {
			failed = append(failed, title)
			continue
		}
		r.passed, r.again = append(r.passed, title), append(r.again, title)
	}
	r.failed = failed
	return r
}

// line says how the file went.
func (r result) line() string {
	return fmt.Sprintf("%-45s %4d/%-4d %5.1f s", r.spec.path, len(r.passed), len(r.spec.titles), r.took.Seconds())
}

// verdict is an error if something was not expected.
func verdict(results []result) error {
	failed, stale := 0, 0
	for _, r := range results {
		failed += len(r.failed)
		stale += len(r.stale)
	}
	if failed > 0 || stale > 0 {
		return fmt.Errorf("%d titles fail without a reason, %d pass in spite of one: mend flowrun, or conformance/nodered/reasons.yaml", failed, stale)
	}
	return nil
}
