package jsonata

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// literalNode is a constant.
type literalNode struct{ value any }

func (n literalNode) eval(*frame, any) (any, error) { return n.value, nil }

// contextNode is $.
type contextNode struct{}

func (contextNode) eval(_ *frame, in any) (any, error) {
	if a, ok := in.(*array); ok && a.outer {
		return a.items[0], nil
	}
	return in, nil
}

// localNode is a variable that only one scope can hold.
type localNode struct{ place place }

func (n *localNode) eval(f *frame, _ any) (any, error) {
	for range n.place.up {
		f = f.parent
	}
	if v := f.slots[n.place.slot]; v != unbound {
		return v, nil
	}
	return nil, nil
}

// variableNode is a variable of several scopes: the innermost that has bound it
// counts.
type variableNode struct{ places []place }

func (n *variableNode) eval(f *frame, _ any) (any, error) {
	up := 0
	for _, p := range n.places {
		for ; up < p.up; up++ {
			f = f.parent
		}
		if v := f.slots[p.slot]; v != unbound {
			return v, nil
		}
	}
	return nil, nil
}

// bindNode is :=.
type bindNode struct {
	slot  int
	value node
}

func (n *bindNode) eval(f *frame, in any) (any, error) {
	v, err := n.value.eval(f, in)
	if err != nil {
		return nil, err
	}
	f.slots[n.slot] = v
	return v, nil
}

// blockNode is a block that binds no variables.
type blockNode []node

func (n blockNode) eval(f *frame, in any) (any, error) {
	var v any
	for _, part := range n {
		var err error
		if v, err = part.eval(f, in); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// scopeNode is a block with variables of its own.
type scopeNode struct {
	scope *scope
	list  []node
}

func (n *scopeNode) eval(f *frame, in any) (any, error) {
	inner := f.child(n.scope)
	for i := range inner.slots {
		inner.slots[i] = unbound
	}
	v, err := blockNode(n.list).eval(inner, in)
	if err == nil {
		inner.release()
	}
	return v, err
}

// conditionNode is a ? b : c.
type conditionNode struct{ cond, then, alt node }

func (n *conditionNode) eval(f *frame, in any) (any, error) {
	v, err := n.cond.eval(f, in)
	if err != nil {
		return nil, err
	}
	if f.run.truthy(v) {
		return n.then.eval(f, in)
	}
	return n.alt.eval(f, in)
}

// defaultNode is a ?: b.
type defaultNode struct{ value, alt node }

func (n *defaultNode) eval(f *frame, in any) (any, error) {
	v, err := n.value.eval(f, in)
	if err != nil || f.run.truthy(v) {
		return v, err
	}
	return n.alt.eval(f, in)
}

// coalesceNode is a ?? b.
type coalesceNode struct{ value, alt node }

func (n *coalesceNode) eval(f *frame, in any) (any, error) {
	v, err := n.value.eval(f, in)
	if err != nil || v != nil {
		return v, err
	}
	return n.alt.eval(f, in)
}

// arrayNode is an array constructor.
type arrayNode struct {
	items []node
	whole []bool // items that are array constructors themselves: not flattened
	cons  bool
}

func (n *arrayNode) eval(f *frame, in any) (any, error) {
	out := make([]any, 0, len(n.items))
	for i, item := range n.items {
		v, err := item.eval(f, in)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if items, ok := list(v); ok && !n.whole[i] {
			if a, ok := v.(*array); ok && a.nested {
				items, _ = list(plain(v))
			}
			if len(out) == 0 && len(n.items) == 1 {
				out = slices.Clip(items) // values do not change: share them
			} else {
				out = append(out, items...)
			}
			continue
		}
		out = append(out, plain(v))
	}
	if err := f.growOrNil(len(out)); err != nil {
		return nil, err
	}
	if n.cons {
		return &array{items: out, cons: true}, nil
	}
	return flow.Array(out), nil
}

// transformNode is |pattern|update,delete|: a function.
type transformNode struct {
	pattern, update, remove, clone node
	pos, updatePos, deletePos      int
}

func (n *transformNode) eval(f *frame, _ any) (any, error) {
	f.keep()
	return &Function{
		sig: transformSignature,
		native: func(c Call, args []any) (any, error) {
			return n.apply(f, c, args[0])
		},
	}, nil
}

var transformSignature = mustSignature("<(oa):o>")

func (n *transformNode) apply(f *frame, c Call, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	cl, err := n.clone.eval(f, nil)
	if err != nil {
		return nil, err
	}
	fn, ok := cl.(*Function)
	if !ok {
		return nil, newError("T2013", nil).at(n.pos, "")
	}
	if v, err = c.apply(fn, v); err != nil {
		return nil, err
	}
	// What changes below must be ours, whatever $clone is bound to.
	if v, err = deepCopy(f.run, plain(v), 0); err != nil {
		return nil, err
	}
	matches, err := n.pattern.eval(f, v)
	if err != nil {
		return nil, err
	}
	items, ok := list(matches)
	if !ok {
		items = []any{matches}
	}
	for _, m := range items {
		if m == nil {
			continue
		}
		if err := n.change(f, m); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (n *transformNode) change(f *frame, match any) error {
	if err := f.run.tick(); err != nil {
		return err
	}
	target, _ := match.(*flow.Object)
	update, err := n.update.eval(f, match)
	if err != nil {
		return err
	}
	if update != nil {
		o, ok := object(update)
		if !ok {
			return newError("T2011", update).at(n.updatePos, "")
		}
		// A copy, because the update may hold the target itself.
		if update, err = deepCopy(f.run, o, 0); err != nil {
			return err
		}
		if target != nil {
			for k, v := range update.(*flow.Object).All() {
				target.Set(k, v)
			}
		}
	}
	if n.remove == nil {
		return nil
	}
	keys, err := n.remove.eval(f, match)
	if err != nil || keys == nil {
		return err
	}
	items, ok := list(keys)
	if !ok {
		items = []any{keys}
	}
	for _, key := range items {
		if _, ok := key.(string); !ok {
			return newError("T2012", keys).at(n.deletePos, "")
		}
	}
	if target != nil {
		for _, key := range items {
			target.Delete(key.(string))
		}
	}
	return nil
}

// deepCopy copies objects and arrays at any depth.
func deepCopy(r *run, v any, depth int) (any, error) {
	if depth > maxDataDepth {
		return nil, newError("D1011", nil)
	}
	if err := r.tick(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *flow.Message:
		return deepCopy(r, v.Object(), depth)
	case *flow.Object:
		if err := r.grow(64 + v.Len()*2*itemSize); err != nil {
			return nil, err
		}
		c := v.Clone()
		for k, item := range v.All() {
			switch item.(type) {
			case *flow.Object, flow.Array, *flow.Message:
				w, err := deepCopy(r, item, depth+1)
				if err != nil {
					return nil, err
				}
				c.Set(k, w)
			}
		}
		return c, nil
	case flow.Array:
		if err := r.grow(len(v) * itemSize); err != nil {
			return nil, err
		}
		c := make(flow.Array, len(v))
		for i, item := range v {
			w, err := deepCopy(r, item, depth+1)
			if err != nil {
				return nil, err
			}
			c[i] = w
		}
		return c, nil
	}
	return v, nil
}
