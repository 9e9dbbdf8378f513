package jsonata

import (
	"encoding/base64"
	"math"
	"strings"
	"unicode/utf8"
)

var stringFunctions = []builtin{
	{"string", "<x-b?:s>", stringFunction},
	{"substring", "<s-nn?:s>", substringFunction},
	{"substringBefore", "<s-s:s>", substringBeforeFunction},
	{"substringAfter", "<s-s:s>", substringAfterFunction},
	{"lowercase", "<s-:s>", text1(strings.ToLower)},
	{"uppercase", "<s-:s>", text1(strings.ToUpper)},
	{"length", "<s-:n>", lengthFunction},
	{"trim", "<s-:s>", text1(trim)},
	{"pad", "<s-ns?:s>", padFunction},
	{"join", "<a<s>s?:s>", joinFunction},
	{"base64encode", "<s-:s>", text1(base64encode)},
	{"base64decode", "<s-:s>", text1(base64decode)},
}

// text1 makes a built-in function of a function from text to text.
func text1(fn func(string) string) native {
	return func(c Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		return c.text(fn(s))
	}
}

// text returns a string that was made, if there is room for it.
func (c Call) text(s string) (any, error) {
	if len(s) > maxText {
		return nil, tooLong()
	}
	if err := c.run.grow(len(s)); err != nil {
		return nil, err
	}
	return s, nil
}

func stringFunction(c Call, args []any) (any, error) {
	switch v := args[0].(type) {
	case nil:
		return nil, nil
	case string:
		return v, nil
	}
	r := c.run
	base := len(r.text)
	var err error
	if pretty, _ := args[1].(bool); pretty && kindOf(args[0])&(kindArray|kindObject) != 0 {
		err = r.appendJSON(args[0], true)
	} else {
		err = r.appendText(args[0])
	}
	if err != nil {
		r.text = r.text[:base]
		return nil, err
	}
	return r.takeText(base)
}

func lengthFunction(_ Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	return float64(utf8.RuneCountInString(s)), nil
}

func substringFunction(_ Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	n := float64(utf8.RuneCountInString(s))
	start, _ := args[1].(float64)
	if n+start < 0 {
		start = 0
	}
	end := n
	if length, ok := args[2].(float64); ok {
		if length <= 0 {
			return "", nil
		}
		end = start + length
		if start < 0 {
			end += n
		}
	}
	return sliceText(s, n, start, end), nil
}

// sliceText cuts characters as Array.prototype.slice cuts items.
func sliceText(s string, n, start, end float64) string {
	place := func(x float64) int {
		x = math.Trunc(x)
		if x < 0 {
			x += n
		}
		return int(min(max(x, 0), n))
	}
	from, to := place(start), place(end)
	if from >= to {
		return ""
	}
	if int(n) == len(s) {
		return s[from:to]
	}
	i, first := 0, 0
	for at := range s {
		if i == from {
			first = at
		}
		if i == to {
			return s[first:at]
		}
		i++
	}
	return s[first:]
}

func substringBeforeFunction(_ Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	before, _, _ := strings.Cut(s, needle(args[1]))
	return before, nil
}

func substringAfterFunction(_ Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	if _, after, found := strings.Cut(s, needle(args[1])); found {
		return after, nil
	}
	return s, nil
}

// needle returns what JavaScript's indexOf looks for: undefined is a word there.
func needle(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return "undefined"
}

// trim makes runs of white space single spaces and cuts those at the ends.
func trim(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '\r'
	}), " ")
}

func padFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	width, _ := args[1].(float64)
	width = math.Trunc(width)
	fill, _ := args[2].(string)
	if fill == "" {
		fill = " "
	}
	missing := math.Abs(width) - float64(utf8.RuneCountInString(s))
	if missing <= 0 || math.IsNaN(missing) {
		return s, nil
	}
	if missing > maxText {
		return nil, tooLong()
	}
	n := int(missing)
	chars := []rune(fill)
	var padding strings.Builder
	for i := range n {
		padding.WriteRune(chars[i%len(chars)])
	}
	if width > 0 {
		return c.text(s + padding.String())
	}
	return c.text(padding.String() + s)
}

func joinFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok {
		return nil, nil
	}
	separator, _ := args[1].(string)
	r := c.run
	base := len(r.text)
	for i, item := range items {
		if i > 0 {
			r.text = append(r.text, separator...)
		}
		if err := r.appendText(item); err != nil {
			r.text = r.text[:base]
			return nil, err
		}
	}
	return r.takeText(base)
}

// base64encode encodes the characters as bytes: those beyond U+00FF lose all but
// their low byte, as with Node.js's "binary" encoding.
func base64encode(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFFFF {
			r -= 0x10000
			b = append(b, byte(0xD800+r>>10), byte(0xDC00+r&0x3FF))
			continue
		}
		b = append(b, byte(r))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// base64decode reads what Node.js reads: the alphabet of URLs too, padding or
// none, and it skips what is in neither alphabet.
func base64decode(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '+', r == '/', r == '=':
			return r
		}
		return -1
	}, s)
	s, _, _ = strings.Cut(s, "=")
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	var out strings.Builder
	for _, c := range b {
		out.WriteRune(rune(c))
	}
	return out.String()
}
