package jsonata

import "github.com/flowrun/flowrun/flow"

// nameNode is a path of one name.
type nameNode struct{ name string }

func (n nameNode) eval(f *frame, in any) (any, error) {
	switch v := in.(type) {
	case *flow.Object:
		return v.Get(n.name), nil
	case flow.Array, *array:
		items, _ := list(v)
		return collapse(namesOf(f.run, items, n.name, true), false), nil
	}
	return f.run.lookup(in, n.name), nil
}

// namesNode is a path of several names.
type namesNode struct{ keys []string }

func (n *namesNode) eval(f *frame, in any) (any, error) {
	v := in
	last := len(n.keys) - 1
	for i, key := range n.keys {
		switch t := v.(type) {
		case *flow.Object:
			v = t.Get(key)
		case flow.Array:
			v = namesOf(f.run, t, key, i == last)
		case *array:
			v = namesOf(f.run, t.items, key, i == last)
		default:
			v = f.run.lookup(v, key)
		}
		if v == nil {
			return nil, nil
		}
	}
	return collapse(v, false), nil
}

// namesOf is the step of a name over several items.
func namesOf(r *run, items []any, key string, last bool) any {
	g := gather{hint: len(items)}
	for _, item := range items {
		g.add(r.lookup(item, key))
	}
	r.spend(len(g.items) * itemSize)
	return g.result(last)
}

// pathNode is any other path.
type pathNode struct {
	steps     []step
	group     *group
	varFirst  bool // the first step is a variable: it stands for itself
	consFirst bool // the first step is an array constructor: its items are the input
	keep      bool
	keepArray bool
}

// step is one step of a path: a name, a sort, or any other expression.
type step struct {
	name   string
	isName bool
	node   node
	sort   *sortStep
	stages []filter
}

func (n *pathNode) eval(f *frame, in any) (any, error) {
	v, err := n.walk(f, in)
	if err != nil {
		return nil, err
	}
	if n.keep || n.group == nil {
		v = keepForm(v, n.keep, n.keepArray)
	}
	if n.group != nil {
		return n.group.eval(f, v)
	}
	return collapse(v, false), nil
}

// keepForm is what becomes of the result of a path with [].
func keepForm(v any, keep, keepArray bool) any {
	if !keep && !keepArray || v == nil {
		return v
	}
	switch t := v.(type) {
	case flow.Array:
		return v
	case *array:
		switch {
		case t.seq:
			c := *t
			c.keep = true
			return &c
		case t.cons && keep:
			return &array{items: []any{t}, seq: true, keep: true, nested: true}
		}
		return v
	}
	return &array{items: []any{v}, seq: true, keep: true}
}

// walk takes the steps; what it returns is as gather.result describes it.
func (n *pathNode) walk(f *frame, in any) (any, error) {
	v := in
	for i := range n.steps {
		var err error
		last := i == len(n.steps)-1
		switch {
		case i == 0 && n.consFirst:
			v, err = n.steps[0].node.eval(f, v)
		case i == 0 && n.varFirst:
			var g gather
			if v, err = n.steps[0].once(f, v); err == nil {
				g.add(v)
				v = g.result(last)
			}
		default:
			v, err = n.steps[i].over(f, v, last)
		}
		if err != nil || v == nil {
			return nil, err
		}
	}
	return v, nil
}

// over takes the step for each item of v.
func (s *step) over(f *frame, v any, last bool) (any, error) {
	if s.sort != nil {
		out, err := s.sort.order(f, v)
		if err != nil {
			return nil, err
		}
		return filterAll(f, s.stages, out)
	}
	items, isList := list(v)
	if !isList {
		out, err := s.once(f, v)
		if err != nil {
			return nil, err
		}
		if _, isList := list(out); !isList {
			return out, nil
		}
		var g gather
		g.add(out)
		return g.result(last), nil
	}
	g := gather{hint: len(items)}
	for _, item := range items {
		if err := f.run.tick(); err != nil {
			return nil, err
		}
		out, err := s.once(f, item)
		if err != nil {
			return nil, err
		}
		g.add(out)
	}
	if err := f.run.grow(len(g.items) * itemSize); err != nil {
		return nil, err
	}
	return g.result(last), nil
}

// once takes the step for one item.
func (s *step) once(f *frame, v any) (any, error) {
	if s.isName {
		v = f.run.lookup(v, s.name)
	} else {
		var err error
		if v, err = s.node.eval(f, v); err != nil {
			return nil, err
		}
	}
	if s.stages == nil {
		return v, nil
	}
	return filterAll(f, s.stages, v)
}

// wildcardNode is *: the values of an object, with arrays flattened.
type wildcardNode struct{ keep bool }

func (n wildcardNode) eval(f *frame, in any) (any, error) {
	if a, ok := in.(*array); ok && a.outer {
		in = a.items[0]
	}
	out := &array{seq: true}
	if items, ok := list(in); ok {
		for _, item := range items {
			if out.appendFlat(f.run, item, 0) {
				out.seq = false
			}
		}
	} else if o, ok := object(in); ok {
		for _, v := range o.All() {
			if out.appendFlat(f.run, v, 0) {
				out.seq = false
			}
		}
	}
	if err := f.run.grow(len(out.items) * itemSize); err != nil {
		return nil, err
	}
	return collapse(out, n.keep), nil
}

// appendFlat appends v, and if v is an array what is in it at any depth.
func (a *array) appendFlat(r *run, v any, depth int) bool {
	items, ok := list(v)
	if !ok {
		if v != nil {
			a.items = append(a.items, v)
		}
		return false
	}
	if r.visit(depth) {
		r.spend(len(items) * itemSize)
		for _, item := range items {
			a.appendFlat(r, item, depth+1)
		}
	}
	return true
}

// descendantNode is **: a value and all that is in it at any depth.
type descendantNode struct{ keep bool }

func (n descendantNode) eval(f *frame, in any) (any, error) {
	out := &array{seq: true}
	if err := out.descend(f.run, in, 0); err != nil {
		return nil, err
	}
	if err := f.run.grow(len(out.items) * itemSize); err != nil {
		return nil, err
	}
	return collapse(out, n.keep), nil
}

func (a *array) descend(r *run, v any, depth int) error {
	if depth > maxDataDepth {
		return newError("D1011", nil)
	}
	if err := r.tick(); err != nil {
		return err
	}
	if items, ok := list(v); ok {
		for _, item := range items {
			if err := a.descend(r, item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if v == nil {
		return nil
	}
	a.items = append(a.items, v)
	if o, ok := object(v); ok {
		for _, item := range o.All() {
			if err := a.descend(r, item, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
