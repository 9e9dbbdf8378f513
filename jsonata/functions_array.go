package jsonata

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/flowrun/flowrun/flow"
)

var arrayFunctions = []builtin{
	{"append", "<xx:a>", appendFunction},
	{"reverse", "<a:a>", reverseFunction},
	{"shuffle", "<a:a>", shuffleFunction},
	{"sort", "<af?:a>", sortFunction},
	{"distinct", "<x:x>", distinctFunction},
	{"zip", "<a+>", zipFunction},
}

func appendFunction(c Call, args []any) (any, error) {
	a, b := args[0], args[1]
	switch {
	case a == nil:
		return b, nil
	case b == nil:
		return a, nil
	}
	x, ok := list(a)
	if !ok {
		x = []any{a}
	}
	y, ok := list(b)
	if !ok {
		y = []any{b}
	}
	if err := c.grow(len(x) + len(y)); err != nil {
		return nil, err
	}
	out := make([]any, 0, len(x)+len(y))
	out = append(append(out, x...), y...)
	return &array{items: out, nested: isNested(a) || isNested(b)}, nil
}

func isNested(v any) bool {
	a, ok := v.(*array)
	return ok && a.nested
}

func reverseFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok || len(items) <= 1 {
		return args[0], nil
	}
	out := slices.Clone(items)
	slices.Reverse(out)
	return &array{items: out, nested: isNested(args[0])}, c.grow(len(out))
}

func shuffleFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok || len(items) <= 1 {
		return args[0], nil
	}
	out := slices.Clone(items)
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return &array{items: out, nested: isNested(args[0])}, c.grow(len(out))
}

func sortFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok || len(items) <= 1 {
		return args[0], nil
	}
	if err := c.grow(len(items)); err != nil {
		return nil, err
	}
	if fn, ok := args[1].(*Function); ok {
		out, err := mergeSort(items, func(a, b *any) (bool, error) {
			v, err := c.apply(fn, *a, *b)
			return c.run.truthy(v), err
		})
		return &array{items: out, nested: isNested(args[0])}, err
	}
	kind := kindOf(items[0])
	for _, item := range items {
		if k := kindOf(item); k != kind || k != kindNumber && k != kindString {
			return nil, newError("D3070", nil).with("index", 1.0)
		}
	}
	out := slices.Clone(items)
	if kind == kindNumber {
		slices.SortStableFunc(out, func(a, b any) int {
			x, y := a.(float64), b.(float64)
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	} else {
		slices.SortStableFunc(out, func(a, b any) int { return compareStrings(a.(string), b.(string)) })
	}
	return flow.Array(out), nil
}

// distinctFunction finds equal values by their text where they are no objects or
// arrays, so that it takes linear time.
func distinctFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok || len(items) <= 1 {
		return args[0], nil
	}
	seen := make(map[any]struct{}, len(items))
	byText := map[string][]any{}
	out := make([]any, 0, len(items))
	for _, item := range items {
		if err := c.run.tick(); err != nil {
			return nil, err
		}
		switch item.(type) {
		case nil, string, float64, bool, flow.Null, *Function:
			if _, ok := seen[item]; ok {
				continue
			}
			seen[item] = struct{}{}
		default:
			key := sketch(item)
			if slices.ContainsFunc(byText[key], func(other any) bool { return c.run.equal(item, other, 0) }) {
				continue
			}
			byText[key] = append(byText[key], item)
		}
		out = append(out, item)
	}
	plain := isPlain(args[0])
	return &array{items: out, seq: !plain, nested: isNested(args[0])}, c.grow(len(out))
}

// sketch returns a text that is the same for equal objects and arrays, and most
// often another one for others.
func sketch(v any) string {
	if items, ok := list(v); ok {
		b := strconv.AppendInt([]byte{'['}, int64(len(items)), 10)
		for _, item := range items[:min(len(items), 8)] {
			b = sketchItem(append(b, ','), item)
		}
		return string(b)
	}
	o, ok := object(v)
	if !ok {
		return ""
	}
	keys := o.Keys()
	slices.Sort(keys)
	b := []byte{'{'}
	for _, k := range keys[:min(len(keys), 8)] {
		b = sketchItem(append(append(b, k...), ':'), o.Get(k))
	}
	return string(b)
}

func sketchItem(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(b, v...)
	case float64:
		return flow.AppendNumber(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	}
	return append(b, '?')
}

func zipFunction(c Call, args []any) (any, error) {
	lists := make([][]any, len(args))
	shortest := -1
	for i, arg := range args {
		lists[i], _ = list(plain(arg))
		if n := len(lists[i]); shortest < 0 || n < shortest {
			shortest = n
		}
	}
	out := make(flow.Array, 0, max(shortest, 0))
	for i := range max(shortest, 0) {
		if err := c.grow(1 + len(lists)); err != nil {
			return nil, err
		}
		row := make(flow.Array, len(lists))
		for j, items := range lists {
			row[j] = items[i]
		}
		out = append(out, row)
	}
	return out, nil
}
