package jsonata

import (
	"strings"
	"unicode/utf8"
)

const (
	urlComponentSafe = "-_.!~*'()"
	urlSafe          = urlComponentSafe + ";/?:@&=+$,#"
)

var urlFunctions = []builtin{
	{"encodeUrlComponent", "<s-:s>", encode("encodeUrlComponent", urlComponentSafe)},
	{"encodeUrl", "<s-:s>", encode("encodeUrl", urlSafe)},
	{"decodeUrlComponent", "<s-:s>", decode("decodeUrlComponent", "")},
	{"decodeUrl", "<s-:s>", decode("decodeUrl", ";/?:@&=+$,#")},
}

// encode makes the function that escapes all but letters, digits and safe
// (ECMA-262, Encode).
func encode(name, safe string) native {
	return func(c Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		if !utf8.ValidString(s) {
			return nil, newError("D3140", s).with("functionName", name)
		}
		const hex = "0123456789ABCDEF"
		var out strings.Builder
		for i := range len(s) {
			b := s[i]
			if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte(safe, b) >= 0 {
				out.WriteByte(b)
				continue
			}
			out.Write([]byte{'%', hex[b>>4], hex[b&15]})
		}
		return c.text(out.String())
	}
}

// decode makes the function that undoes escapes, but not those of the characters
// in reserved (ECMA-262, Decode).
func decode(name, reserved string) native {
	return func(c Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		malformed := newError("D3140", s).with("functionName", name)
		var out strings.Builder
		for i := 0; i < len(s); {
			if s[i] != '%' {
				out.WriteByte(s[i])
				i++
				continue
			}
			var char []byte
			start := i
			for need := 1; len(char) < need; i += 3 {
				b, ok := unhex(s, i)
				if !ok {
					return nil, malformed
				}
				if len(char) == 0 {
					need = sequenceLength(b)
				}
				char = append(char, b)
			}
			if !utf8.Valid(char) {
				return nil, malformed
			}
			if len(char) == 1 && strings.IndexByte(reserved, char[0]) >= 0 {
				out.WriteString(s[start:i])
			} else {
				out.Write(char)
			}
		}
		return c.text(out.String())
	}
}

// sequenceLength returns how many bytes the UTF-8 sequence has that b begins.
func sequenceLength(b byte) int {
	switch {
	case b >= 0xF0:
		return 4
	case b >= 0xE0:
		return 3
	case b >= 0xC0:
		return 2
	}
	return 1
}

func unhex(s string, at int) (byte, bool) {
	if at+3 > len(s) || s[at] != '%' {
		return 0, false
	}
	var out byte
	for _, c := range []byte(s[at+1 : at+3]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		out = out<<4 | c
	}
	return out, true
}
