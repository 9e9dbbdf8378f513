package jsonata

import "strconv"

// process is the second pass. It flattens chains of "." into paths of steps,
// attaches filters, groupings and variables to the steps they belong to, finds
// the step whose context each % means, and marks calls in tail position.
func process(expr *ast) (*ast, error) {
	var p processor
	out, err := p.node(expr)
	if err != nil {
		return nil, err
	}
	if out.kind == astParent || out.seeking != nil {
		return nil, newError("S0217", nil).at(out.pos, kindNames[out.kind])
	}
	return out, nil
}

type processor struct {
	labels int
}

func (p *processor) node(expr *ast) (*ast, error) {
	out, err := p.convert(expr)
	if err != nil {
		return nil, err
	}
	if expr.keepArray {
		out.keepArray = true
	}
	return out, nil
}

func (p *processor) convert(expr *ast) (*ast, error) {
	switch expr.kind {
	case astBinary:
		return p.binary(expr)
	case astUnary:
		return p.unary(expr)
	case astFunction, astPartial, astCondition, astDefault, astCoalesce:
		return p.children(expr)
	case astLambda:
		body, err := p.node(expr.rhs)
		if err != nil {
			return nil, err
		}
		markTail(body)
		return &ast{kind: astLambda, list: expr.list, sig: expr.sig, rhs: body, pos: expr.pos}, nil
	case astTransform:
		return p.transform(expr)
	case astBlock:
		return p.block(expr)
	case astName:
		return &ast{kind: astPath, list: []*ast{expr}, keepSingleton: expr.keepArray, pos: expr.pos}, nil
	case astParent:
		s := &slot{label: "!" + strconv.Itoa(p.labels), level: 1}
		p.labels++
		return &ast{kind: astParent, slot: s, pos: expr.pos}, nil
	case astOperator:
		if expr.value == "?" {
			return expr, nil
		}
		expr.kind = astName // and, or, in as names of fields
		return p.node(expr)
	case astEnd:
		return nil, nodeError("S0207", expr)
	}
	return expr, nil
}

// children processes a node that keeps its form.
func (p *processor) children(expr *ast) (*ast, error) {
	out := &ast{kind: expr.kind, value: expr.value, pos: expr.pos}
	for _, arg := range expr.list {
		node, err := p.node(arg)
		if err != nil {
			return nil, err
		}
		out.list = append(out.list, node)
		out.seek(node)
	}
	for _, child := range []struct{ from, to **ast }{
		{&expr.lhs, &out.lhs}, {&expr.rhs, &out.rhs}, {&expr.alt, &out.alt},
	} {
		if *child.from == nil {
			continue
		}
		node, err := p.node(*child.from)
		if err != nil {
			return nil, err
		}
		*child.to = node
		if expr.kind != astFunction && expr.kind != astPartial { // not for what is called
			out.seek(node)
		}
	}
	return out, nil
}

func (p *processor) unary(expr *ast) (*ast, error) {
	switch expr.value {
	case "[":
		return p.children(expr)
	case "{":
		pairs, err := p.pairs(expr.pairs)
		if err != nil {
			return nil, err
		}
		out := &ast{kind: astUnary, value: "{", pairs: pairs, pos: expr.pos}
		for _, pair := range pairs {
			out.seek(pair[0])
			out.seek(pair[1])
		}
		return out, nil
	}
	out, err := p.children(expr)
	if err == nil && out.lhs.kind == astNumber {
		if n, ok := out.lhs.lit.(float64); ok {
			out.lhs.lit = -n
			return out.lhs, nil
		}
	}
	return out, err
}

func (p *processor) pairs(in [][2]*ast) ([][2]*ast, error) {
	out := make([][2]*ast, len(in))
	for i, pair := range in {
		for j, expr := range pair {
			node, err := p.node(expr)
			if err != nil {
				return nil, err
			}
			out[i][j] = node
		}
	}
	return out, nil
}

func (p *processor) transform(expr *ast) (*ast, error) {
	out, err := p.children(expr)
	if err == nil {
		out.seeking = nil
	}
	return out, err
}

func (p *processor) block(expr *ast) (*ast, error) {
	out, err := p.children(expr)
	if err != nil {
		return nil, err
	}
	for _, part := range out.list {
		if part.consArray || (part.kind == astPath && part.list[0].consArray) {
			out.consArray = true
		}
	}
	return out, nil
}

func (p *processor) binary(expr *ast) (*ast, error) {
	switch expr.value {
	case ".":
		return p.path(expr)
	case "[":
		return p.filter(expr)
	case "{":
		return p.grouping(expr)
	case "^":
		return p.sort(expr)
	case "@":
		return p.focus(expr)
	case "#":
		return p.index(expr)
	case ":=":
		out, err := p.children(expr)
		if err == nil {
			out.kind = astBind
		}
		return out, err
	case "~>":
		out, err := p.children(expr)
		if err == nil {
			out.kind, out.seeking = astApply, nil
			out.keepArray = out.lhs.keepArray || out.rhs.keepArray
		}
		return out, err
	}
	return p.children(expr)
}

