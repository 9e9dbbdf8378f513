package flowfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// maxSyntaxErrors is how many are reported before the rest of a file is left
// unread: after that many, further ones are mostly consequences.
const maxSyntaxErrors = 20

// scanJSON reads JSON text (RFC 8259). It goes on after an error, so that all
// of them are found. The tree is nil if there is none.
func scanJSON(file, text string) (*tree, Problems) {
	s := &jsonScanner{file: file, src: text, here: place{1, 1}, open: map[byte]int{}}
	s.space()
	if s.pos == len(s.src) {
		s.fail("the file is empty", "an empty deployment is []")
		return nil, s.problems
	}
	t := s.value(0)
	if s.space(); s.pos < len(s.src) {
		s.fail("unexpected "+s.next()+" after the end of the flows", "remove what follows")
	}
	return t, s.problems
}

type jsonScanner struct {
	file     string
	src      string
	pos      int
	mark     int          // the offset of here
	here     place        // of the last place asked for
	open     map[byte]int // how many lists and objects are open, by what closes them
	problems Problems
	gaveUp   bool
}

// place returns where the scanner stands. It counts on from the last place, so
// that a file that is one long line costs no more than others.
func (s *jsonScanner) place() place {
	passed := s.src[s.mark:s.pos]
	if i := strings.LastIndexByte(passed, '\n'); i >= 0 {
		s.here.line += int32(strings.Count(passed, "\n"))
		s.here.column = 1
		passed = passed[i+1:]
	}
	s.here.column += int32(utf8.RuneCountInString(passed))
	s.mark = s.pos
	return s.here
}

func (s *jsonScanner) fail(text, hint string) { s.failAt(s.place(), text, hint) }

func (s *jsonScanner) failAt(at place, text, hint string) {
	pos := at.in(s.file)
	if n := len(s.problems); s.gaveUp || n > 0 && s.problems[n-1].Pos == pos {
		return // what else is wrong in the same place is a consequence
	}
	s.problems = append(s.problems, Problem{Pos: pos, Text: text, Hint: hint})
	if len(s.problems) == maxSyntaxErrors {
		s.giveUp()
	}
}

// giveUp ends the scan: everything looks like the end of the file from now on.
func (s *jsonScanner) giveUp() {
	s.gaveUp = true
	s.pos = len(s.src)
}

// peek returns the next byte, 0 at the end.
func (s *jsonScanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// next describes what comes next, for an error text.
func (s *jsonScanner) next() string {
	if s.pos >= len(s.src) {
		return "end of the file"
	}
	if n := wordLength(s.src[s.pos:]); n > 0 {
		return shorten(s.src[s.pos : s.pos+n])
	}
	r, _ := utf8.DecodeRuneInString(s.src[s.pos:])
	if r == '"' {
		return "text"
	}
	if !unicode.IsPrint(r) {
		return fmt.Sprintf("%U", r)
	}
	return string(r)
}

// space skips white space, and comments with a complaint.
func (s *jsonScanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
			continue
		case '/':
			rest := s.src[s.pos:]
			end := ""
			if strings.HasPrefix(rest, "//") {
				end = "\n"
			} else if strings.HasPrefix(rest, "/*") {
				end = "*/"
			}
			if end != "" {
				s.fail("JSON has no comments", "remove it, or write the flows as YAML")
				if n := strings.Index(rest, end); n >= 0 && !s.gaveUp {
					s.pos += n + len(end)
				} else {
					s.pos = len(s.src)
				}
				continue
			}
		}
		return
	}
}

// value reads one value; something must stand there.
func (s *jsonScanner) value(depth int) *tree {
	t := &tree{place: s.place()}
	if depth > maxDepth {
		s.fail(fmt.Sprintf("nested more than %d levels deep", maxDepth), "this can hardly be a flow file")
		s.giveUp()
		return t
	}
	switch c := s.peek(); {
	case c == '{':
		s.object(t, depth)
	case c == '[':
		s.list(t, depth)
	case c == '"':
		t.text = s.string()
		t.value = t.text
	default:
		s.word(t)
	}
	return t
}

func (s *jsonScanner) object(t *tree, depth int) {
	t.kind = object
	s.open['}']++
	defer func() { s.open['}']-- }()
	for s.pos++; s.member(t.place, '}', len(t.pairs) > 0); {
		p := pair{place: s.place()}
		switch {
		case s.peek() == '"':
			p.key = s.string()
		case s.peek() == '\'':
			p.key = s.singleQuoted()
		case wordLength(s.src[s.pos:]) > 0:
			n := wordLength(s.src[s.pos:])
			p.key = s.src[s.pos : s.pos+n]
			s.fail("the property name "+shorten(p.key)+" has no quotes", "put it in double quotes")
			s.skip(n)
		default:
			s.fail("unexpected "+s.next()+" instead of a property name", "")
			s.value(depth + 1)
			continue
		}
		if s.space(); s.peek() == ':' {
			s.pos++
			s.space()
		} else {
			s.fail(fmt.Sprintf("a colon is missing after %q", shorten(p.key)), "")
		}
		if c := s.peek(); c == '}' || c == ']' || c == ',' || s.pos == len(s.src) {
			s.fail(fmt.Sprintf("unexpected %s, a value is missing after %q:", s.next(), shorten(p.key)), "")
			p.value = &tree{value: flow.Null{}, place: s.here}
		} else {
			p.value = s.value(depth + 1)
		}
		t.pairs = append(t.pairs, p)
	}
}

