package js

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// encode is native.encode(text, encoding): the bytes as an ArrayBuffer, or
// undefined if there is no such encoding.
func (vm *VM) encode(call goja.FunctionCall) goja.Value {
	text, _ := call.Argument(0).ToString().(goja.String) // all strings are
	b, ok := encodeText(text, call.Argument(1).String())
	if !ok {
		return goja.Undefined()
	}
	return vm.Runtime.ToValue(vm.Runtime.NewArrayBuffer(b))
}

// decode is native.decode(bytes, encoding): text, or undefined.
func (vm *VM) decode(call goja.FunctionCall) goja.Value {
	b, _ := bytesOf(call.Argument(0))
	switch strings.ToLower(call.Argument(1).String()) {
	case "utf16le", "utf-16le", "ucs2", "ucs-2":
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		return goja.StringFromUTF16(units)
	}
	s, ok := decodeBytes(b, call.Argument(1).String())
	if !ok {
		return goja.Undefined()
	}
	return vm.Runtime.ToValue(s)
}

// encodeText turns text into bytes as Buffer.from(text, encoding) does: what is
// no hex or base64 ends or is skipped, without an error.
func encodeText(s goja.String, encoding string) ([]byte, bool) {
	switch strings.ToLower(encoding) {
	case "utf8", "utf-8":
		return []byte(s.String()), true
	case "hex":
		digits, n := s.String(), 0
		for n+1 < len(digits) && isHex(digits[n]) && isHex(digits[n+1]) {
			n += 2
		}
		b, err := hex.DecodeString(digits[:n])
		return b, err == nil
	case "base64", "base64url":
		return decodeBase64(s.String()), true
	case "latin1", "binary", "ascii":
		b := make([]byte, s.Length())
		for i := range b {
			b[i] = byte(s.CharAt(i))
		}
		return b, true
	case "utf16le", "utf-16le", "ucs2", "ucs-2":
		b := make([]byte, 2*s.Length())
		for i := range s.Length() {
			binary.LittleEndian.PutUint16(b[2*i:], s.CharAt(i))
		}
		return b, true
	}
	return nil, false
}

func decodeBytes(b []byte, encoding string) (string, bool) {
	switch strings.ToLower(encoding) {
	case "utf8", "utf-8":
		return flow.DecodeUTF8(b), true
	case "hex":
		return hex.EncodeToString(b), true
	case "base64":
		return base64.StdEncoding.EncodeToString(b), true
	case "base64url":
		return base64.RawURLEncoding.EncodeToString(b), true
	case "latin1", "binary", "ascii":
		mask := byte(0xFF)
		if strings.EqualFold(encoding, "ascii") {
			mask = 0x7F
		}
		var s strings.Builder
		s.Grow(len(b))
		for _, c := range b {
			s.WriteRune(rune(c & mask))
		}
		return s.String(), true
	}
	return "", false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// decodeBase64 takes both alphabets and skips what is in neither, up to the
// first "=", as Node.js does.
func decodeBase64(s string) []byte {
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s) && s[i] != '='; i++ {
		switch c := s[i]; {
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '+', c == '/':
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	b, _ := base64.RawStdEncoding.DecodeString(string(clean))
	return b
}
