package charset

import (
	_ "embed"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

//go:embed tables.txt
var tables string

// table is a character set of one byte a character.
type table struct {
	names []string
	chars [256]rune
	bytes map[rune]byte
}

var errUnmapped = errors.New("the character set lacks a character")

// parseTables reads tables in the format that tables.txt describes.
func parseTables(text string) []*table {
	var list []*table
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 2 || fields[0] == "#":
		case fields[0] == "=":
			list = append(list, newTable(fields[1:]))
		default:
			list[len(list)-1].setRow(fields[0], fields[1:])
		}
	}
	for _, t := range list {
		t.bytes = make(map[rune]byte, len(t.chars))
		for b, r := range t.chars {
			if r < utf8.RuneSelf && t.bytes[r] != 0 {
				continue // ASCII stays ASCII, also where a later byte means the same
			}
			if r != utf8.RuneError {
				t.bytes[r] = byte(b)
			}
		}
	}
	return list
}

// newTable returns a table of the characters of ASCII.
func newTable(names []string) *table {
	t := &table{names: names}
	for b := range t.chars {
		t.chars[b] = utf8.RuneError
		if b < utf8.RuneSelf {
			t.chars[b] = rune(b)
		}
	}
	return t
}

func (t *table) setRow(digit string, codes []string) {
	row, _ := strconv.ParseUint(digit, 16, 4)
	for column, code := range codes {
		r, _ := strconv.ParseUint(code, 16, 16)
		t.chars[int(row)*16+column] = rune(r)
	}
}

// NewDecoder implements encoding.Encoding.
func (t *table) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: tableDecoder{table: t}}
}

// NewEncoder implements encoding.Encoding.
func (t *table) NewEncoder() *encoding.Encoder {
	return &encoding.Encoder{Transformer: tableEncoder{table: t}}
}

type tableDecoder struct {
	transform.NopResetter
	table *table
}

// Transform implements transform.Transformer.
func (d tableDecoder) Transform(dst, src []byte, _ bool) (nDst, nSrc int, err error) {
	for _, b := range src {
		r := d.table.chars[b]
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc++
	}
	return nDst, nSrc, nil
}

type tableEncoder struct {
	transform.NopResetter
	table *table
}

// Transform implements transform.Transformer.
func (e tableEncoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		b, ok := e.table.bytes[r]
		switch {
		case !ok:
			return nDst, nSrc, errUnmapped
		case nDst == len(dst):
			return nDst, nSrc, transform.ErrShortDst
		}
		dst[nDst] = b
		nDst++
		nSrc += size
	}
	return nDst, nSrc, nil
}
