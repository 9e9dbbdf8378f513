package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

var patternFunctions = []builtin{
	{"contains", "<s-(sf):b>", containsFunction},
	{"match", "<s-f<s:o>n?:a<o>>", matchFunction},
	{"replace", "<s-(sf)(sf)n?:s>", replaceFunction},
	{"split", "<s-(sf)n?:a<s>>", splitFunction},
}

func containsFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok || args[1] == nil {
		return nil, nil
	}
	if token, ok := args[1].(string); ok {
		return strings.Contains(s, token), nil
	}
	fn := args[1].(*Function)
	if fn.re != nil {
		return fn.re.re.MatchString(s), nil
	}
	found, err := c.findAll(fn, s, 1)
	return len(found) > 0, err
}

// limitOf reads an optional limit: -1 is none. A negative one is the error.
func limitOf(v any, code string) (int, error) {
	n, ok := v.(float64)
	switch {
	case !ok:
		return -1, nil
	case n < 0:
		return 0, newError(code, n)
	}
	return int(min(math.Ceil(n), math.MaxInt32)), nil
}

func matchFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	limit, err := limitOf(args[2], "D3040")
	if err != nil || limit == 0 {
		return nil, err
	}
	fn, ok := args[1].(*Function)
	if !ok {
		return nil, nil
	}
	found, err := c.findAll(fn, s, limit)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(found))
	units, at := 0, 0
	for i, m := range found {
		if m.start >= at {
			units += flow.UTF16Len(s[at:m.start])
			at = m.start
		}
		items[i] = flow.NewObject("match", m.text, "index", float64(units), "groups", flow.Array(m.groups))
	}
	return sequence(items), nil
}

func splitFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	limit, err := limitOf(args[2], "D3020")
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		return flow.Array{}, nil
	}
	if err := c.run.grow(min(len(s), 64) * itemSize); err != nil {
		return nil, err
	}
	fn, ok := args[1].(*Function)
	if !ok {
		separator, ok := args[1].(string)
		if !ok {
			return flow.Array{s}, nil
		}
		if n, ok := args[2].(float64); ok {
			limit = int(min(n, math.MaxInt32)) // a part of a piece is none here
		}
		return c.splitText(s, separator, limit)
	}
	found, err := c.findAll(fn, s, limit)
	if err != nil {
		return nil, err
	}
	out := make(flow.Array, 0, len(found)+1)
	at := 0
	for _, m := range found {
		out = append(out, s[min(at, m.start):m.start])
		at = m.end
	}
	if limit < 0 || len(out) < limit {
		out = append(out, s[at:])
	}
	return out, nil
}

func (c Call) splitText(s, separator string, limit int) (any, error) {
	out := flow.Array{}
	for limit < 0 || len(out) < limit {
		part, rest, found := strings.Cut(s, separator)
		if separator == "" {
			_, size := utf8.DecodeRuneInString(s)
			if size == 0 {
				break
			}
			part, rest, found = s[:size], s[size:], size < len(s)
		}
		out = append(out, part)
		if !found {
			break
		}
		s = rest
	}
	return out, c.grow(len(out))
}

// grow counts items that a function makes.
func (c Call) grow(items int) error {
	if err := c.run.grow(items * itemSize); err != nil {
		return err
	}
	return nil
}

func replaceFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	if args[1] == "" {
		return nil, newError("D3010", "").with("index", 2.0)
	}
	limit, err := limitOf(args[3], "D3011")
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		return s, nil
	}
	if pattern, ok := args[1].(string); ok {
		with, _ := args[2].(string)
		if n := strings.Count(s, pattern); n > 0 && len(with)*n > maxText {
			return nil, tooLong()
		}
		return c.text(strings.Replace(s, pattern, with, limit))
	}
	fn, ok := args[1].(*Function)
	if !ok {
		return s, nil
	}
	found, err := c.findAll(fn, s, limit)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	at := 0
	for _, m := range found {
		out.WriteString(s[min(at, m.start):m.start])
		with, err := c.replacement(args[2], m)
		if err != nil {
			return nil, err
		}
		if out.WriteString(with); out.Len() > maxText {
			return nil, tooLong()
		}
		at = min(m.start+len(m.text), len(s))
	}
	out.WriteString(s[at:])
	return c.text(out.String())
}

func (c Call) replacement(with any, m match) (string, error) {
	fn, ok := with.(*Function)
	if !ok {
		text, _ := with.(string)
		return expandGroups(text, m), nil
	}
	v, err := c.apply(fn, flow.NewObject(
		"match", m.text, "start", float64(m.start), "end", float64(m.end), "groups", flow.Array(m.groups)))
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		return "", newError("D3012", v)
	}
	return text, nil
}

// expandGroups puts what groups matched for $1, $2 …, the whole match for $0 and
// a dollar for $$. As many digits count as the number of groups has, fewer if
// there is no such group.
func expandGroups(text string, m match) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		text = rest
		switch {
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			text = rest[1:]
			continue
		case strings.HasPrefix(rest, "0"):
			out.WriteString(m.text)
			text = rest[1:]
			continue
		}
		most := len(strconv.Itoa(max(len(m.groups), 1)))
		group, used := leadingNumber(rest, most)
		if most > 1 && group > len(m.groups) {
			group, used = leadingNumber(rest, most-1)
		}
		if used == 0 {
			out.WriteByte('$')
			continue
		}
		if group >= 1 && group <= len(m.groups) {
			if s, ok := m.groups[group-1].(string); ok {
				out.WriteString(s)
			}
		}
		text = rest[used:]
	}
}

func leadingNumber(s string, most int) (n, used int) {
	for used < len(s) && used < most && s[used] >= '0' && s[used] <= '9' {
		n = n*10 + int(s[used]-'0')
		used++
	}
	return n, used
}