func (s *jsonScanner) list(t *tree, depth int) {
	t.kind = list
	s.open[']']++
	defer func() { s.open[']']-- }()
	for s.pos++; s.member(t.place, ']', len(t.items) > 0); {
		t.items = append(t.items, s.value(depth+1))
	}
}

// member goes to the next member of a list or object that was opened at a
// place and ends with the byte given, and tells whether there is one.
func (s *jsonScanner) member(opened place, end byte, comma bool) bool {
	s.space()
	if comma && s.peek() == ',' {
		at := s.place()
		s.pos++
		if s.space(); s.peek() == end {
			s.failAt(at, "a comma after the last entry", "remove it")
		}
		comma = false
	}
	for s.peek() == ',' {
		s.fail("unexpected comma, a value is missing before it", "")
		s.skip(1)
		s.space()
	}
	switch c := s.peek(); {
	case s.pos == len(s.src):
		s.failAt(opened, fmt.Sprintf("the %c is never closed", opener(end)), fmt.Sprintf("add the missing %c", end))
		return false
	case c == end:
		s.pos++
		return false
	case c == '}' || c == ']':
		s.fail(fmt.Sprintf("unexpected %c, the %c of line %d ends with %c", c, opener(end), opened.line, end), "")
		if s.open[c] > 0 {
			return false // it closes what is around
		}
		s.skip(1)
		return s.member(opened, end, comma)
	case comma:
		s.fail("a comma is missing before "+s.next(), "")
	}
	return true
}

func opener(end byte) byte {
	if end == '}' {
		return '{'
	}
	return '['
}

// word reads what is no text, list or object: a number, true, false, null, or
// something that JSON does not have.
func (s *jsonScanner) word(t *tree) {
	rest := s.src[s.pos:]
	t.text = rest[:wordLength(rest)]
	t.value = flow.Null{}
	switch {
	case t.text == "true" || t.text == "false":
		t.value = t.text == "true"
	case t.text == "null":
	case isJSONNumber(t.text):
		f, _ := strconv.ParseFloat(t.text, 64)
		if math.IsInf(f, 0) {
			s.fail("the number "+shorten(t.text)+" is too large", "")
		}
		t.value = f
	case s.peek() == '\'':
		t.text = s.singleQuoted()
		return
	case t.text != "":
		s.fail("unexpected "+shorten(t.text), "a value is text in double quotes, a number, true, false, null, {…} or […]")
	default:
		s.fail("unexpected "+s.next(), "a value is text in double quotes, a number, true, false, null, {…} or […]")
		_, n := utf8.DecodeRuneInString(rest)
		t.text = rest[:n]
	}
	s.skip(len(t.text))
}

// singleQuoted skips text in single quotes, with a complaint, and returns it.
func (s *jsonScanner) singleQuoted() string {
	rest := s.src[s.pos+1:]
	s.fail("text in single quotes", "JSON wants double quotes")
	n := strings.IndexAny(rest, "'\n")
	if n < 0 || rest[n] == '\n' {
		s.skip(1)
		return ""
	}
	s.skip(n + 2)
	return rest[:n]
}

// wordLength returns how many bytes at the start of text look like one word or
// number.
func wordLength(text string) int {
	n := strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`{}[],:"'/`, r)
	})
	if n < 0 {
		return len(text)
	}
	return n
}

// isJSONNumber follows the grammar of RFC 8259, section 6.
func isJSONNumber(text string) bool {
	digits := func() bool {
		n := len(text) - len(strings.TrimLeft(text, "0123456789"))
		text = text[n:]
		return n > 0
	}
	text = strings.TrimPrefix(text, "-")
	if strings.HasPrefix(text, "0") {
		text = text[1:]
	} else if !digits() {
		return false
	}
	if strings.HasPrefix(text, ".") {
		if text = text[1:]; !digits() {
			return false
		}
	}
	if strings.HasPrefix(text, "e") || strings.HasPrefix(text, "E") {
		text = text[1:]
		if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
			text = text[1:]
		}
		return digits() && text == ""
	}
	return text == ""
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:37]) + "…"
	}
	return s
}
