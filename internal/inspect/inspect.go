// Package inspect prints values as util.inspect of Node.js does, which is how
// Node-RED shows them in the log and in status badges.
package inspect

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// DefaultDepth is how deep util.inspect looks into objects if nobody says.
const DefaultDepth = 2

// The limits of util.inspect in Node.js.
const (
	lineLength   = 80
	maxItems     = 100 // of a list
	maxBytes     = 50  // of a Buffer
	innerLevels  = 3   // levels of objects that may share a line
	groupedItems = 6   // more items of a list than this stand in columns
	maxColumns   = 12
)

// Value prints a value down to a depth.
func Value(v flow.Value, depth int) string {
	return (&inspector{depth: depth}).value(v, 0, 0)
}

type inspector struct {
	depth   int
	deepest int // level of the object printed last
}

func (p *inspector) value(v flow.Value, level, indent int) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case float64:
		if v == 0 && math.Signbit(v) {
			return "-0"
		}
		return flow.Text(v)
	case flow.Buffer:
		text := "<Buffer"
		for _, c := range v[:min(len(v), maxBytes)] {
			text += fmt.Sprintf(" %02x", c)
		}
		if more := len(v) - maxBytes; more > 0 {
			text += fmt.Sprintf(" ... %d more byte%s", more, plural(more))
		}
		return text + ">"
	case flow.Array:
		return p.list(v, level, indent)
	case *flow.Object:
		return p.object(v, level, indent)
	case *jsregexp.Regexp:
		return "/" + v.String() + "/"
	}
	return flow.Text(v)
}

func (p *inspector) list(list flow.Array, level, indent int) string {
	if len(list) == 0 {
		return "[]"
	}
	if level > p.depth {
		return "[Array]"
	}
	p.deepest = level
	var parts []string
	numbers := true
	for _, item := range list[:min(len(list), maxItems)] {
		_, isNumber := item.(float64)
		numbers = numbers && isNumber
		parts = append(parts, p.value(item, level+1, indent+2))
	}
	lines := parts
	if len(parts) > groupedItems {
		lines = columns(parts, indent, numbers)
	}
	grouped := len(lines) != len(parts)
	if more := len(list) - maxItems; more > 0 {
		lines = append(lines, fmt.Sprintf("... %d more item%s", more, plural(more)))
	}
	return p.join("[", lines, "]", level, indent, grouped)
}

func (p *inspector) object(o *flow.Object, level, indent int) string {
	if o.Len() == 0 {
		return "{}"
	}
	if level > p.depth {
		return "[Object]"
	}
	p.deepest = level
	var parts []string
	for key, v := range o.All() {
		if !isIdentifier(key) {
			key = quote(key)
		}
		parts = append(parts, key+": "+p.value(v, level+1, indent+2))
	}
	return p.join("{", parts, "}", level, indent, false)
}

// join puts the parts on one line if they are short and not too deep inside.
func (p *inspector) join(open string, parts []string, end string, level, indent int, grouped bool) string {
	if p.deepest-level < innerLevels && !grouped {
		line := strings.Join(parts, ", ")
		length := 2*len(parts) + indent + len(open) + 10
		for _, part := range parts {
			length += utf8.RuneCountInString(part)
		}
		if length <= lineLength && !strings.Contains(line, "\n") {
			return open + " " + line + " " + end
		}
	}
	newLine := "\n" + strings.Repeat(" ", indent)
	return open + newLine + "  " + strings.Join(parts, ","+newLine+"  ") + newLine + end
}

// columns puts the items of a list into columns if they are of similar length
// (groupArrayElements of Node.js).
func columns(items []string, indent int, numbers bool) []string {
	total, longest := 0, 0
	for _, item := range items {
		n := utf8.RuneCountInString(item)
		total += n + 2
		longest = max(longest, n)
	}
	width := longest + 2
	if width*3+indent >= lineLength || (float64(total)/float64(width) <= 5 && longest > 6) {
		return items
	}
	biased := max(float64(width)-3-math.Sqrt(float64(width)-float64(total)/float64(len(items))), 1)
	n := min(int(math.Round(math.Sqrt(2.5*biased*float64(len(items)))/biased)), (lineLength-indent)/width, maxColumns)
	if n <= 1 {
		return items
	}
	widths := make([]int, n)
	for i, item := range items {
		widths[i%n] = max(widths[i%n], utf8.RuneCountInString(item))
	}
	var lines []string
	for start := 0; start < len(items); start += n {
		var line strings.Builder
		row := items[start:min(start+n, len(items))]
		for i, item := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(item))
			last := i == len(row)-1
			switch {
			case numbers && last:
				line.WriteString(space + item)
			case numbers:
				line.WriteString(space + item + ", ")
			case last:
				line.WriteString(item)
			default:
				line.WriteString(item + ", " + space)
			}
		}
		lines = append(lines, line.String())
	}
	return lines
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func isIdentifier(key string) bool {
	for i, c := range []byte(key) {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return key != ""
}

// quote puts text in the quotes it does not contain, single ones first.
func quote(s string) string {
	mark := "'"
	if strings.Contains(s, mark) {
		switch {
		case !strings.Contains(s, `"`):
			mark = `"`
		case !strings.Contains(s, "`") && !strings.Contains(s, "${"):
			mark = "`"
		}
	}
	var out strings.Builder
	out.WriteString(mark)
	for _, r := range s {
		switch {
		case strings.ContainsRune("\b\t\n\f\r", r):
			out.WriteString(map[rune]string{'\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`}[r])
		case r < ' ' || (r >= 0x7F && r < 0xA0):
			fmt.Fprintf(&out, `\x%02X`, r)
		case r == '\\' || string(r) == "'" && mark == "'":
			out.WriteString(`\` + string(r))
		default:
			out.WriteRune(r)
		}
	}
	return out.String() + mark
}
