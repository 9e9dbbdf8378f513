// Package jscompare compares values as the operators of JavaScript do.
package jscompare

import (
	"cmp"
	"math"

	"github.com/flowrun/flowrun/flow"
)

// Equal is == (ECMA-262, IsLooselyEqual).
func Equal(a, b flow.Value) bool {
	if flow.IsNullish(a) || flow.IsNullish(b) {
		return flow.IsNullish(a) && flow.IsNullish(b)
	}
	if isObject(a) && isObject(b) {
		return sameObject(a, b)
	}
	a, b = primitive(a), primitive(b)
	s, ok1 := a.(string)
	t, ok2 := b.(string)
	if ok1 && ok2 {
		return s == t
	}
	return flow.Number(a) == flow.Number(b)
}

// Order orders two values as < does (ECMA-262, IsLessThan): negative if a is
// less than b, 0 if neither is less, positive if b is. It is not ok if one of
// them is no number where numbers are compared: all comparisons are false then.
func Order(a, b flow.Value) (order int, ok bool) {
	if d, isDate := a.(flow.Date); isDate {
		a = float64(d)
	}
	if d, isDate := b.(flow.Date); isDate {
		b = float64(d)
	}
	a, b = primitive(a), primitive(b)
	s, ok1 := a.(string)
	t, ok2 := b.(string)
	if ok1 && ok2 {
		return cmp.Compare(s, t), true
	}
	x, y := flow.Number(a), flow.Number(b)
	return cmp.Compare(x, y), !math.IsNaN(x) && !math.IsNaN(y)
}

func isObject(v flow.Value) bool {
	switch v.(type) {
	case nil, flow.Null, bool, float64, string:
		return false
	}
	return true
}

// primitive turns an object into the text that stands for it.
func primitive(v flow.Value) flow.Value {
	if isObject(v) {
		return flow.Text(v)
	}
	return v
}

// sameObject tells whether both are one and the same object. Lists and Buffers
// have no identity here; those that share their memory are the same.
func sameObject(a, b flow.Value) bool {
	switch a := a.(type) {
	case *flow.Object:
		return a == b
	case flow.Array:
		b, ok := b.(flow.Array)
		return ok && len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
	case flow.Buffer:
		b, ok := b.(flow.Buffer)
		return ok && len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
	}
	return false
}
