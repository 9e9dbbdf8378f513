package main

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// writeText writes what was not expected, and the totals.
func writeText(w io.Writer, p *plan, results []result) {
	passed, titles := 0, 0
	for _, r := range results {
		passed += len(r.passed)
		titles += len(r.spec.titles)
		for _, title := range r.failed {
			fmt.Fprintf(w, "\nFAIL %s\n     %s\n     %s\n", r.spec.path, title, strings.ReplaceAll(r.errors[title], "\n", "\n     "))
		}
		for _, title := range r.stale {
			fmt.Fprintf(w, "\nPASS in spite of a reason: %s\n     %s\n", r.spec.path, title)
		}
		for _, title := range r.again {
			fmt.Fprintf(w, "\nPASS at the second run: %s\n     %s\n", r.spec.path, title)
		}
	}
	fmt.Fprintf(w, "\n%d of %d titles pass\n", passed, titles)
	for reason, list := range byReason(results) {
		fmt.Fprintf(w, "%d do not: %s\n", len(list), reason)
	}
	for _, l := range p.leftOut {
		fmt.Fprintf(w, "left out: %s, %d titles: %s\n", l.Folder, l.titles, l.Why)
	}
}

// byReason returns the titles that do not pass, with their spec files.
func byReason(results []result) map[string][]string {
	titles := map[string][]string{}
	for _, r := range results {
		for _, title := range r.declared {
			reason := r.spec.reasons[title]
			titles[reason] = append(titles[reason], specName(r.spec)+": "+strings.TrimSpace(title))
		}
	}
	return titles
}

// specName is how a spec file is called in tables: function/89-delay.
func specName(s spec) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s.path, "nodes/"), "core/"), "_spec.js")
}

// markdown returns the table for a page: the spec files, then the titles that do
// not pass, by their reasons.
func markdown(p *plan, results []result, version string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nSpec files of Node-RED %s:\n\n| spec file | titles | passed | not passed |\n|---|---:|---:|---|\n", version)
	passed, titles := 0, 0
	for _, r := range results {
		passed += len(r.passed)
		titles += len(r.spec.titles)
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", specName(r.spec), len(r.spec.titles), len(r.passed), cell(r.missing()))
	}
	fmt.Fprintf(&b, "| **all** | **%d** | **%d** | |\n", titles, passed)
	for _, l := range p.leftOut {
		fmt.Fprintf(&b, "\nLeft out: %s with %d titles. %s\n", path.Base(l.Folder), l.titles, l.Why)
	}
	why := byReason(results)
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		fmt.Fprintf(&b, "\n%s (%d):\n\n", reason, len(why[reason]))
		for _, title := range why[reason] {
			fmt.Fprintf(&b, "- %s\n", markdownText(title))
		}
	}
	return b.String()
}

// missing says how many titles do not pass, and why.
func (r result) missing() string {
	counts := map[string]int{}
	for _, title := range r.declared {
		counts[r.spec.reasons[title]]++
	}
	if len(r.failed) > 0 {
		counts["no reason is known"] = len(r.failed)
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d: %s", counts[reason], reason))
	}
	return strings.Join(parts, "; ")
}

// cell makes text fit into a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// markdownText returns text in which nothing is markup.
func markdownText(s string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "#", `\#`, "<", "&lt;", "`", "\\`").Replace(s)
}
