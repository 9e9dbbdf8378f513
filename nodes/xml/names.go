package xml

import "unicode"

// nameStart and nameMore are the characters of names (XML 1.0, productions 4 and
// 4a).
var (
	nameStart = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: ':', Hi: ':', Stride: 1}, {Lo: 'A', Hi: 'Z', Stride: 1}, {Lo: '_', Hi: '_', Stride: 1}, {Lo: 'a', Hi: 'z', Stride: 1},
			{Lo: 0xC0, Hi: 0xD6, Stride: 1}, {Lo: 0xD8, Hi: 0xF6, Stride: 1}, {Lo: 0xF8, Hi: 0x2FF, Stride: 1},
			{Lo: 0x370, Hi: 0x37D, Stride: 1}, {Lo: 0x37F, Hi: 0x1FFF, Stride: 1}, {Lo: 0x200C, Hi: 0x200D, Stride: 1},
			{Lo: 0x2070, Hi: 0x218F, Stride: 1}, {Lo: 0x2C00, Hi: 0x2FEF, Stride: 1}, {Lo: 0x3001, Hi: 0xD7FF, Stride: 1},
			{Lo: 0xF900, Hi: 0xFDCF, Stride: 1}, {Lo: 0xFDF0, Hi: 0xFFFC, Stride: 1},
		},
		R32: []unicode.Range32{{Lo: 0x10000, Hi: 0xEFFFF, Stride: 1}},
	}
	nameMore = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: '-', Hi: '.', Stride: 1}, {Lo: '0', Hi: '9', Stride: 1}, {Lo: 0xB7, Hi: 0xB7, Stride: 1},
			{Lo: 0x300, Hi: 0x36F, Stride: 1}, {Lo: 0x203F, Hi: 0x2040, Stride: 1},
		},
	}
)

func isNameStart(c rune) bool { return unicode.Is(nameStart, c) }

func isName(c rune) bool { return isNameStart(c) || unicode.Is(nameMore, c) }

func isWholeName(s string) bool {
	for i, c := range s {
		if !isNameStart(c) && (i == 0 || !isName(c)) {
			return false
		}
	}
	return s != ""
}

// isLegal tells whether a document may hold the character at all (production 2).
func isLegal(c rune) bool {
	switch {
	case c < ' ':
		return c == '\t' || c == '\n' || c == '\r'
	case c >= 0xD800 && c <= 0xDFFF, c == 0xFFFE, c == 0xFFFF:
		return false
	}
	return c <= unicode.MaxRune
}
