package charset

import (
	"encoding/base64"
	"encoding/hex"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// binaryText is the encoding of bytes as text such as base64: the decoder makes
// the text of bytes, the encoder bytes of the text.
type binaryText struct {
	group int // bytes that are turned into text together
	// text appends the text of bytes, a group or less.
	text func(dst, group []byte) []byte
	// digit tells whether a byte of text counts; others are skipped, or end the
	// text if strict.
	digit  func(byte) bool
	strict bool
	digits int // how many of them make a group
	// bytes appends the bytes that digits, a group or less, stand for.
	bytes func(dst, digits []byte) []byte
}

var base64Text = binaryText{
	group: 3, text: base64.StdEncoding.AppendEncode,
	digits: 4, digit: isBase64,
	bytes: func(dst, digits []byte) []byte {
		plain := make([]byte, len(digits))
		for i, c := range digits {
			switch c { // the alphabet for URLs is understood too
			case '-':
				c = '+'
			case '_':
				c = '/'
			}
			plain[i] = c
		}
		if len(plain) == 1 { // six bits are no byte
			return dst
		}
		dst, _ = base64.RawStdEncoding.AppendDecode(dst, plain)
		return dst
	},
}

var hexText = binaryText{
	group: 1, text: hex.AppendEncode,
	digits: 2, digit: isHex, strict: true,
	bytes: func(dst, digits []byte) []byte {
		if len(digits) == 2 {
			dst, _ = hex.AppendDecode(dst, digits)
		}
		return dst
	},
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' ||
		c == '+' || c == '/' || c == '-' || c == '_'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

// NewDecoder implements encoding.Encoding.
func (b binaryText) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: textMaker{binaryText: b}}
}

// NewEncoder implements encoding.Encoding.
func (b binaryText) NewEncoder() *encoding.Encoder {
	return &encoding.Encoder{Transformer: &byteMaker{binaryText: b}}
}

type textMaker struct {
	transform.NopResetter
	binaryText
}

// Transform implements transform.Transformer.
func (t textMaker) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	var room [8]byte
	for nSrc < len(src) {
		n := min(t.group, len(src)-nSrc)
		if n < t.group && !atEOF {
			return nDst, nSrc, transform.ErrShortSrc
		}
		text := t.text(room[:0], src[nSrc:nSrc+n])
		if len(text) > len(dst)-nDst {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], text)
		nSrc += n
	}
	return nDst, nSrc, nil
}

type byteMaker struct {
	binaryText
	pending []byte // digits of a group that is not complete
	ended   bool   // by what is no digit
}

// Reset implements transform.Transformer.
func (m *byteMaker) Reset() { m.pending, m.ended = nil, false }

// Transform implements transform.Transformer.
func (m *byteMaker) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for ; nSrc < len(src); nSrc++ {
		c := src[nSrc]
		switch {
		case m.ended:
		case !m.digit(c):
			m.ended = m.strict || c == '='
		case len(m.pending) == m.digits-1:
			if len(dst)-nDst < m.group {
				return nDst, nSrc, transform.ErrShortDst
			}
			nDst += len(m.bytes(dst[nDst:nDst], append(m.pending, c)))
			m.pending = m.pending[:0]
		default:
			m.pending = append(m.pending, c)
		}
	}
	if atEOF && len(m.pending) > 0 {
		if len(dst)-nDst < m.group {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += len(m.bytes(dst[nDst:nDst], m.pending))
		m.pending = nil
	}
	return nDst, nSrc, nil
}
