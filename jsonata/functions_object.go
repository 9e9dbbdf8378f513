package jsonata

import (
	"github.com/flowrun/flowrun/flow"
)

var objectFunctions = []builtin{
	{"keys", "<x-:a<s>>", keysFunction},
	{"lookup", "<x-s:x>", lookupFunction},
	{"spread", "<x-:a<o>>", spreadFunction},
	{"merge", "<a<o>:o>", mergeFunction},
	{"clone", "<(oa)-:o>", cloneFunction},
}

func keysFunction(c Call, args []any) (any, error) {
	keys := &flow.Object{}
	if err := c.collectKeys(keys, args[0], 0); err != nil {
		return nil, err
	}
	items := make([]any, 0, keys.Len())
	for k := range keys.All() {
		items = append(items, k)
	}
	return sequence(items), c.grow(len(items))
}

func (c Call) collectKeys(keys *flow.Object, v any, depth int) error {
	if depth > maxDataDepth {
		return newError("D1011", nil)
	}
	if items, ok := list(v); ok {
		for _, item := range items {
			if err := c.run.tick(); err != nil {
				return err
			}
			if err := c.collectKeys(keys, item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if o, ok := object(v); ok {
		for k := range o.All() {
			keys.Set(k, true)
		}
	}
	return nil
}

func lookupFunction(c Call, args []any) (any, error) {
	key, ok := args[1].(string)
	if !ok {
		return nil, nil
	}
	return c.run.lookup(args[0], key), nil
}

func spreadFunction(c Call, args []any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	items, isList := list(args[0])
	if !isList {
		if _, ok := object(args[0]); !ok {
			return args[0], nil
		}
		items = []any{args[0]}
	}
	var out []any
	for _, item := range items {
		out = c.spreadTo(out, item, 0)
	}
	return &array{items: out, seq: !isList || len(items) == 0}, c.grow(4 * len(out))
}

// spreadTo appends objects of one property each.
func (c Call) spreadTo(out []any, v any, depth int) []any {
	if items, ok := list(v); ok {
		if !c.run.visit(depth) {
			return out
		}
		c.run.spend(4 * itemSize * len(items))
		for _, item := range items {
			out = c.spreadTo(out, item, depth+1)
		}
		return out
	}
	o, ok := object(v)
	if !ok {
		return append(out, v)
	}
	for k, item := range o.All() {
		out = append(out, flow.NewObject(k, item))
	}
	return out
}

func mergeFunction(c Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok {
		return nil, nil
	}
	out := &flow.Object{}
	for _, item := range items {
		if o, ok := object(item); ok {
			for k, v := range o.All() {
				out.Set(k, v)
			}
			if err := c.grow(2 * o.Len()); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func cloneFunction(c Call, args []any) (any, error) {
	return deepCopy(c.run, plain(args[0]), 0)
}
