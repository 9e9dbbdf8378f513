package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// table prints rows in columns that are as wide as need be. The cells of a column
// whose heading starts with > stand at its right.
type table struct {
	headings []string
	rows     [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer) error {
	all := append([][]string{t.headings}, t.rows...)
	right, width := make([]bool, len(t.headings)), make([]int, len(t.headings))
	for i, heading := range t.headings {
		t.headings[i], right[i] = strings.CutPrefix(heading, ">")
		for _, row := range all {
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch {
			case right[i]:
				line.WriteString(pad + cell + "  ")
			default:
				line.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sizeText prints a number of bytes: "512 B", "1.5 kB", "20 MB".
func sizeText(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f B", n)
	}
	units := []string{"kB", "MB", "GB", "TB"}
	at := -1
	for n >= 999.5 && at < len(units)-1 {
		n /= 1000
		at++
	}
	if n < 9.95 {
		return fmt.Sprintf("%.1f %s", n, units[at])
	}
	return fmt.Sprintf("%.0f %s", n, units[at])
}

// durationText prints a time in seconds with its two largest units: "0.4s",
// "12s", "3m05s", "2h10m", "5d03h".
func durationText(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// oneLine makes a text from outside safe to print in a line: it neither steers a
// terminal nor starts another line.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
