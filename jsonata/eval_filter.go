package jsonata

import "math"

// filter is a predicate, a fixed position, or (in paths with variables) the
// variable that gets the position.
type filter struct {
	cond     node
	constant bool
	index    float64 // of a constant
	slot     int     // of the variable, or -1
}

func filterAll(f *frame, stages []filter, v any) (any, error) {
	for i := range stages {
		var err error
		if v, err = stages[i].apply(f, v); err != nil || v == nil {
			return nil, err
		}
	}
	return v, nil
}

// apply returns the items that the filter lets through: undefined, one item, a
// sequence, or the array at a fixed position.
func (p *filter) apply(f *frame, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	items, isList := list(v)
	if p.constant {
		if !isList {
			if p.index == 0 || p.index == -1 {
				return v, nil
			}
			return nil, nil
		}
		i := p.index
		if i < 0 {
			i += float64(len(items))
		}
		if i < 0 || i >= float64(len(items)) {
			return nil, nil
		}
		return items[int(i)], nil
	}
	if !isList {
		n, err := p.matches(f, v, 0, 1)
		if err != nil || n == 0 {
			return nil, err
		}
		if n == 1 {
			return v, nil
		}
		items = []any{v}
	}
	var out []any
	nested := false
	for i, item := range items {
		if err := f.run.tick(); err != nil {
			return nil, err
		}
		n, err := p.matches(f, item, i, len(items))
		if err != nil {
			return nil, err
		}
		for range n {
			out = append(out, item)
		}
		if n > 0 {
			if _, ok := item.(*array); ok {
				nested = true
			}
		}
	}
	return listForm(out, nested), nil
}

// matches tells how many times the item at a position is let through.
func (p *filter) matches(f *frame, item any, at, length int) (int, error) {
	res, err := p.cond.eval(f, item)
	if err != nil {
		return 0, err
	}
	return f.run.positions(res, at, length)
}

// positions reads the result of a predicate: numbers are positions.
func (r *run) positions(res any, at, length int) (int, error) {
	switch t := res.(type) {
	case bool:
		if t {
			return 1, nil
		}
		return 0, nil
	case float64:
		if err := finite(t); err != nil {
			return 0, err
		}
		if isAt(t, at, length) {
			return 1, nil
		}
		return 0, nil
	}
	if items, ok := list(res); ok {
		n := 0
		numbers := true
		for _, item := range items {
			x, ok := item.(float64)
			if !ok || math.IsNaN(x) {
				numbers = false
				break
			}
			if err := finite(x); err != nil {
				return 0, err
			}
			if isAt(x, at, length) {
				n++
			}
		}
		if numbers {
			return n, nil
		}
	}
	if r.truthy(res) {
		return 1, nil
	}
	return 0, nil
}

func isAt(x float64, at, length int) bool {
	x = math.Floor(x)
	if x < 0 {
		x += float64(length)
	}
	return x == float64(at)
}

// suffixNode filters and groups the result of what is no path.
type suffixNode struct {
	base    node
	filters []filter
	group   *group
	keep    bool
	stream  *scope // the variables of the tuples that base gives
}

func (n *suffixNode) eval(f *frame, in any) (any, error) {
	v, err := n.base.eval(f, in)
	if err != nil {
		return nil, err
	}
	if t, ok := v.(*tuples); ok && n.stream != nil {
		return n.evalTuples(f, t)
	}
	if v, err = filterAll(f, n.filters, v); err != nil {
		return nil, err
	}
	if n.filters != nil {
		v = keepForm(v, false, n.keep)
	}
	if n.group != nil {
		return n.group.eval(f, v)
	}
	return collapse(v, n.keep), nil
}

func (n *suffixNode) evalTuples(f *frame, t *tuples) (any, error) {
	rows, err := filterTuples(f, n.stream, n.filters, t.list)
	if err != nil {
		return nil, err
	}
	return &tuples{t.scope, rows}, nil
}
