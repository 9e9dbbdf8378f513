package jsonata

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenVariable
	tokenOperator
	tokenString
	tokenNumber
	tokenValue // true, false, null
	tokenRegexp
)

// token is one token of an expression. Its position is the offset after it, as
// in the reference implementation's errors.
type token struct {
	kind  tokenKind
	text  string
	value flow.Value // of tokenNumber and tokenValue
	re    *jsregexp.Regexp
	pos   int
}

// lexer cuts an expression into tokens.
type lexer struct {
	src string
	pos int
}

const (
	spaces       = " \t\n\r\v"
	singleOps    = ".[]{}(),@#;:?+-*/%|=<>^&!~"
	nameEnd      = spaces + singleOps
	simpleEscape = `"\/bfnrt`
	escaped      = "\"\\/\b\f\n\r\t"
)

var doubleOps = []string{"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"}

// next returns the next token. A slash begins a regular expression, unless an
// operand stands before it.
func (l *lexer) next(afterOperand bool) (token, error) {
	if err := l.skipSpace(); err != nil {
		return token{}, err
	}
	if l.pos >= len(l.src) {
		return token{kind: tokenEnd, pos: len(l.src)}, nil
	}
	c := l.src[l.pos]
	if c == '/' && !afterOperand {
		l.pos++
		return l.regexp()
	}
	for _, op := range doubleOps {
		if strings.HasPrefix(l.src[l.pos:], op) {
			l.pos += 2
			return token{kind: tokenOperator, text: op, pos: l.pos}, nil
		}
	}
	switch {
	case strings.IndexByte(singleOps, c) >= 0:
		l.pos++
		return token{kind: tokenOperator, text: l.src[l.pos-1 : l.pos], pos: l.pos}, nil
	case c == '"' || c == '\'':
		return l.str(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		end := strings.IndexByte(l.src[l.pos+1:], '`')
		if end < 0 {
			return token{}, newError("S0105", nil).at(len(l.src), "")
		}
		name := l.src[l.pos+1 : l.pos+1+end]
		l.pos += end + 2
		return token{kind: tokenName, text: name, pos: l.pos}, nil
	}
	return l.name(), nil
}

// skipSpace skips white space and comments.
func (l *lexer) skipSpace() error {
	for {
		for l.pos < len(l.src) && strings.IndexByte(spaces, l.src[l.pos]) >= 0 {
			l.pos++
		}
		if !strings.HasPrefix(l.src[l.pos:], "/*") {
			return nil
		}
		end := strings.Index(l.src[l.pos+2:], "*/")
		if end < 0 {
			return newError("S0106", nil).at(l.pos, "")
		}
		l.pos += end + 4
	}
}

func (l *lexer) name() token {
	end := strings.IndexAny(l.src[l.pos:], nameEnd)
	if end < 0 {
		end = len(l.src) - l.pos
	}
	name := l.src[l.pos : l.pos+end]
	l.pos += end
	t := token{kind: tokenName, text: name, pos: l.pos}
	if rest, ok := strings.CutPrefix(name, "$"); ok {
		t.kind, t.text = tokenVariable, rest
		return t
	}
	switch name {
	case "and", "or", "in":
		t.kind = tokenOperator
	case "true", "false":
		t.kind, t.value = tokenValue, name == "true"
	case "null":
		t.kind, t.value = tokenValue, flow.Null{}
	}
	return t
}

// number reads a number as JSON writes it, without a sign.
func (l *lexer) number() (token, error) {
	start := l.pos
	digits := func() bool {
		from := l.pos
		for l.pos < len(l.src) && l.src[l.pos] >= '0' && l.src[l.pos] <= '9' {
			l.pos++
		}
		return l.pos > from
	}
	if l.src[l.pos] == '0' {
		l.pos++
	} else {
		digits()
	}
	if mark := l.pos; l.pos < len(l.src) && l.src[l.pos] == '.' {
		if l.pos++; !digits() {
			l.pos = mark
		}
	}
	if mark := l.pos; l.pos < len(l.src) && (l.src[l.pos] == 'e' || l.src[l.pos] == 'E') {
		l.pos++
		if l.pos < len(l.src) && (l.src[l.pos] == '+' || l.src[l.pos] == '-') {
			l.pos++
		}
		if !digits() {
			l.pos = mark
		}
	}
	text := l.src[start:l.pos]
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && math.IsInf(n, 0) {
		return token{}, newError("S0102", nil).at(start, text)
	}
	return token{kind: tokenNumber, text: text, value: n, pos: l.pos}, nil
}

// str reads a string literal; l.pos is at its opening quote.
func (l *lexer) str(quote byte) (token, error) {
	l.pos++
	start := l.pos
	var out []byte // once there is an escape
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == quote:
			text := l.src[start:l.pos]
			if out != nil {
				text = string(append(out, text...))
			}
			l.pos++
			return token{kind: tokenString, text: text, pos: l.pos}, nil
		case c == '\\':
			out = append(out, l.src[start:l.pos]...)
			if out == nil {
				out = []byte{}
			}
			l.pos++
			r, err := l.escape()
			if err != nil {
				return token{}, err
			}
			out = appendRune(out, r)
			start = l.pos
		default:
			l.pos++
		}
	}
	return token{}, newError("S0101", nil).at(len(l.src), "")
}

