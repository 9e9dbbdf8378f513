package jsonata

import (
	"strconv"
	"strings"
)

// datePicture is a picture of dates and times, taken apart (XPath and XQuery
// Functions and Operators 3.1, 9.8.4).
type datePicture []datePart

// datePart is literal text, or a component of a moment.
type datePart struct {
	literal   string
	component byte // 0: literal text
	names     bool // a name, not a number
	letters   letterCase
	minWidth  int // -1: none
	maxWidth  int
	modifier  byte // the second presentation modifier
	digits    int  // of a year: how many of its last digits; -1: all
	integer   *integerPicture
}

// defaultPresentations say how a component is written without a modifier.
var defaultPresentations = map[byte]string{
	'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1", 'h': "1",
	'P': "n", 'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n",
}

const numberComponents = "YMDdFWwXxHhmsf"

func parseDatePicture(text string) (datePicture, error) {
	var out datePicture
	literal := func(s string) {
		if s != "" {
			out = append(out, datePart{literal: strings.ReplaceAll(s, "]]", "]")})
		}
	}
	for {
		before, rest, found := strings.Cut(text, "[")
		literal(before)
		if !found {
			return out, nil
		}
		if after, doubled := strings.CutPrefix(rest, "["); doubled {
			out = append(out, datePart{literal: "["})
			text = after
			continue
		}
		marker, after, found := strings.Cut(rest, "]")
		if !found {
			return nil, newError("D3135", nil)
		}
		part, err := parseMarker(strings.Join(strings.Fields(marker), ""))
		if err != nil {
			return nil, err
		}
		// The width of a number that another one follows at once is fixed.
		if n := len(out); n > 0 && part.integer != nil && !part.isZone() && out[n-1].integer != nil && !out[n-1].isZone() {
			out[n-1].integer.width = out[n-1].integer.mandatory
		}
		out = append(out, part)
		text = after
	}
}

func (p *datePart) isZone() bool { return p.component == 'Z' || p.component == 'z' }

func parseMarker(marker string) (datePart, error) {
	p := datePart{minWidth: -1, maxWidth: -1, digits: -1}
	if marker == "" {
		return p, newError("D3132", "")
	}
	p.component = marker[0]
	presentation := marker[1:]
	if i := strings.LastIndexByte(marker, ','); i >= 0 {
		if i > 0 {
			presentation = marker[1:i]
		} else {
			presentation = ""
		}
		low, high, hasHigh := strings.Cut(marker[i+1:], "-")
		p.minWidth = parseWidth(low)
		if hasHigh {
			p.maxWidth = parseWidth(high)
		}
	}
	switch n := len(presentation); {
	case n == 0:
		var known bool
		if presentation, known = defaultPresentations[p.component]; !known {
			return p, newError("D3132", string(rune(p.component)))
		}
	case n > 1 && strings.IndexByte("atco", presentation[n-1]) >= 0:
		p.modifier = presentation[n-1]
		presentation = presentation[:n-1]
	}
	return p, p.present(presentation)
}

func parseWidth(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return min(n, maxDigits)
}

// present applies the first presentation modifier.
func (p *datePart) present(presentation string) error {
	var err error
	switch {
	case presentation[0] == 'n':
		p.names, p.letters = true, lowerCase
	case strings.HasPrefix(presentation, "Nn"):
		p.names, p.letters = true, titleCase
	case presentation[0] == 'N':
		p.names, p.letters = true, upperCase
	case strings.IndexByte(numberComponents, p.component) >= 0:
		pattern := presentation
		if p.modifier != 0 {
			pattern += ";" + string(rune(p.modifier))
		}
		if p.integer, err = parseIntegerPicture(pattern); err != nil {
			return err
		}
		p.integer.mandatory = max(p.integer.mandatory, p.minWidth)
		if p.component == 'Y' {
			p.yearDigits()
		}
	}
	if p.isZone() {
		p.integer, err = parseIntegerPicture(presentation)
	}
	return err
}

// yearDigits finds out how many digits of a year are written.
func (p *datePart) yearDigits() {
	if p.maxWidth >= 0 {
		p.digits = p.maxWidth
		p.integer.mandatory = p.digits
	} else if n := p.integer.mandatory + p.integer.optional; n >= 2 {
		p.digits = n
	}
}

var (
	monthNames = []string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
		"December",
	}
	dayNames = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// nameList returns the names that a component may have, nil if it has none.
func (p *datePart) nameList() []string {
	switch p.component {
	case 'M', 'x':
		return monthNames
	case 'F':
		return dayNames
	}
	return nil
}

// cut cuts a name to the width of the picture.
func (p *datePart) cut(name string) string {
	if p.maxWidth >= 0 && len(name) > p.maxWidth {
		return name[:p.maxWidth]
	}
	return name
}
