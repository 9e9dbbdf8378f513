package flowtests

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// slow is how long a test takes for the report to say so.
const slow = time.Second

// WriteText prints results for people: a line for each file whose tests have
// passed, what was expected and got for each test that has not, and a sum.
// Verbose prints a line for each test.
func WriteText(w io.Writer, results []Result, verbose bool) error {
	var b strings.Builder
	passed, failed := 0, 0
	for len(results) > 0 {
		file, n := results[0].File, 0
		good := 0
		for n < len(results) && results[n].File == file {
			r := results[n]
			n++
			switch {
			case r.Failure != nil:
				failed++
				fmt.Fprintf(&b, "FAIL  %s: %s%s\n%s", file, r.Test.Name, took(r.Took), indent(r.Failure.Details(), "      "))
			case verbose:
				passed++
				fmt.Fprintf(&b, "ok    %s: %s%s\n", file, r.Test.Name, took(r.Took))
			default:
				good++
			}
		}
		if good > 0 {
			fmt.Fprintf(&b, "ok    %s: %s\n", file, count(good, "test"))
		}
		passed += good
		results = results[n:]
	}
	if failed > 0 {
		fmt.Fprintf(&b, "%s passed, %d failed\n", count(passed, "test"), failed)
	} else {
		fmt.Fprintf(&b, "%s passed\n", count(passed, "test"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func took(d time.Duration) string {
	if d < slow {
		return ""
	}
	return fmt.Sprintf(" (%v)", d.Round(100*time.Millisecond))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(by + line)
	}
	return b.String()
}

// Details returns the failure as lines: where and what, then what was expected
// and got side by side, then what the nodes reported.
func (f *Failure) Details() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", f.Pos, f.Text)
	b.WriteString(sideBySide(f.Rows))
	for _, note := range f.Notes {
		fmt.Fprintf(&b, "  note: %s\n", note)
	}
	return b.String()
}

// columnWidth is how wide a column may be before its rows are printed below each
// other.
const columnWidth = 46

// sideBySide prints rows as two columns; ≠ marks those that differ.
func sideBySide(rows []Row) string {
	if len(rows) == 0 {
		return ""
	}
	width := utf8.RuneCountInString("expected")
	for _, r := range rows {
		if n := utf8.RuneCountInString(r.left()); n <= columnWidth {
			width = max(width, n)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    %-*s  got\n", width, "expected")
	for _, r := range rows {
		mark := " "
		if r.Differs {
			mark = "≠"
		}
		left, right := r.left(), r.right()
		switch {
		case utf8.RuneCountInString(left) > width:
			fmt.Fprintf(&b, "  %s %s\n    %*s  %s\n", mark, left, width, "", right)
		default:
			b.WriteString(strings.TrimRight(fmt.Sprintf("  %s %-*s  %s", mark, width, left, right), " ") + "\n")
		}
	}
	return b.String()
}

func (r Row) left() string  { return r.cell(r.Want) }
func (r Row) right() string { return r.cell(r.Got) }

func (r Row) cell(value string) string {
	switch {
	case value == "" && r.Path != "":
		return ""
	case r.Path == "":
		return value
	}
	return r.Path + ": " + value
}
