package graph

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"unicode"
)

// asciiWidths are the widths of the characters from blank to ~ in thousandths of
// the font's size: those of Helvetica, which Arial and Liberation Sans share.
var asciiWidths = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// Widths of other characters: those of Chinese, Japanese and Korean scripts and
// pictures are squares.
const (
	otherWidth = 600
	wideWidth  = 1000
)

// textWidth returns about how wide a text is, in the unit of size.
func textWidth(s string, size float64) float64 {
	sum := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			sum += asciiWidths[r-' ']
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100 && (r < 0x2000 || r >= 0x2E80):
			sum += wideWidth
		default:
			sum += otherWidth
		}
	}
	return float64(sum) * size / 1000
}

// shortened cuts a text that is wider than it may be.
func shortened(s string, size, width float64) string {
	if textWidth(s, size) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 1 && textWidth(string(runes)+"…", size) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// escaped makes a text fit for XML, between tags and in quotes. What XML cannot
// say becomes U+FFFD.
func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes all
	return b.String()
}

// appendCoordinate appends a number with one decimal at most.
func appendCoordinate(b []byte, f float64) []byte {
	f = math.Round(f*10) / 10
	if f == 0 {
		f = 0 // minus zero too
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

func coordinate(f float64) string { return string(appendCoordinate(nil, f)) }
