// Package charset finds character encodings by the names that Node-RED's nodes
// know, which are those of iconv-lite: utf8, latin1, windows-1252, Shift_JIS,
// and so on. Case and punctuation do not matter: cp1250, CP-1250.
//
// As in iconv-lite no conversion fails. What a character set lacks becomes "?"
// when text is encoded, and bytes that mean nothing become U+FFFD when they are
// decoded. A byte order mark at the start of Unicode text is dropped.
package charset

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// Lookup returns the encoding with a name. Those named binary, base64 and hex
// are no character sets: they turn bytes into such text, and such text into the
// bytes it stands for.
func Lookup(name string) (encoding.Encoding, bool) {
	enc, ok := index()[canonical(name)]
	return enc, ok
}

// index returns all encodings by their canonical names.
var index = sync.OnceValue(func() map[string]encoding.Encoding {
	all := map[string]encoding.Encoding{}
	add := func(enc encoding.Encoding, names []string) {
		for _, name := range names {
			all[name] = lossy{enc}
		}
	}
	for _, e := range known {
		add(e.encoding, strings.Fields(e.names))
	}
	for _, t := range parseTables(tables) {
		add(t, t.names)
	}
	return all
})

// ignored is what does not count in a name: punctuation, and a year at the end.
var ignored = regexp.MustCompile(`:\d{4}$|[^0-9a-z]`)

func canonical(name string) string {
	return ignored.ReplaceAllString(strings.ToLower(name), "")
}

// IsText tells whether bytes are text in UTF-8, as nodes do that make a string
// of text and leave anything else a Buffer. Control characters other than tab,
// line feed and carriage return are no text (Node-RED's is-utf8).
func IsText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
			return false
		}
	}
	return utf8.Valid(b)
}

// lossy is an encoding whose conversions never fail.
type lossy struct{ encoding.Encoding }

// NewEncoder implements encoding.Encoding.
func (l lossy) NewEncoder() *encoding.Encoder {
	return &encoding.Encoder{Transformer: mender{l.Encoding.NewEncoder(), "?", func(rest []byte) int {
		_, size := utf8.DecodeRune(rest)
		return size
	}}}
}

// NewDecoder implements encoding.Encoding.
func (l lossy) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: mender{l.Encoding.NewDecoder(), "\uFFFD", func(rest []byte) int {
		return len(rest) // decoders mend all but a character that the end cuts
	}}}
}

// mender puts a substitute where a transformer fails.
type mender struct {
	transform.Transformer
	substitute string
	skip       func(rest []byte) int // how many bytes it stands for
}

// Transform implements transform.Transformer.
func (m mender) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for {
		var d, s int
		d, s, err = m.Transformer.Transform(dst[nDst:], src[nSrc:], atEOF)
		nDst, nSrc = nDst+d, nSrc+s
		if err == nil || errors.Is(err, transform.ErrShortDst) || errors.Is(err, transform.ErrShortSrc) && !atEOF {
			return nDst, nSrc, err
		}
		if len(dst)-nDst < len(m.substitute) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], m.substitute)
		nSrc += m.skip(src[nSrc:])
	}
}

// bomAware is an encoding of Unicode whose text may begin with a byte order
// mark.
type bomAware struct{ encoding.Encoding }

// NewDecoder implements encoding.Encoding.
func (b bomAware) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: transform.Chain(b.Encoding.NewDecoder(), &bomDropper{})}
}

// bomDropper drops a byte order mark at the start of UTF-8 text.
type bomDropper struct{ started bool }

const bom = "\uFEFF"

// Reset implements transform.Transformer.
func (b *bomDropper) Reset() { b.started = false }

// Transform implements transform.Transformer.
func (b *bomDropper) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !b.started {
		if len(src) < len(bom) && !atEOF && strings.HasPrefix(bom, string(src)) {
			return 0, 0, transform.ErrShortSrc
		}
		b.started = true
		if strings.HasPrefix(string(src[:min(len(src), len(bom))]), bom) {
			nSrc = len(bom)
		}
	}
	n := copy(dst, src[nSrc:])
	if nSrc += n; nSrc < len(src) {
		err = transform.ErrShortDst
	}
	return n, nSrc, err
}
