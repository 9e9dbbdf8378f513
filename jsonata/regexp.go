package jsonata

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// regexpFunction is a regular expression as a function: called with text it
// returns the first match, an object with a function for the next one.
type regexpFunction struct{ re *jsregexp.Regexp }

func newRegexp(re *jsregexp.Regexp) *Function {
	f := &Function{arity: 1, re: &regexpFunction{re}}
	f.native = func(c Call, args []any) (any, error) {
		s, ok := "", false
		if len(args) > 0 {
			s, ok = args[0].(string)
		}
		if !ok {
			return nil, nil
		}
		all, err := f.re.matches(s, -1)
		if err != nil {
			return nil, err
		}
		return all.object(0), nil
	}
	return f
}

// matches are the matches of a regular expression in a text.
type matches struct {
	text  string
	at    [][]int
	empty bool // after them comes one of no characters: the next never comes
	re    *jsregexp.Regexp
}

// matches finds up to limit matches, all if it is negative. The search ends at a
// match of no characters, as no progress follows; only the first may be one.
func (r *regexpFunction) matches(s string, limit int) (*matches, error) {
	all, err := r.re.FindAll(s, limit)
	if err != nil {
		return nil, &Error{Code: "D1004", Message: err.Error()}
	}
	for i, m := range all {
		if m[0] == m[1] && (i > 0 || m[1] < len(s)) {
			if i == 0 {
				i = 1
			}
			if limit >= 0 && i >= limit {
				return &matches{s, all[:i], false, r.re}, nil
			}
			return &matches{s, all[:i], true, r.re}, nil
		}
	}
	return &matches{s, all, false, r.re}, nil
}

// check reports the match of no characters that would have to come next.
func (m *matches) check() error {
	if m.empty {
		return newError("D1004", m.re.String())
	}
	return nil
}

// match is one match, of a regular expression or of a function that stands in
// for one.
type match struct {
	text       string
	start, end int // in bytes
	groups     []any
}

func (m *matches) match(i int) match {
	at := m.at[i]
	out := match{text: m.text[at[0]:at[1]], start: at[0], end: at[1]}
	for g := 2; g < len(at); g += 2 {
		if at[g] < 0 {
			out.groups = append(out.groups, nil)
			continue
		}
		out.groups = append(out.groups, m.text[at[g]:at[g+1]])
	}
	return out
}

// object returns match i as the function of a regular expression gives it.
func (m *matches) object(i int) any {
	if i >= len(m.at) {
		return nil
	}
	found := m.match(i)
	next := &Function{native: func(Call, []any) (any, error) {
		if i+1 >= len(m.at) {
			return nil, m.check()
		}
		return m.object(i + 1), nil
	}}
	return flow.NewObject(
		"match", found.text,
		"start", float64(flow.UTF16Len(m.text[:found.start])),
		"end", float64(flow.UTF16Len(m.text[:found.end])),
		"groups", flow.Array(found.groups),
		"next", next,
	)
}

// findAll returns the matches that a pattern function finds, up to limit of them
// if it is not negative.
func (c Call) findAll(fn *Function, s string, limit int) ([]match, error) {
	if fn.re != nil {
		found, err := fn.re.matches(s, limit)
		if err != nil {
			return nil, err
		}
		out := make([]match, len(found.at))
		for i := range out {
			out[i] = found.match(i)
		}
		if limit < 0 || len(out) < limit {
			err = found.check()
		}
		if err := c.run.grow(len(out) * 4 * itemSize); err != nil {
			return nil, err
		}
		return out, err
	}
	return c.findByFunction(fn, s, limit)
}

// findByFunction uses a function that gives matches as those of regular
// expressions do: an object with match, start, end, groups and next.
func (c Call) findByFunction(fn *Function, s string, limit int) ([]match, error) {
	var out []match
	v, err := c.apply(fn, s)
	for {
		if err != nil || v == nil {
			return out, err
		}
		m, next, ok := matchOf(v, s)
		if !ok {
			return nil, newError("T1010", nil)
		}
		out = append(out, m)
		if next == nil || limit >= 0 && len(out) >= limit {
			return out, nil
		}
		v, err = c.apply(next)
	}
}

func matchOf(v any, s string) (match, *Function, bool) {
	o, ok := object(v)
	if !ok {
		return match{}, nil, false
	}
	start, ok1 := o.Get("start").(float64)
	end, ok2 := o.Get("end").(float64)
	groups, ok3 := list(o.Get("groups"))
	next, ok4 := o.Get("next").(*Function)
	if !ok1 && !ok2 && !ok3 && !ok4 {
		return match{}, nil, false
	}
	m := match{groups: groups, start: byteOffset(s, start), end: byteOffset(s, end)}
	m.end = max(m.start, m.end)
	if text, ok := o.Get("match").(string); ok {
		m.text = text
	} else {
		m.text = s[m.start:m.end]
	}
	return m, next, true
}

// byteOffset turns a place in UTF-16 units into one in bytes.
func byteOffset(s string, units float64) int {
	n := 0.0
	for i, r := range s {
		if n >= units {
			return i
		}
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return len(s)
}
