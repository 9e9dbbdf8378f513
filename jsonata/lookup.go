package jsonata

import (
	"math"

	"github.com/flowrun/flowrun/flow"
)

// lookup gets a property of an object, or those of all objects of an array.
func (r *run) lookup(v any, key string) any { return r.lookupAt(v, key, 0) }

func (r *run) lookupAt(v any, key string, depth int) any {
	switch v := v.(type) {
	case *flow.Object:
		return v.Get(key)
	case *flow.Message:
		return v.Get(key)
	case flow.Array:
		return r.lookupAll(v, key, depth)
	case *array:
		return r.lookupAll(v.items, key, depth)
	case flow.Buffer:
		if n := flow.Number(key); n >= 0 && n < float64(len(v)) && n == math.Trunc(n) {
			return float64(v[int(n)])
		}
	}
	return nil
}

func (r *run) lookupAll(items []any, key string, depth int) any {
	if !r.visit(depth) {
		return nil
	}
	var out []any
	var single any
	nested := false
	for _, item := range items {
		v := r.lookupAt(item, key, depth+1)
		if v == nil {
			continue
		}
		if values, ok := list(v); ok {
			if out == nil && single != nil {
				out = append(make([]any, 0, len(items)), single)
			}
			out = append(out, values...)
			if a, ok := v.(*array); ok && a.nested {
				nested = true
			}
			if out == nil {
				continue
			}
			single = out[0]
			continue
		}
		switch {
		case single == nil:
			single = v
		case out == nil:
			out = append(make([]any, 0, len(items)), single, v)
		default:
			out = append(out, v)
		}
	}
	switch {
	case out == nil:
		return single
	case len(out) == 1:
		return out[0]
	}
	r.spend(len(out) * itemSize)
	return &array{items: out, seq: true, nested: nested}
}
