package jsonata

import (
	"math"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// truthy is the effective boolean value ($boolean); undefined is false.
func (r *run) truthy(v any) bool { return r.truthyAt(v, 0) }

func (r *run) truthyAt(v any, depth int) bool {
	switch v := v.(type) {
	case nil, flow.Null, *Function:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0 && !math.IsNaN(v)
	case flow.Array:
		return r.anyTruthy(v, depth)
	case *array:
		return r.anyTruthy(v.items, depth)
	}
	return size(v) > 0
}

func (r *run) anyTruthy(items []any, depth int) bool {
	if !r.visit(depth) {
		return false
	}
	for _, item := range items {
		if r.truthyAt(item, depth+1) {
			return true
		}
	}
	return false
}

// equal compares deeply; objects are equal whatever the order of their keys.
func (r *run) equal(a, b any, depth int) bool {
	if depth > 0 && !r.visit(depth) {
		return false
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case float64:
		b, ok := b.(float64)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case flow.Null:
		_, ok := b.(flow.Null)
		return ok
	case flow.Array, *array:
		x, _ := list(a)
		y, ok := list(b)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !r.equal(x[i], y[i], depth+1) {
				return false
			}
		}
		return true
	case *Function:
		return a == b
	case flow.Date:
		b, ok := b.(flow.Date)
		return ok && a == b
	case flow.Buffer:
		b, ok := b.(flow.Buffer)
		return ok && string(a) == string(b)
	}
	x, ok1 := object(a)
	y, ok2 := object(b)
	if !ok1 || !ok2 || x.Len() != y.Len() {
		return a == nil && b == nil
	}
	for k, v := range x.All() {
		w, ok := y.Lookup(k)
		if !ok || !r.equal(v, w, depth+1) {
			return false
		}
	}
	return true
}

// compareStrings orders strings by their UTF-16 units, as JavaScript does: that
// is the order of their bytes, but for characters beyond U+FFFF, which come
// before U+E000 to U+FFFF.
func compareStrings(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if x, y := a[i], b[i]; x != y {
			switch {
			case x >= 0xF0 && y >= 0xEE && y < 0xF0:
				return -1
			case y >= 0xF0 && x >= 0xEE && x < 0xF0:
				return 1
			case x < y:
				return -1
			}
			return 1
		}
	}
	return strings.Compare(a[n:], b[n:])
}
