package flowfile

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads text in double quotes.
func (s *jsonScanner) string() string {
	s.pos++
	start := s.pos
	var b strings.Builder // in use from the first escape on
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '"':
			text := s.src[start:s.pos]
			s.pos++
			if b.Len() == 0 {
				return text
			}
			return b.String() + text
		case c == '\n' || c == '\r':
			s.fail("the text does not end on its line", `add the missing ", or write a line end as \n`)
			return b.String() + s.src[min(start, s.pos):s.pos]
		case c < ' ':
			s.fail("a control character in the text", `write it as \t or \u00XX`)
			s.skip(1)
		case c == '\\':
			b.WriteString(s.src[start:s.pos])
			s.escape(&b)
			start = s.pos
		default:
			s.pos++
		}
	}
	s.fail("the text does not end", `add the missing "`)
	return b.String() + s.src[min(start, len(s.src)):]
}

// skip goes on unless the scan is given up.
func (s *jsonScanner) skip(n int) { s.pos = min(s.pos+n, len(s.src)) }

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (s *jsonScanner) escape(b *strings.Builder) {
	rest := s.src[s.pos:]
	if len(rest) < 2 {
		s.skip(1)
		return
	}
	if c, ok := escapes[rest[1]]; ok {
		b.WriteByte(c)
		s.skip(2)
		return
	}
	r, ok := unicodeEscape(rest)
	if !ok {
		s.fail("an escape that JSON does not have", `a backslash is written \\`)
		s.skip(1)
		return
	}
	n := 6
	if utf16.IsSurrogate(r) {
		if low, ok := unicodeEscape(rest[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			r = utf16.DecodeRune(r, low)
			n = 12
		} else {
			r = utf8.RuneError // half a pair cannot be said in UTF-8
		}
	}
	b.WriteRune(r)
	s.skip(n)
}

// unicodeEscape reads the \uXXXX at the start of text.
func unicodeEscape(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil
}
