package yamljs

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	lineWidth    = 80
	minLineWidth = 40 // however deep the indentation
)

// base60 is what YAML 1.1 takes for a number: 12:30:45.
var base60 = regexp.MustCompile(`^[-+]?[0-9_]+(?::[0-9_]+)+(?:\.[0-9_]*)?$`)

// isOldBool tells whether YAML 1.1 takes s for a boolean.
func isOldBool(s string) bool {
	switch s {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return true
	}
	return false
}

// formatText writes text in the simplest style that says it: plain, in single
// quotes, as a literal or folded block, in double quotes. A key is always on
// one line.
func formatText(s string, level int, isKey bool) string {
	switch {
	case s == "":
		return "''"
	case isOldBool(s) || base60.MatchString(s):
		return "'" + s + "'"
	}
	indent := 2 * max(1, level)
	width := max(minLineWidth, lineWidth-indent)
	f := inspect(s, width)
	switch {
	case f.unprintable || (isKey && f.breaks):
		return quoteDouble(s)
	case !isKey && f.foldable:
		return ">" + blockHeader(s) + indentLines(fold(s, width), indent)
	case !isKey && f.breaks:
		return "|" + blockHeader(s) + indentLines(s, indent)
	case f.plain && !isAmbiguous(s):
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// isAmbiguous tells whether plain text would be read as something else. (js-yaml
// forgets the end of a document, three dots.)
func isAmbiguous(s string) bool {
	_, other := resolvePlain(s)
	return other || s == "<<" || s == "..." || strings.HasPrefix(s, "... ")
}

// features are what decides about the style of a text.
type features struct {
	unprintable bool // holds characters that must be escaped, line breaks aside
	breaks      bool // holds line breaks
	foldable    bool // holds a line that is too long and does not begin with a space
	plain       bool // could stand without quotes
}

func inspect(s string, width int) features {
	first, _ := utf8.DecodeRuneInString(s)
	f := features{plain: isPlainFirst(first) && !strings.HasSuffix(s, ":") && !isBlank(rune(s[len(s)-1]))}
	lineLen, moreIndented := 0, first == ' '
	endLine := func() { f.foldable = f.foldable || (lineLen > width && !moreIndented) }
	var before rune
	for i, c := range s {
		if c == '\n' {
			f.breaks = true
			endLine()
			lineLen, moreIndented = -1, strings.HasPrefix(s[i+1:], " ")
		} else if !isPrintable(c) {
			f.unprintable = true
			return f
		}
		f.plain = f.plain && isPlainInside(c, before)
		before = c
		lineLen++
		if c > 0xFFFF {
			lineLen++ // widths are in UTF-16 units
		}
	}
	endLine()
	return f
}

func isBlank(c rune) bool { return c == ' ' || c == '\t' }

// isPrintable tells whether c needs no escape: nb-char of YAML 1.2 without tab,
// next line, no-break space and the Unicode line separators.
func isPrintable(c rune) bool {
	switch {
	case c == 0x2028, c == 0x2029, c == 0xFEFF:
		return false
	}
	return (c >= 0x20 && c <= 0x7E) || (c >= 0xA1 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || c >= 0x10000
}

// isPlainFirst tells whether plain text may begin with c: js-yaml leaves out all
// indicators.
func isPlainFirst(c rune) bool {
	return isPrintable(c) && !strings.ContainsRune(" -?:,[]{}#&*!|=>'\"%@`", c)
}

// isPlainInside tells whether c may follow before in plain text: no comment and
// no mapping may begin there.
func isPlainInside(c, before rune) bool {
	switch {
	case c == '#':
		return before != 0 && !isBlank(before) && isPrintable(before)
	case !isPrintable(c):
		return false
	}
	return before != ':' || !isBlank(c)
}

// blockHeader returns what follows | or >: an indentation indicator if the text
// begins with spaces, and what is to be done with the line breaks at the end.
func blockHeader(s string) string {
	header := ""
	if strings.HasPrefix(strings.TrimLeft(s, "\n"), " ") {
		header = "2"
	}
	switch {
	case !strings.HasSuffix(s, "\n"):
		header += "-"
	case s == "\n" || strings.HasSuffix(s, "\n\n"):
		header += "+"
	}
	return header + "\n"
}

// indentLines indents all lines but empty ones, and drops a line break at the
// end.
func indentLines(s string, indent int) string {
	prefix := strings.Repeat(" ", indent)
	var out strings.Builder
	for line := range strings.SplitAfterSeq(s, "\n") {
		if line != "" && line != "\n" {
			out.WriteString(prefix)
		}
		out.WriteString(line)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// fold breaks lines that are longer than width at spaces. Where a single line
// break would be read as a space, one more is written; lines that begin with a
// space stay as they are, since YAML does not fold those.
func fold(s string, width int) string {
	var out strings.Builder
	first, rest := s, ""
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		first, rest = s[:i], s[i:]
	}
	foldLine(&out, first, width)
	wasMoreIndented := s[0] == '\n' || s[0] == ' '
	for rest != "" {
		line := strings.TrimLeft(rest, "\n")
		out.WriteString(rest[:len(rest)-len(line)])
		line, _, _ = strings.Cut(line, "\n")
		moreIndented := strings.HasPrefix(line, " ")
		if !wasMoreIndented && !moreIndented && line != "" {
			out.WriteByte('\n')
		}
		foldLine(&out, line, width)
		wasMoreIndented = moreIndented
		rest = strings.TrimLeft(rest, "\n")[len(line):]
	}
	return out.String()
}

// foldLine breaks at the last space within the width, or else at the first one
// after it.
func foldLine(out *strings.Builder, line string, width int) {
	if strings.HasPrefix(line, " ") {
		out.WriteString(line)
		return
	}
	start, last, used := 0, -1, 0 // byte positions; used is in UTF-16 units, from start to here
	usedAtLast := 0
	for i, c := range line {
		if c == ' ' && i+1 < len(line) && line[i+1] != ' ' {
			if used > width && last > start {
				out.WriteString(line[start:last] + "\n")
				start, used = last+1, used-usedAtLast-1
			}
			if used > width {
				out.WriteString(line[start:i] + "\n")
				start, used = i+1, -1
			}
			last, usedAtLast = i, used
		}
		used++
		if c > 0xFFFF {
			used++
		}
	}
	if used > width && last > start {
		out.WriteString(line[start:last] + "\n" + line[last+1:])
		return
	}
	out.WriteString(line[start:])
}

// quoteDouble writes text with escapes.
func quoteDouble(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range s {
		switch {
		case escapes[c] != "":
			out.WriteString(escapes[c])
		case isPrintable(c):
			out.WriteRune(c)
		case c <= 0xFF:
			fmt.Fprintf(&out, `\x%02X`, c)
		default:
			fmt.Fprintf(&out, `\u%04X`, c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

var escapes = map[rune]string{
	0: `\0`, '\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`, 0x1B: `\e`,
	'"': `\"`, '\\': `\\`, 0x85: `\N`, 0xA0: `\_`, 0x2028: `\L`, 0x2029: `\P`,
}
