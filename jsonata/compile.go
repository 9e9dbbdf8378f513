package jsonata

// node is a part of a compiled expression. Nodes do not change, so that many
// evaluations can share them. What eval returns is never a sequence of no or one
// item, unless it is to stay one (keep).
type node interface {
	eval(f *frame, in any) (any, error)
}

// compiler turns a syntax tree into nodes. Variables become places in frames:
// which scope, which slot.
type compiler struct {
	scope *scope
	top   *scope
	level int // how deep the node being compiled is within its function
}

func (c *compiler) compile(n *ast) (node, error) {
	c.level++
	defer func() { c.level-- }()
	if c.level > 2*maxNesting {
		return nil, newError("D1011", nil).at(n.pos, "")
	}
	out, err := c.bare(n)
	if err != nil || (n.predicate == nil && (n.group == nil || n.kind == astPath)) {
		return out, err
	}
	return c.suffixes(n, out)
}

// suffixes adds the filters and the grouping of a node that is no step.
func (c *compiler) suffixes(n *ast, base node) (node, error) {
	switch base := base.(type) {
	case *callNode:
		base.raw = true
	case *applyNode:
		base.raw = true
		if base.call != nil {
			base.call.raw = true
		}
	}
	out := &suffixNode{base: base, keep: n.keepArray}
	var err error
	if s := streamScope(n); s != nil {
		out.stream = c.innerScope(s)
		defer c.leave(c.scope)
		c.scope = out.stream
	}
	if out.filters, err = c.stages(n.predicate); err != nil {
		return nil, err
	}
	if n.group != nil && n.kind != astPath {
		out.group, err = c.grouping(n.group)
	}
	return out, err
}

func (c *compiler) leave(s *scope) { c.scope = s }