// escape reads what stands after a backslash. Two \u escapes that are a
// surrogate pair are one character.
func (l *lexer) escape() (rune, error) {
	if l.pos >= len(l.src) {
		return 0, newError("S0103", nil).at(l.pos, "")
	}
	c, size := utf8.DecodeRuneInString(l.src[l.pos:])
	if i := strings.IndexRune(simpleEscape, c); i >= 0 {
		l.pos++
		return rune(escaped[i]), nil
	}
	if c != 'u' {
		return 0, newError("S0103", nil).at(l.pos, l.src[l.pos:l.pos+size])
	}
	r, ok := l.hex4(l.pos + 1)
	if !ok {
		return 0, newError("S0104", nil).at(l.pos, "")
	}
	l.pos += 5
	if utf16.IsSurrogate(r) && strings.HasPrefix(l.src[l.pos:], `\u`) {
		if low, ok := l.hex4(l.pos + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				l.pos += 6
				return pair, nil
			}
		}
	}
	return r, nil
}

func (l *lexer) hex4(at int) (rune, bool) {
	if at+4 > len(l.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(l.src[at:at+4], 16, 32)
	return rune(n), err == nil
}

// appendRune appends r. Half of a surrogate pair, which UTF-8 does not have,
// becomes the three bytes that it would have: they are invalid, and so the
// functions that must refuse it can.
func appendRune(b []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(b, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0xBF, 0x80|byte(r)&0xBF)
	}
	return utf8.AppendRune(b, r)
}

// regexp reads a regular expression; its opening slash is read.
func (l *lexer) regexp() (token, error) {
	start, depth := l.pos, 0
	for ; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		escaped := l.pos > start && l.src[l.pos-1] == '\\'
		switch {
		case c == '/' && depth == 0 && backslashes(l.src[start:l.pos])%2 == 0:
			return l.endRegexp(start)
		case !escaped && (c == '(' || c == '[' || c == '{'):
			depth++
		case !escaped && (c == ')' || c == ']' || c == '}'):
			depth--
		}
	}
	return token{}, newError("S0302", nil).at(l.pos, "")
}

func (l *lexer) endRegexp(start int) (token, error) {
	pattern := l.src[start:l.pos]
	if pattern == "" {
		return token{}, newError("S0301", nil).at(l.pos, "")
	}
	l.pos++
	flags := l.pos
	for l.pos < len(l.src) && (l.src[l.pos] == 'i' || l.src[l.pos] == 'm') {
		l.pos++
	}
	re, err := jsregexp.Compile(pattern, l.src[flags:l.pos])
	if err != nil {
		// The reference implementation lets the engine's own SyntaxError through.
		e := &Error{Position: l.pos, Message: "Invalid regular expression: /" + pattern + "/"}
		if syntax, ok := errors.AsType[*jsregexp.SyntaxError](err); ok {
			e.Message += ": " + syntax.Reason
		}
		return token{}, e
	}
	return token{kind: tokenRegexp, text: pattern, re: re, pos: l.pos}, nil
}

// backslashes counts the backslashes at the end of s.
func backslashes(s string) int { return len(s) - len(strings.TrimRight(s, `\`)) }
