package jsonnode

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// syntaxErrorText says what is wrong with the text in the words of Node.js 20,
// which flows look for. The error is what flow.ParseJSON said; it stands if this
// reading of the text finds nothing wrong.
func syntaxErrorText(text []byte, err error) string {
	r := syntaxReader{text: utf16.Encode([]rune(string(text)))}
	r.value(0)
	if r.space(); r.fault == "" && r.pos < len(r.text) {
		r.failAt("Unexpected non-whitespace character after JSON")
	}
	if r.fault != "" {
		return r.fault
	}
	return err.Error()
}

// syntaxReader reads JSON text up to the first fault. Positions count UTF-16
// units.
type syntaxReader struct {
	text  []uint16
	pos   int
	fault string
}

// maxNesting bounds the recursion as flow.ParseJSON does.
const maxNesting = 10_000

func (r *syntaxReader) peek() uint16 {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *syntaxReader) space() {
	for r.pos < len(r.text) && strings.ContainsRune(" \t\r\n", rune(r.text[r.pos])) {
		r.pos++
	}
}

func (r *syntaxReader) failAt(what string) {
	if r.fault == "" {
		r.fault = fmt.Sprintf("%s in JSON at position %d", what, r.pos)
		if strings.HasSuffix(what, " after JSON") {
			r.fault = fmt.Sprintf("%s at position %d", what, r.pos)
		}
	}
}

// contextLen is how much of the text is quoted on each side of a token.
const contextLen = 10

// unexpected says that no value can begin or go on here.
func (r *syntaxReader) unexpected() {
	if r.fault != "" {
		return
	}
	if r.pos >= len(r.text) {
		r.fault = "Unexpected end of JSON input"
		return
	}
	whole := text16(r.text)
	switch whole {
	case "NaN", "Infinity", "undefined", "[object Object]":
		r.fault = fmt.Sprintf(`"%s" is not valid JSON`, whole)
		return
	}
	switch c := r.text[r.pos]; {
	case c >= '0' && c <= '9' || c == '-':
		r.failAt("Unexpected number")
		return
	case c == '"':
		r.failAt("Unexpected string")
		return
	}
	from, to := 0, len(r.text)
	before, after := "", ""
	if len(r.text) > 2*contextLen {
		if r.pos >= contextLen {
			from, before = r.pos-contextLen, "..."
		}
		if r.pos < len(r.text)-contextLen {
			to, after = r.pos+contextLen, "..."
		}
	}
	r.fault = fmt.Sprintf(`Unexpected token '%s', %s"%s"%s is not valid JSON`,
		text16(r.text[r.pos:r.pos+1]), before, text16(r.text[from:to]), after)
}

func text16(units []uint16) string { return string(utf16.Decode(units)) }

func (r *syntaxReader) value(depth int) {
	r.space()
	switch c := r.peek(); {
	case depth > maxNesting:
		r.fault = fmt.Sprintf("JSON text is nested more than %d levels deep", maxNesting)
	case c == '{':
		r.object(depth)
	case c == '[':
		r.array(depth)
	case c == '"':
		r.stringLiteral()
	case c == '-' || (c >= '0' && c <= '9'):
		r.number()
	case c == 't':
		r.word("true")
	case c == 'f':
		r.word("false")
	case c == 'n':
		r.word("null")
	default:
		r.unexpected()
	}
}

func (r *syntaxReader) word(w string) {
	for i := range len(w) {
		if r.peek() != uint16(w[i]) {
			r.unexpected()
			return
		}
		r.pos++
	}
}

func (r *syntaxReader) object(depth int) {
	r.pos++
	r.space()
	if r.peek() == '}' {
		r.pos++
		return
	}
	missing := "Expected property name or '}'"
	for first := true; r.fault == ""; first = false {
		if r.peek() != '"' {
			r.failAt(missing)
			return
		}
		missing = "Expected double-quoted property name"
		r.stringLiteral()
		if r.space(); r.peek() != ':' {
			if first {
				r.failAt("Expected ':' after property name")
			}
			r.unexpected()
			return
		}
		r.pos++
		r.value(depth + 1)
		if !r.next('}', "Expected ',' or '}' after property value") {
			return
		}
	}
}

func (r *syntaxReader) array(depth int) {
	r.pos++
	r.space()
	if r.peek() == ']' {
		r.pos++
		return
	}
	for r.fault == "" {
		r.value(depth + 1)
		if !r.next(']', "Expected ',' or ']' after array element") {
			return
		}
	}
}

// next reads the comma before one more entry, or the bracket that closes.
func (r *syntaxReader) next(closing uint16, missing string) bool {
	r.space()
	switch r.peek() {
	case ',':
		r.pos++
		r.space()
		return r.fault == ""
	case closing:
		r.pos++
		return false
	}
	r.failAt(missing)
	return false
}

func (r *syntaxReader) stringLiteral() {
	for r.pos++; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; {
		case c == '"':
			r.pos++
			return
		case c < ' ':
			r.failAt("Bad control character in string literal")
			return
		case c == '\\':
			if !r.escape() {
				return
			}
		}
	}
	r.failAt("Unterminated string")
}

// escape reads an escape sequence up to its last character.
func (r *syntaxReader) escape() bool {
	r.pos++
	switch c := r.peek(); {
	case r.pos >= len(r.text):
		r.unexpected()
		return false
	case c == 'u':
		for range 4 {
			r.pos++
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(r.peek())) || r.pos >= len(r.text) {
				r.failAt("Bad Unicode escape")
				return false
			}
		}
	case !strings.ContainsRune(`"\/bfnrt`, rune(c)):
		r.failAt("Bad escaped character")
		return false
	}
	return true
}

func (r *syntaxReader) number() {
	if r.peek() == '-' {
		r.pos++
	}
	switch start := r.pos; {
	case r.peek() == '0':
		r.pos++
		if c := r.peek(); c >= '0' && c <= '9' {
			r.unexpected()
			return
		}
	case r.digits() == start:
		r.failAt("No number after minus sign")
		return
	}
	if r.peek() == '.' {
		r.pos++
		if start := r.pos; r.digits() == start {
			r.failAt("Unterminated fractional number")
			return
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.pos++
		if c := r.peek(); c == '+' || c == '-' {
			r.pos++
		}
		if start := r.pos; r.digits() == start {
			r.failAt("Exponent part is missing a number")
		}
	}
}

// digits reads digits and returns the position after them.
func (r *syntaxReader) digits() int {
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.pos++
	}
	return r.pos
}