func (c *compiler) all(list []*ast) ([]node, error) {
	out := make([]node, len(list))
	for i, n := range list {
		var err error
		if out[i], err = c.compile(n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) bare(n *ast) (node, error) {
	switch n.kind {
	case astString:
		return literalNode{n.value}, nil
	case astNumber, astValue:
		return literalNode{n.lit}, nil
	case astName:
		return nameNode{n.value}, nil
	case astVariable:
		return c.variable(n.value), nil
	case astParent:
		return c.variable(n.slot.label), nil
	case astRegexp:
		return literalNode{newRegexp(n.re)}, nil
	case astWildcard:
		return wildcardNode{n.keepArray}, nil
	case astDescendant:
		return descendantNode{n.keepArray}, nil
	case astPath:
		return c.path(n)
	case astBinary:
		return c.binary(n)
	case astUnary:
		return c.unary(n)
	case astBind:
		return c.bind(n)
	case astBlock:
		return c.block(n)
	case astCondition, astDefault, astCoalesce:
		return c.condition(n)
	case astLambda:
		return c.lambda(n)
	case astFunction:
		return c.call(n)
	case astPartial:
		return c.partial(n)
	case astApply:
		return c.apply(n)
	case astTransform:
		return c.transform(n)
	}
	return nil, nodeError("S0206", n)
}

// variable finds a variable in the scopes around. It may be read before it is
// bound, and is then that of a scope further out: so all places are kept. What
// no outermost scope knows is a variable of the whole evaluation.
func (c *compiler) variable(name string) node {
	if name == "" {
		return contextNode{}
	}
	var places []place
	up, top := 0, 0
	for s := c.scope; s != nil; s = s.parent {
		if i := s.find(name); i >= 0 {
			places = append(places, place{up, i})
		}
		if s == c.top {
			top = up
		}
		up++
	}
	if len(places) == 0 || places[len(places)-1].up < top {
		places = append(places, place{top, c.top.declare(name)})
	}
	if len(places) == 1 {
		return &localNode{places[0]}
	}
	return &variableNode{places}
}

func (c *compiler) innerScope(s *scope) *scope {
	s.parent = c.scope
	return s
}

func (c *compiler) bind(n *ast) (node, error) {
	slot := c.scope.declare(n.lhs.value)
	value, err := c.compile(n.rhs)
	return &bindNode{slot, value}, err
}

func (c *compiler) block(n *ast) (node, error) {
	s := &scope{}
	for _, part := range n.list {
		declareBinds(s, part)
	}
	if len(s.names) > 0 {
		c.innerScope(s)
		defer c.leave(c.scope)
		c.scope = s
	}
	list, err := c.all(n.list)
	if err != nil {
		return nil, err
	}
	if len(s.names) > 0 {
		return &scopeNode{s, list}, nil
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return blockNode(list), nil
}

func (c *compiler) condition(n *ast) (node, error) {
	cond, err := c.compile(n.lhs)
	if err != nil {
		return nil, err
	}
	then, err := c.compile(n.rhs)
	if err != nil {
		return nil, err
	}
	switch n.kind {
	case astDefault:
		return &defaultNode{cond, then}, nil
	case astCoalesce:
		return &coalesceNode{cond, then}, nil
	}
	out := &conditionNode{cond: cond, then: then, alt: literalNode{nil}}
	if n.alt != nil {
		out.alt, err = c.compile(n.alt)
	}
	return out, err
}

func (c *compiler) lambda(n *ast) (node, error) {
	s := c.innerScope(&scope{})
	out := &lambdaNode{scope: s, params: len(n.list), sig: n.sig}
	for i, param := range n.list {
		// Of two parameters of one name, the last one counts.
		if j := s.find(param.value); j >= 0 {
			s.names[j] = ""
		}
		s.names = append(s.names[:i:i], param.value)
	}
	declareBinds(s, n.rhs)
	defer func(scope *scope, level int) { c.scope, c.level = scope, level }(c.scope, c.level)
	c.scope, c.level = s, 0
	var err error
	out.body, err = c.compile(n.rhs)
	return out, err
}

func (c *compiler) transform(n *ast) (node, error) {
	pattern, err := c.compile(n.lhs)
	if err != nil {
		return nil, err
	}
	update, err := c.compile(n.rhs)
	if err != nil {
		return nil, err
	}
	out := &transformNode{pattern: pattern, update: update, clone: c.variable("clone"), pos: n.pos, updatePos: n.rhs.pos}
	if n.alt != nil {
		out.deletePos = n.alt.pos
		out.remove, err = c.compile(n.alt)
	}
	return out, err
}

func (c *compiler) unary(n *ast) (node, error) {
	switch n.value {
	case "[":
		items, err := c.all(n.list)
		out := &arrayNode{items: items, cons: n.consArray}
		for _, item := range n.list {
			out.whole = append(out.whole, item.kind == astUnary && item.value == "[")
		}
		return out, err
	case "{":
		group, err := c.grouping(&grouping{n.pairs, n.pos})
		return &objectNode{group}, err
	}
	value, err := c.compile(n.lhs)
	return &negateNode{value, n.pos}, err
}

// declareBinds declares the variables that are bound in n itself, not within a
// block or function of its own.
func declareBinds(s *scope, n *ast) {
	if n == nil || n.kind == astBlock || n.kind == astLambda {
		if n != nil && n.kind == astBlock {
			declareSuffixes(s, n)
		}
		return
	}
	if n.kind == astBind {
		s.declare(n.lhs.value)
	}
	for _, child := range []*ast{n.lhs, n.rhs, n.alt} {
		declareBinds(s, child)
	}
	for _, child := range n.list {
		declareBinds(s, child)
	}
	for _, pair := range n.pairs {
		declareBinds(s, pair[0])
		declareBinds(s, pair[1])
	}
	for _, term := range n.terms {
		declareBinds(s, term.expr)
	}
	declareSuffixes(s, n)
}

func declareSuffixes(s *scope, n *ast) {
	for _, list := range [][]stage{n.predicate, n.stages} {
		for _, st := range list {
			declareBinds(s, st.filter)
		}
	}
	if n.group != nil {
		for _, pair := range n.group.pairs {
			declareBinds(s, pair[0])
			declareBinds(s, pair[1])
		}
	}
}

// place is where a variable is: how many frames up, which slot.
type place struct{ up, slot int }
