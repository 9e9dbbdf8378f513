package flowfile

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// Style is how flows are written as YAML.
type Style int

// The styles.
const (
	Plain  Style = iota // the structure of the JSON file
	ByHand              // the form that is pleasant to write, see the package comment
)

// YAML prints the flows as YAML. Plain loses nothing that [Flows.JSON] keeps.
// ByHand puts nodes under their flow and so loses the order between nodes of
// different flows; a flow without a tab gets one. Flows that the hand form
// cannot say (an id stands twice) are printed plain.
func (f *Flows) YAML(style Style) []byte {
	if style == ByHand {
		if t := f.handTree(); t != nil {
			return appendYAML(nil, t)
		}
	}
	return appendYAML(nil, treeOf(f.value()))
}

func appendYAML(b []byte, t *tree) []byte {
	p := yamlPrinter{b: b}
	if t.isBlock() {
		p.block(t, 0)
	} else {
		p.scalar(t, 1, "")
	}
	return p.b
}

// maxInline is how long a list on one line may be.
const maxInline = 80

// isBlock tells whether t is printed over several lines: a list or object that
// is not empty, but for short lists of simple values.
func (t *tree) isBlock() bool {
	switch t.kind {
	case object:
		return len(t.pairs) > 0
	case list:
		return !t.isSimple() || len(inlineYAML(t)) > maxInline
	}
	return false
}

// isSimple tells whether there is no object in t, nor text of several lines.
func (t *tree) isSimple() bool {
	switch t.kind {
	case object:
		return len(t.pairs) == 0
	case list:
		for _, item := range t.items {
			if !item.isSimple() || commentsOf(item.origin) != (comments{}) {
				return false
			}
		}
		return true
	}
	s, _ := t.value.(string)
	return !strings.Contains(s, "\n")
}

func inlineYAML(t *tree) string {
	switch t.kind {
	case object:
		return "{}"
	case list:
		items := make([]string, len(t.items))
		for i, item := range t.items {
			items[i] = inlineYAML(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	if s, ok := t.value.(string); ok {
		return quoteYAML(s)
	}
	return flow.JSON(t.value)
}

type yamlPrinter struct {
	b       []byte
	endsGap bool // the last line is a comment that belongs to what is before it
}

func (p *yamlPrinter) indent(depth int) {
	p.b = append(p.b, bytes.Repeat([]byte("  "), depth)...)
}

// next begins the line of a member other than the first.
func (p *yamlPrinter) next(depth int) {
	if p.endsGap {
		p.b = append(p.b, '\n')
		p.endsGap = false
	}
	p.indent(depth)
}

// block prints a list or object; the first line is indented already.
func (p *yamlPrinter) block(t *tree, depth int) {
	for i, item := range t.items {
		if i > 0 {
			p.next(depth)
		}
		c := commentsOf(item.origin)
		p.head(c.head, depth)
		p.b = append(p.b, '-')
		switch {
		case !item.isBlock():
			p.b = append(p.b, ' ')
			p.scalar(item, depth+1, c.line)
		case c.line != "" || item.startsWithComment():
			p.b = append(p.b, '\n')
			p.indent(depth + 1)
			p.head(c.line, depth+1)
			p.block(item, depth+1)
		default:
			p.b = append(p.b, ' ')
			p.block(item, depth+1)
		}
		p.foot(c.foot, depth)
	}
	for i, pair := range t.pairs {
		if i > 0 {
			p.next(depth)
		}
		c := commentsOf(pair.origin).and(commentsOf(pair.value.origin))
		p.head(c.head, depth)
		p.key(pair.key, depth)
		if pair.value.isBlock() {
			p.lineEnd(c.line)
			p.indent(depth + 1)
			p.block(pair.value, depth+1)
		} else {
			p.b = append(p.b, ' ')
			p.scalar(pair.value, depth+1, c.line)
		}
		p.foot(c.foot, depth)
	}
}

// key prints a property name. YAML takes no more than 1024 characters for one
// without a question mark before it.
func (p *yamlPrinter) key(key string, depth int) {
	text := quoteYAML(key)
	if len(text) < 1000 {
		p.b = append(append(p.b, text...), ':')
		return
	}
	p.b = append(append(append(p.b, "? "...), text...), '\n')
	p.indent(depth)
	p.b = append(p.b, ':')
}

// scalar prints what is not a block, with a comment and a line end. Text of
// several lines becomes a literal block where that can say it.
func (p *yamlPrinter) scalar(t *tree, depth int, comment string) {
	s, _ := t.value.(string)
	if !isLiteral(s) {
		text := s
		if !variable.MatchString(s) {
			text = inlineYAML(t)
		}
		p.b = append(p.b, text...)
		p.lineEnd(comment)
		return
	}
	body := strings.TrimSuffix(s, "\n")
	p.b = append(p.b, '|')
	switch {
	case body == s:
		p.b = append(p.b, '-')
	case strings.HasSuffix(body, "\n"):
		p.b = append(p.b, '+')
	}
	p.lineEnd(comment)
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			p.indent(depth)
			p.b = append(p.b, line...)
		}
		p.b = append(p.b, '\n')
	}
}

// isLiteral tells whether s can be a literal block (YAML 1.2, 8.1.2) without an
// indentation indicator.
func isLiteral(s string) bool {
	if !strings.Contains(s, "\n") || strings.ContainsRune(" \t\n", rune(s[0])) {
		return false
	}
	for _, r := range s {
		if r != '\n' && r != '\t' && !isPrintable(r) {
			return false
		}
	}
	return true
}

// isPrintable tells whether YAML takes r as it is, and not as a line end.
func isPrintable(r rune) bool {
	switch r {
	case utf8.RuneError, 0x85, 0xA0, 0x2028, 0x2029, 0xFEFF:
		return false
	}
	return r == ' ' || unicode.IsPrint(r)
}

// plainYAML is text that needs no quotes, also within a list on one line. It is
// stricter than YAML.
var plainYAML = regexp.MustCompile(`^[\pL_/$][\pL\pN_/$+()=.<;-]*( [\pL\pN_/$+()=.<;-]+)*$`)

// variable needs no quotes outside of lists on one line.
var variable = regexp.MustCompile(`^\$\{[\w.-]+\}$`)

// legacyBool has words that other programs, by YAML 1.1, take for true and false.
var legacyBool = regexp.MustCompile(`(?i)^(yes|no|on|off)$`)

// quoteYAML returns s as it stands in YAML, without quotes if they are not
// needed.
func quoteYAML(s string) string {
	if plainYAML.MatchString(s) && plainValue(s) == s && !legacyBool.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case isPrintable(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			b.WriteString(`\U` + hexOf(r, 8))
		default:
			b.WriteString(`\u` + hexOf(r, 4))
		}
	}
	b.WriteByte('"')
	return b.String()
}

func hexOf(r rune, width int) string {
	digits := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", width-len(digits)) + digits
}