// path makes one path of what stands on both sides of a dot.
func (p *processor) path(expr *ast) (*ast, error) {
	first, err := p.node(expr.lhs)
	if err != nil {
		return nil, err
	}
	out := first
	if first.kind != astPath {
		out = &ast{kind: astPath, list: []*ast{first}, pos: expr.pos}
	}
	if first.kind == astParent {
		out.seeking = []*slot{first.slot}
	}
	rest, err := p.node(expr.rhs)
	if err != nil {
		return nil, err
	}
	if rest.kind == astPath {
		out.list = append(out.list, rest.list...)
	} else {
		if rest.predicate != nil {
			rest.stages, rest.predicate = rest.predicate, nil
		}
		out.list = append(out.list, rest)
	}
	for _, step := range out.list {
		switch step.kind {
		case astNumber, astValue:
			e := newError("S0213", step.lit)
			e.Position = step.pos
			return nil, e
		case astString:
			step.kind = astName
		}
		if step.keepArray {
			out.keepSingleton = true
		}
	}
	// Array constructors at both ends make arrays that are not flattened.
	for _, step := range []*ast{out.list[0], out.list[len(out.list)-1]} {
		if step.kind == astUnary && step.value == "[" {
			step.consArray = true
		}
	}
	return out, p.resolveParents(out)
}

// lastStep returns the step that a suffix of node belongs to.
func lastStep(node *ast) *ast {
	if node.kind == astPath {
		return node.list[len(node.list)-1]
	}
	return node
}

func (p *processor) filter(expr *ast) (*ast, error) {
	out, err := p.node(expr.lhs)
	if err != nil {
		return nil, err
	}
	step := lastStep(out)
	if step.group != nil {
		return nil, newError("S0209", nil).at(expr.pos, "")
	}
	cond, err := p.node(expr.rhs)
	if err != nil {
		return nil, err
	}
	for _, s := range cond.seeking {
		if s.level == 1 {
			if err := p.seekParent(step, s); err != nil {
				return nil, err
			}
		} else {
			s.level--
		}
	}
	if cond.seeking != nil {
		step.seek(cond)
	}
	filter := stage{filter: cond, pos: expr.pos}
	if out.kind == astPath {
		step.stages = append(step.stages, filter)
	} else {
		step.predicate = append(step.predicate, filter)
	}
	return out, nil
}

func (p *processor) grouping(expr *ast) (*ast, error) {
	out, err := p.node(expr.lhs)
	if err != nil {
		return nil, err
	}
	if out.group != nil {
		return nil, newError("S0210", nil).at(expr.pos, "")
	}
	pairs, err := p.pairs(expr.pairs)
	out.group = &grouping{pairs: pairs, pos: expr.pos}
	return out, err
}

func (p *processor) sort(expr *ast) (*ast, error) {
	out, err := p.node(expr.lhs)
	if err != nil {
		return nil, err
	}
	if out.kind != astPath {
		out = &ast{kind: astPath, list: []*ast{out}, pos: expr.pos}
	}
	step := &ast{kind: astSort, pos: expr.pos}
	for _, term := range expr.terms {
		node, err := p.node(term.expr)
		if err != nil {
			return nil, err
		}
		step.seek(node)
		step.terms = append(step.terms, sortTerm{term.descending, node})
	}
	out.list = append(out.list, step)
	return out, p.resolveParents(out)
}

func (p *processor) focus(expr *ast) (*ast, error) {
	out, err := p.node(expr.lhs)
	if err != nil {
		return nil, err
	}
	step := lastStep(out)
	switch {
	case step.stages != nil || step.predicate != nil:
		return nil, newError("S0215", nil).at(expr.pos, "")
	case step.kind == astSort:
		return nil, newError("S0216", nil).at(expr.pos, "")
	}
	if expr.keepArray {
		step.keepArray = true
	}
	step.focus, step.tuple = expr.rhs.value, true
	return out, nil
}

func (p *processor) index(expr *ast) (*ast, error) {
	out, err := p.node(expr.lhs)
	if err != nil {
		return nil, err
	}
	step := lastStep(out)
	if out.kind != astPath {
		out = &ast{kind: astPath, list: []*ast{out}, pos: expr.pos}
		step.stages, step.predicate = step.predicate, nil
	}
	if step.stages == nil {
		step.index = expr.rhs.value
	} else {
		step.stages = append(step.stages, stage{index: expr.rhs.value, pos: expr.pos})
	}
	step.tuple = true
	return out, nil
}

// markTail marks the calls whose result is the result of the function.
func markTail(body *ast) {
	if body.predicate != nil || body.group != nil || body.keepArray {
		return
	}
	switch body.kind {
	case astFunction:
		body.tail = true
	case astCondition:
		markTail(body.rhs)
		if body.alt != nil {
			markTail(body.alt)
		}
	case astDefault, astCoalesce:
		markTail(body.rhs)
	case astBlock:
		if len(body.list) > 0 {
			markTail(body.list[len(body.list)-1])
		}
	}
}
