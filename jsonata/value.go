package jsonata

import (
	"github.com/flowrun/flowrun/flow"
)

// array is a list on its way through an expression. A plain array (of the input,
// or made by an array constructor) is a flow.Array or an array without seq; a
// sequence is what paths and some functions give: it is flattened into what
// takes it, and one that ends with a single item is that item.
//
// Objects and flow.Arrays never hold an *array: plain turns it into a
// flow.Array first. Like all values, arrays do not change once they are made.
type array struct {
	items  []any
	seq    bool
	keep   bool // stays an array when it has one item ([])
	cons   bool // made by a constructor in a path: not flattened
	outer  bool // wraps an input that is an array
	nested bool // an item is an *array
}

// tuples is the result of a path whose steps keep their context for the path
// around it.
type tuples struct {
	scope *scope
	list  []tuple
}

// tuple is one item of a path with variables: the item and their values.
type tuple struct {
	value any
	slots []any
}

// list returns the items if v is a list of any kind.
func list(v any) ([]any, bool) {
	switch v := v.(type) {
	case flow.Array:
		return v, true
	case *array:
		return v.items, true
	}
	return nil, false
}

// isPlain tells whether v is an array and no sequence.
func isPlain(v any) bool {
	switch v := v.(type) {
	case flow.Array:
		return true
	case *array:
		return !v.seq
	}
	return false
}

// sequence returns a sequence of the items.
func sequence(items []any) any { return &array{items: items, seq: true} }

// collapse ends the making of a sequence: no item is undefined, one is itself.
func collapse(v any, keep bool) any {
	a, ok := v.(*array)
	if !ok || !a.seq {
		return v
	}
	if keep && !a.keep {
		c := *a
		c.keep = true
		a = &c
	}
	switch {
	case len(a.items) == 0:
		return nil
	case len(a.items) == 1 && !a.keep:
		return a.items[0]
	}
	return a
}

// plain returns v as it may stand in a flow.Array or *flow.Object.
func plain(v any) any {
	a, ok := v.(*array)
	if !ok {
		return v
	}
	if a.outer && len(a.items) == 1 {
		return a.items[0]
	}
	if !a.nested {
		return flow.Array(a.items)
	}
	out := make(flow.Array, len(a.items))
	for i, item := range a.items {
		out[i] = plain(item)
	}
	return out
}

// gather collects the results of a step for each item of its input.
type gather struct {
	first   any // the first result
	results int
	items   []any // the flattened results, once there are two
	nested  bool
	hint    int
}

func (g *gather) add(v any) {
	if v == nil {
		return
	}
	g.results++
	switch g.results {
	case 1:
		g.first = v
		return
	case 2:
		g.items = make([]any, 0, max(g.hint, 2))
		g.flatten(g.first)
	}
	g.flatten(v)
}

func (g *gather) flatten(v any) {
	switch t := v.(type) {
	case flow.Array:
		g.items = append(g.items, t...)
	case *array:
		if t.cons {
			g.items = append(g.items, v)
			g.nested = true
			return
		}
		g.items = append(g.items, t.items...)
		g.nested = g.nested || t.nested
	default:
		g.items = append(g.items, v)
	}
}

// result returns what the step gives: undefined, a single item, a sequence, or
// the plain array that is the only result of the last step. A sequence of one
// item is that item, unless the item is an array itself.
func (g *gather) result(last bool) any {
	if g.results == 1 {
		switch t := g.first.(type) {
		case flow.Array:
			if last {
				return t
			}
			return listForm(t, false)
		case *array:
			switch {
			case last && !t.seq:
				return t
			case t.cons:
				return &array{items: []any{t}, seq: true, nested: true}
			case t.seq && !t.keep && len(t.items) > 1:
				return t
			}
			return listForm(t.items, t.nested)
		}
		return g.first
	}
	return listForm(g.items, g.nested)
}

// form returns a sequence as gather.result does.
func form(v any) any {
	if a, ok := v.(*array); ok && a.seq && !a.keep {
		return listForm(a.items, a.nested)
	}
	return v
}

// listForm returns a sequence of the items; one that is no array stands for
// itself.
func listForm(items []any, nested bool) any {
	switch len(items) {
	case 0:
		return nil
	case 1:
		if _, ok := list(items[0]); !ok {
			return items[0]
		}
	}
	return &array{items: items, seq: true, nested: nested}
}

// size counts the properties of an object.
func size(v any) int {
	switch v := v.(type) {
	case *flow.Object:
		return v.Len()
	case *flow.Message:
		return v.Object().Len()
	case flow.Buffer:
		return len(v)
	}
	return 0
}

// object returns v as an object, if it is one whose properties can be seen.
func object(v any) (*flow.Object, bool) {
	switch v := v.(type) {
	case *flow.Object:
		return v, true
	case *flow.Message:
		return v.Object(), true
	case flow.Buffer:
		o := &flow.Object{}
		for i, b := range v {
			o.Set(string(flow.AppendNumber(nil, float64(i))), float64(b))
		}
		return o, true
	}
	return nil, false
}
