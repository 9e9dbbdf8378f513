package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

type integerStyle uint8

const (
	styleDecimal integerStyle = iota
	styleLetters
	styleRoman
	styleWords
	styleSequence // a numbering that is not known
)

type letterCase uint8

const (
	lowerCase letterCase = iota
	upperCase
	titleCase
)

// integerPicture is a picture of integers, taken apart (XPath and XQuery
// Functions and Operators 3.1, 4.6.1).
type integerPicture struct {
	text       string
	style      integerStyle
	letters    letterCase
	ordinal    bool
	zero       rune // of the digits
	mandatory  int
	optional   int
	separators []separator // from the right
	regular    int         // the distance of separators that come regularly
	width      int         // how many digits are read, if that is fixed
}

type separator struct {
	position int // digits to the right of it
	char     rune
}

// decimalGroups are the zeros of the decimal digits of Unicode's basic plane.
var decimalGroups = []rune{
	0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
	0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
	0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

func digitGroup(r rune) (zero rune, ok bool) {
	for _, z := range decimalGroups {
		if r >= z && r <= z+9 {
			return z, true
		}
	}
	return 0, false
}

func parseIntegerPicture(text string) (*integerPicture, error) {
	f := &integerPicture{zero: '0'}
	primary := text
	if i := strings.LastIndexByte(text, ';'); i >= 0 {
		primary = text[:i]
		f.ordinal = strings.HasPrefix(text[i+1:], "o")
	}
	f.text = primary
	switch primary {
	case "A":
		f.style, f.letters = styleLetters, upperCase
	case "a":
		f.style = styleLetters
	case "I":
		f.style, f.letters = styleRoman, upperCase
	case "i":
		f.style = styleRoman
	case "W":
		f.style, f.letters = styleWords, upperCase
	case "Ww":
		f.style, f.letters = styleWords, titleCase
	case "w":
		f.style = styleWords
	default:
		return f, f.parseDigits(primary)
	}
	return f, nil
}

func (f *integerPicture) parseDigits(primary string) error {
	var zero rune
	position := 0
	chars := []rune(primary)
	slices.Reverse(chars)
	for _, r := range chars {
		z, isDigit := digitGroup(r)
		switch {
		case isDigit && zero != 0 && z != zero:
			return newError("D3131", nil)
		case isDigit:
			zero = z
			f.mandatory++
			position++
		case r == '#':
			f.optional++
			position++
		default:
			f.separators = append(f.separators, separator{position, r})
		}
	}
	if f.mandatory == 0 {
		f.style = styleSequence
		return nil
	}
	f.zero = zero
	positions := make([]int, len(f.separators))
	for i, s := range f.separators {
		if s.char != f.separators[0].char {
			return nil
		}
		positions[i] = s.position
	}
	f.regular = regularDistance(positions)
	return nil
}

// maxDigits bounds the width that pictures ask for.
const maxDigits = 10_000

func (f *integerPicture) format(x float64) (any, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, newError("D3001", x)
	}
	magnitude := math.Abs(x)
	var out string
	switch f.style {
	case styleLetters:
		first := 'a'
		if f.letters == upperCase {
			first = 'A'
		}
		out = toLetters(magnitude, first)
	case styleRoman:
		if magnitude > maxRoman {
			return nil, newError("D3130", f.text)
		}
		out = f.inCase(toRoman(int(magnitude)))
	case styleWords:
		out = toWords(magnitude, f.ordinal)
		if f.letters != titleCase {
			out = f.inCase(out)
		}
	case styleSequence:
		return nil, newError("D3130", f.text)
	default:
		out = f.formatDigits(magnitude)
	}
	if x < 0 {
		out = "-" + out
	}
	return out, nil
}

func (f *integerPicture) inCase(s string) string {
	if f.letters == upperCase {
		return strings.ToUpper(s)
	}
	return strings.ToLower(s)
}

func (f *integerPicture) formatDigits(x float64) string {
	digits := string(flow.AppendNumber(nil, x))
	digits = zeros(min(f.mandatory, maxDigits)-len(digits)) + digits
	var out strings.Builder
	for i, r := range digits {
		left := len(digits) - i
		if f.regular > 0 {
			if i > 0 && left%f.regular == 0 {
				out.WriteRune(f.separators[0].char)
			}
		} else {
			for _, s := range f.separators {
				if s.position == left && i > 0 {
					out.WriteRune(s.char)
				}
			}
		}
		if r >= '0' && r <= '9' {
			r += f.zero - '0'
		}
		out.WriteRune(r)
	}
	if f.ordinal {
		out.WriteString(ordinalSuffix(digits))
	}
	return out.String()
}

func ordinalSuffix(digits string) string {
	if n := len(digits); n < 2 || digits[n-2] != '1' {
		switch digits[n-1] {
		case '1':
			return "st"
		case '2':
			return "nd"
		case '3':
			return "rd"
		}
	}
	return "th"
}

// parse reads an integer as the picture writes it.
func (f *integerPicture) parse(s string) (any, error) {
	switch f.style {
	case styleLetters:
		first := 'a'
		if f.letters == upperCase {
			first = 'A'
		}
		return fromLetters(s, first), nil
	case styleRoman:
		return fromRoman(strings.ToUpper(s)), nil
	case styleWords:
		return fromWords(strings.ToLower(s)), nil
	case styleSequence:
		return nil, newError("D3130", f.text)
	}
	if f.ordinal {
		s = s[:max(len(s)-2, 0)]
	}
	digits := strings.Map(func(r rune) rune {
		for _, sep := range f.separators {
			if r == sep.char {
				return -1
			}
		}
		if r >= f.zero && r <= f.zero+9 {
			return '0' + r - f.zero
		}
		return r
	}, s)
	return leadingInteger(digits), nil
}

// leadingInteger reads the integer at the start of s as parseInt does.
func leadingInteger(s string) any {
	s = flow.TrimSpace(s)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	x, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// pattern returns a regular expression for what parse reads.
func (f *integerPicture) pattern() (string, error) {
	switch f.style {
	case styleLetters:
		if f.letters == upperCase {
			return "[A-Z]+", nil
		}
		return "[a-z]+", nil
	case styleRoman:
		if f.letters == upperCase {
			return "[MDCLXVI]+", nil
		}
		return "[mdclxvi]+", nil
	case styleWords:
		return "(?:" + strings.Join(append(numberWords(), "and", "[\\-, ]"), "|") + ")+", nil
	case styleSequence:
		return "", newError("D3130", f.text)
	}
	out := "[0-9]+"
	if f.width > 0 {
		out = "[0-9]{" + strconv.Itoa(min(f.width, 1000)) + "}"
	}
	if f.ordinal {
		out += "(?:th|st|nd|rd)"
	}
	return out, nil
}
