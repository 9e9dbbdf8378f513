package framing

import (
	"encoding/hex"
	"errors"
	"strings"
)

// escapes are what may follow a backslash, beside x and two hex digits.
var escapes = map[byte]byte{'r': '\r', 'n': '\n', 't': '\t', 'f': '\f', '0': 0, '\\': '\\'}

var errEscape = errors.New("unknown escape")

// unescape returns the bytes that a text stands for: UTF-8 with escapes, or hex
// digits after 0x.
func unescape(text string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		return hex.DecodeString(digits)
	}
	var b []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b = append(b, text[i])
			continue
		}
		i++
		if i == len(text) {
			return nil, errEscape
		}
		if c, ok := escapes[text[i]]; ok {
			b = append(b, c)
			continue
		}
		if text[i] != 'x' || i+3 > len(text) {
			return nil, errEscape
		}
		c, err := hex.DecodeString(text[i+1 : i+3])
		if err != nil {
			return nil, errEscape
		}
		b = append(b, c...)
		i += 2
	}
	return b, nil
}
