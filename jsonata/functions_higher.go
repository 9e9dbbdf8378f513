package jsonata

import (
	"github.com/flowrun/flowrun/flow"
)

var higherFunctions = []builtin{
	{"map", "<af>", mapFunction},
	{"filter", "<af>", filterFunction},
	{"single", "<af?>", singleFunction},
	{"reduce", "<afj?:j>", reduceFunction},
	{"sift", "<o-f?:o>", siftFunction},
	{"each", "<o-f:a>", eachFunction},
}

// callback calls a function with as many of value, position and whole as it
// takes.
func (c Call) callback(fn *Function, value, position, whole any) (any, error) {
	switch {
	case fn.arity >= 3:
		return c.apply(fn, value, position, whole)
	case fn.arity == 2:
		return c.apply(fn, value, position)
	}
	return c.apply(fn, value)
}

func mapFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	fn, isFn := args[1].(*Function)
	if !ok || !isFn {
		return nil, nil
	}
	if err := c.grow(len(items)); err != nil {
		return nil, err
	}
	out := &array{items: make([]any, 0, len(items)), seq: true}
	for i, item := range items {
		v, err := c.callback(fn, item, position(fn, i), args[0])
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.items = append(out.items, plain(v))
		}
	}
	return out, nil
}

// position returns a position as a value, if fn takes it.
func position(fn *Function, i int) any {
	if fn.arity < 2 {
		return nil
	}
	return number(float64(i))
}

func filterFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	fn, isFn := args[1].(*Function)
	if !ok || !isFn {
		return nil, nil
	}
	out := &array{seq: true, nested: isNested(args[0])}
	for i, item := range items {
		v, err := c.callback(fn, item, position(fn, i), args[0])
		if err != nil {
			return nil, err
		}
		if c.run.truthy(v) {
			out.items = append(out.items, item)
		}
	}
	return out, c.grow(len(out.items))
}

func singleFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok {
		return nil, nil
	}
	fn, hasFn := args[1].(*Function)
	var found any
	count := 0
	for i, item := range items {
		if hasFn {
			v, err := c.callback(fn, item, position(fn, i), args[0])
			if err != nil {
				return nil, err
			}
			if !c.run.truthy(v) {
				continue
			}
		}
		if count++; count > 1 {
			return nil, newError("D3138", nil).with("index", float64(i))
		}
		found = item
	}
	if count == 0 {
		return nil, newError("D3139", nil)
	}
	return found, nil
}

func reduceFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	fn, isFn := args[1].(*Function)
	if !ok || !isFn {
		return nil, nil
	}
	if fn.arity < 2 {
		return nil, newError("D3050", nil).with("index", 1.0)
	}
	out, from := args[2], 0
	if out == nil && len(items) > 0 {
		out, from = items[0], 1
	}
	whole := args[0]
	for i := from; i < len(items); i++ {
		var err error
		switch {
		case fn.arity >= 4:
			out, err = c.apply(fn, out, items[i], number(float64(i)), whole)
		case fn.arity == 3:
			out, err = c.apply(fn, out, items[i], number(float64(i)))
		default:
			out, err = c.apply(fn, out, items[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func siftFunction(c Call, args []any) (any, error) {
	o, ok := object(args[0])
	fn, isFn := args[1].(*Function)
	if !ok || !isFn {
		return nil, nil
	}
	out := &flow.Object{}
	for k, item := range o.All() {
		v, err := c.callback(fn, item, k, o)
		if err != nil {
			return nil, err
		}
		if c.run.truthy(v) {
			out.Set(k, item)
		}
	}
	if out.Len() == 0 {
		return nil, nil
	}
	return out, c.grow(2 * out.Len())
}

func eachFunction(c Call, args []any) (any, error) {
	o, ok := object(args[0])
	fn, isFn := args[1].(*Function)
	if !ok || !isFn {
		return nil, nil
	}
	out := &array{items: make([]any, 0, o.Len()), seq: true}
	for k, item := range o.All() {
		v, err := c.callback(fn, item, k, o)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.items = append(out.items, plain(v))
		}
	}
	return out, c.grow(len(out.items))
}
