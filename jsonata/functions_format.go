package jsonata

import (
	"math"
	"strconv"
	"strings"
)

var formatFunctions = []builtin{
	{"formatNumber", "<n-so?:s>", formatNumberFunction},
	{"formatBase", "<n-n?:s>", formatBaseFunction},
	{"formatInteger", "<n-s:s>", formatIntegerFunction},
	{"parseInteger", "<s-s:n>", parseIntegerFunction},
}

func formatBaseFunction(_ Call, args []any) (any, error) {
	x, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	radix := 10.0
	if r, ok := args[1].(float64); ok {
		radix = round(r, 0)
	}
	if radix < 2 || radix > 36 || math.IsNaN(radix) {
		return nil, newError("D3100", radix)
	}
	x = round(x, 0)
	if radix == 10 || math.IsInf(x, 0) || math.IsNaN(x) {
		return string(appendNumber(nil, x)), nil
	}
	if math.Abs(x) < 1<<63 {
		return strconv.FormatInt(int64(x), int(radix)), nil
	}
	return bigInteger(x, int(radix)), nil
}

func formatIntegerFunction(_ Call, args []any) (any, error) {
	x, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	picture, _ := args[1].(string)
	f, err := parseIntegerPicture(picture)
	if err != nil {
		return nil, err
	}
	return f.format(math.Floor(x))
}

func parseIntegerFunction(_ Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	picture, _ := args[1].(string)
	f, err := parseIntegerPicture(picture)
	if err != nil {
		return nil, err
	}
	return f.parse(s)
}

func formatNumberFunction(c Call, args []any) (any, error) {
	x, ok := args[0].(float64)
	if !ok {
		return nil, nil
	}
	symbols := defaultSymbols
	if o, ok := object(args[2]); ok {
		for k, v := range o.All() {
			if s, ok := v.(string); ok {
				symbols.set(k, s)
			}
		}
	}
	picture, _ := args[1].(string)
	positive, negative, err := symbols.parse(picture)
	if err != nil {
		return nil, err
	}
	if x >= 0 {
		return c.text(positive.format(x, &symbols))
	}
	return c.text(negative.format(x, &symbols))
}

// symbols are the characters of pictures and numbers (XPath and XQuery Functions
// and Operators 3.1, 4.7.2).
type symbols struct {
	decimal, grouping, exponent, minus, percent, perMille, digit, pattern string
	zero                                                                  rune
}

var defaultSymbols = symbols{
	decimal: ".", grouping: ",", exponent: "e", minus: "-", percent: "%", perMille: "‰", digit: "#", pattern: ";", zero: '0',
}

func (s *symbols) set(name, value string) {
	switch name {
	case "decimal-separator":
		s.decimal = value
	case "grouping-separator":
		s.grouping = value
	case "exponent-separator":
		s.exponent = value
	case "minus-sign":
		s.minus = value
	case "percent":
		s.percent = value
	case "per-mille":
		s.perMille = value
	case "digit":
		s.digit = value
	case "pattern-separator":
		s.pattern = value
	case "zero-digit":
		for _, r := range value {
			s.zero = r
			break
		}
	}
}

func (s *symbols) isDigit(r rune) bool { return r >= s.zero && r < s.zero+10 }

func (s *symbols) isActive(r rune) bool {
	if s.isDigit(r) {
		return true
	}
	switch string(r) {
	case s.decimal, s.exponent, s.grouping, s.digit, s.pattern:
		return true
	}
	return false
}

// countDigits counts the digits that must be there, and with optional those that
// may.
func (s *symbols) countDigits(part string, optional bool) int {
	n := 0
	for _, r := range part {
		if s.isDigit(r) || optional && string(r) == s.digit {
			n++
		}
	}
	return n
}

// subPicture is one half of a picture, taken apart (4.7.4).
type subPicture struct {
	text, prefix, suffix      string
	active, integer, fraction string
	exponent                  string
	hasExponent               bool
	groups, fractionGroups    []int
	regular                   int
	minInteger, scaling       int
	minFraction, maxFraction  int
	minExponent               int
}

// parse takes a picture apart: the pictures of positive and negative numbers.
func (s *symbols) parse(picture string) (*subPicture, *subPicture, error) {
	parts := []string{picture}
	if s.pattern != "" {
		parts = strings.Split(picture, s.pattern)
	}
	if len(parts) > 2 {
		return nil, nil, newError("D3080", nil)
	}
	var pictures []*subPicture
	for _, part := range parts {
		p := s.split(part)
		if code := s.validate(p); code != "" {
			return nil, nil, newError(code, nil)
		}
		s.analyse(p)
		pictures = append(pictures, p)
	}
	if len(pictures) == 1 {
		negative := *pictures[0]
		negative.prefix = s.minus + negative.prefix
		pictures = append(pictures, &negative)
	}
	return pictures[0], pictures[1], nil
}

