package jsonata

import "math"

// path compiles a path; the common ones have nodes of their own.
func (c *compiler) path(n *ast) (node, error) {
	for _, step := range n.list {
		if step.tuple {
			return c.tuplePath(n)
		}
	}
	if keys := plainNames(n); keys != nil {
		if len(keys) == 1 {
			return nameNode{keys[0]}, nil
		}
		return &namesNode{keys}, nil
	}
	out := &pathNode{
		varFirst:  n.list[0].kind == astVariable,
		consFirst: n.list[0].consArray,
		keep:      n.keepSingleton,
		keepArray: n.keepArray,
	}
	var err error
	if out.steps, err = c.steps(n.list); err != nil {
		return nil, err
	}
	if n.group != nil {
		out.group, err = c.grouping(n.group)
	}
	return out, err
}

// plainNames returns the names of a path of nothing but names.
func plainNames(n *ast) []string {
	if n.group != nil || n.keepSingleton || n.keepArray {
		return nil
	}
	keys := make([]string, len(n.list))
	for i, step := range n.list {
		if step.kind != astName || step.stages != nil || step.predicate != nil || step.group != nil {
			return nil
		}
		keys[i] = step.value
	}
	return keys
}

func (c *compiler) steps(list []*ast) ([]step, error) {
	out := make([]step, len(list))
	for i, s := range list {
		var err error
		if out[i], err = c.step(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) step(s *ast) (step, error) {
	c.level++ // the step is one level below its path
	defer func() { c.level-- }()
	var out step
	var err error
	switch {
	case s.kind == astSort:
		out.sort, err = c.sort(s)
	case s.kind == astName && s.predicate == nil && s.group == nil:
		out.name, out.isName = s.value, true
	default:
		out.node, err = c.compile(s)
	}
	if err != nil {
		return out, err
	}
	out.stages, err = c.stages(s.stages)
	return out, err
}

func (c *compiler) stages(list []stage) ([]filter, error) {
	var out []filter
	for _, s := range list {
		if s.filter == nil {
			out = append(out, filter{slot: c.scope.declare(s.index)})
			continue
		}
		if s.filter.kind == astNumber && s.filter.predicate == nil {
			if n, ok := s.filter.lit.(float64); ok {
				out = append(out, filter{slot: -1, constant: true, index: math.Floor(n)})
				continue
			}
		}
		cond, err := c.compile(s.filter)
		if err != nil {
			return nil, err
		}
		out = append(out, filter{slot: -1, cond: cond})
	}
	return out, nil
}

func (c *compiler) sort(s *ast) (*sortStep, error) {
	out := &sortStep{pos: s.pos}
	for _, term := range s.terms {
		key, err := c.compile(term.expr)
		if err != nil {
			return nil, err
		}
		out.terms = append(out.terms, sortKey{key, term.descending})
	}
	return out, nil
}

// grouping compiles the pairs of an object or of a group.
func (c *compiler) grouping(g *grouping) (*group, error) {
	out := &group{pos: g.pos, fixed: true}
	seen := map[string]bool{}
	for _, pair := range g.pairs {
		key, err := c.compile(pair[0])
		if err != nil {
			return nil, err
		}
		value, err := c.compile(pair[1])
		if err != nil {
			return nil, err
		}
		lit, ok := key.(literalNode)
		name, isString := lit.value.(string)
		if !ok || !isString || seen[name] {
			out.fixed = false
		}
		seen[name] = true
		out.pairs = append(out.pairs, groupPair{key: key, name: lit.value, value: value})
	}
	return out, nil
}

// tuplePath compiles a path whose steps bind variables (@, #) or keep their
// context (%).
func (c *compiler) tuplePath(n *ast) (node, error) {
	out := &tupleNode{
		scope:     &scope{},
		varFirst:  n.list[0].kind == astVariable,
		consFirst: n.list[0].consArray,
		keep:      n.keepSingleton,
		keepArray: n.keepArray,
		stream:    n.tuple,
	}
	streamNames(n, out.scope)
	outer := c.scope
	inner := c.innerScope(out.scope)
	defer c.leave(outer)
	inTuples := false
	for _, s := range n.list {
		starts := s.tuple && !inTuples
		inTuples = inTuples || s.tuple
		if inTuples && !(starts && s.kind == astSort) {
			c.scope = inner
			declareBinds(inner, s)
		}
		compiled, err := c.step(s)
		if err != nil {
			return nil, err
		}
		t := tupleStep{step: compiled, tuple: inTuples, focus: -1, index: -1, ancestor: -1}
		if s.focus != "" {
			t.focus = inner.declare(s.focus)
		}
		if s.index != "" {
			t.index = inner.declare(s.index)
		}
		if s.ancestor != nil {
			t.ancestor = inner.declare(s.ancestor.label)
		}
		out.steps = append(out.steps, t)
	}
	if n.group != nil {
		c.scope = inner
		var err error
		out.group, err = c.grouping(n.group)
		return out, err
	}
	return out, nil
}

// streamNames declares the variables that the tuples of a path carry, with those
// of the paths in its steps whose tuples become part of them.
func streamNames(n *ast, s *scope) {
	switch n.kind {
	case astBlock:
		if n.tuple && len(n.list) > 0 {
			streamNames(n.list[len(n.list)-1], s)
		}
	case astPath:
		for _, step := range n.list {
			if step.focus != "" {
				s.declare(step.focus)
			}
			if step.index != "" {
				s.declare(step.index)
			}
			if step.ancestor != nil {
				s.declare(step.ancestor.label)
			}
			for _, st := range step.stages {
				if st.filter == nil {
					s.declare(st.index)
				}
			}
			streamNames(step, s)
		}
	}
}

// streamScope returns a scope with the variables of the tuples that n gives, nil
// if it gives none.
func streamScope(n *ast) *scope {
	switch {
	case n.kind == astBlock && n.tuple && len(n.list) > 0:
		return streamScope(n.list[len(n.list)-1])
	case n.kind == astPath && n.tuple:
		for _, step := range n.list {
			if step.tuple {
				s := &scope{}
				streamNames(n, s)
				return s
			}
		}
	}
	return nil
}
