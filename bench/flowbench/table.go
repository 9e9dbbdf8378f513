package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// shown returns the headings and cells of the rows, without columns that are
// empty in all of them.
func shown(rows []row) (headings []string, cells [][]string) {
	all := make([][]string, len(rows))
	for i, r := range rows {
		all[i] = r.cells()
	}
	cells = make([][]string, len(rows))
	for c, heading := range columns() {
		empty := true
		for _, line := range all {
			empty = empty && line[c] == ""
		}
		if empty {
			continue
		}
		headings = append(headings, heading)
		for i, line := range all {
			cells[i] = append(cells[i], line[c])
		}
	}
	return headings, cells
}

// writeText writes the table for a terminal.
func writeText(w io.Writer, rows []row) error {
	headings, cells := shown(rows)
	widths := make([]int, len(headings))
	for _, line := range append([][]string{headings}, cells...) {
		for c, text := range line {
			widths[c] = max(widths[c], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	for _, line := range append([][]string{headings}, cells...) {
		var padded strings.Builder
		for c, text := range line {
			padded.WriteString(text + strings.Repeat(" ", widths[c]-utf8.RuneCountInString(text)+2))
		}
		b.WriteString(strings.TrimRight(padded.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown returns the table for a page.
func markdown(rows []row) string {
	headings, cells := shown(rows)
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(headings, " | "), strings.Repeat("---|", len(headings)))
	for _, line := range cells {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
	}
	return b.String()
}