func (s *symbols) split(text string) *subPicture {
	p := &subPicture{text: text}
	bound := func(r rune) bool { return s.isActive(r) && string(r) != s.exponent }
	if i := strings.IndexFunc(text, bound); i >= 0 {
		p.prefix = text[:i]
	}
	if i := strings.LastIndexFunc(text, bound); i >= 0 {
		_, size := decodeRune(text[i:])
		p.suffix = text[i+size:]
	}
	p.active = text[len(p.prefix) : len(text)-len(p.suffix)]
	mantissa := p.active
	// An exponent-separator right behind the active part is one without digits.
	if i := strings.Index(text[len(p.prefix):], s.exponent); i >= 0 && i <= len(p.active) && s.exponent != "" {
		mantissa, p.hasExponent = p.active[:i], true
		p.exponent = p.active[min(i+len(s.exponent), len(p.active)):]
	}
	var found bool
	p.integer, p.fraction, found = strings.Cut(mantissa, s.decimal)
	if !found {
		p.fraction = p.suffix
	}
	return p
}

// validate returns the code of the last rule that a picture breaks, "" if it
// breaks none (4.7.3).
func (s *symbols) validate(p *subPicture) string {
	code := ""
	fail := func(broken bool, c string) {
		if broken {
			code = c
		}
	}
	fail(strings.Count(p.text, s.decimal) > 1, "D3081")
	fail(strings.Count(p.text, s.percent) > 1, "D3082")
	fail(strings.Count(p.text, s.perMille) > 1, "D3083")
	fail(strings.Contains(p.text, s.percent) && strings.Contains(p.text, s.perMille), "D3084")
	mantissa := p.active
	if p.hasExponent {
		mantissa, _, _ = strings.Cut(p.active, s.exponent)
	}
	fail(s.countDigits(mantissa, true) == 0, "D3085")
	fail(strings.ContainsFunc(p.active, func(r rune) bool { return !s.isActive(r) }), "D3086")
	if i := strings.Index(p.text, s.decimal); i >= 0 {
		fail(strings.HasSuffix(p.text[:i], s.grouping) || strings.HasPrefix(p.text[i+len(s.decimal):], s.grouping), "D3087")
	} else {
		fail(strings.HasSuffix(p.integer, s.grouping), "D3088")
	}
	fail(strings.Contains(p.text, s.grouping+s.grouping), "D3089")
	before, _, found := strings.Cut(p.integer, s.digit)
	fail(found && s.countDigits(before, false) > 0, "D3090")
	if i := strings.LastIndex(p.fraction, s.digit); i >= 0 {
		fail(s.countDigits(p.fraction[i:], false) > 0, "D3091")
	}
	fail(p.exponent != "" && (strings.Contains(p.text, s.percent) || strings.Contains(p.text, s.perMille)), "D3092")
	fail(p.hasExponent && (p.exponent == "" || strings.ContainsFunc(p.exponent, func(r rune) bool { return !s.isDigit(r) })), "D3093")
	return code
}

func (s *symbols) analyse(p *subPicture) {
	for at := 0; s.grouping != ""; at += len(s.grouping) {
		i := strings.Index(p.integer[at:], s.grouping)
		if i < 0 {
			break
		}
		at += i
		p.groups = append(p.groups, s.countDigits(p.integer[at:], true))
	}
	for at := 0; s.grouping != ""; at += len(s.grouping) {
		i := strings.Index(p.fraction[at:], s.grouping)
		if i < 0 {
			break
		}
		at += i
		p.fractionGroups = append(p.fractionGroups, s.countDigits(p.fraction[:at], true))
	}
	p.regular = regularDistance(p.groups)
	p.minInteger = s.countDigits(p.integer, false)
	p.scaling = p.minInteger
	p.minFraction = s.countDigits(p.fraction, false)
	p.maxFraction = s.countDigits(p.fraction, true)
	if p.minInteger == 0 && p.maxFraction == 0 {
		if p.hasExponent {
			p.minFraction, p.maxFraction = 1, 1
		} else {
			p.minInteger = 1
		}
	}
	if p.hasExponent && p.minInteger == 0 && strings.Contains(p.integer, s.digit) {
		p.minInteger = 1
	}
	if p.minInteger == 0 && p.minFraction == 0 {
		p.minFraction = 1
	}
	p.minExponent = s.countDigits(p.exponent, false)
}

// regularDistance returns the distance of separators that come at multiples of
// it, 0 if they do not.
func regularDistance(positions []int) int {
	factor := 0
	for _, p := range positions {
		for a := p; a != 0; {
			factor, a = a, factor%a
		}
	}
	for i := range positions {
		found := false
		for _, p := range positions {
			found = found || p == (i+1)*factor
		}
		if !found {
			return 0
		}
	}
	return factor
}
