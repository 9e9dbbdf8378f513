package jsonata

// infix parses what follows left and the operator t.
func (p *parser) infix(t token, left *ast) (*ast, error) {
	node := &ast{kind: astBinary, value: t.text, pos: t.pos, lhs: left}
	var err error
	switch t.text {
	case "(":
		return p.call(node)
	case "[":
		return p.filter(node)
	case "{":
		node.pairs, err = p.pairs()
	case "^":
		return p.orderBy(node)
	case ":=":
		if left.kind != astVariable {
			return nil, nodeError("S0212", left)
		}
		node.rhs, err = p.expression(bindingPower[":="] - 1) // right associative
	case "@", "#":
		if node.rhs, err = p.expression(bindingPower[t.text]); err == nil && node.rhs.kind != astVariable {
			return nil, newError("S0214", nil).at(node.rhs.pos, t.text)
		}
	case "?":
		return p.conditional(node)
	case "?:", "??":
		node.kind = astDefault
		if t.text == "??" {
			node.kind = astCoalesce
		}
		node.rhs, err = p.expression(0)
	default:
		node.rhs, err = p.expression(bindingPower[t.text])
	}
	return node, err
}

func nodeError(code string, n *ast) *Error {
	e := newError(code, nil).at(n.pos, n.value)
	if n.kind == astEnd {
		e.Token = "(end)"
	}
	e.number = n.kind == astNumber || n.kind == astValue
	return e
}

// filter parses a predicate; an empty one keeps singleton arrays.
func (p *parser) filter(node *ast) (*ast, error) {
	if p.is("]") {
		step := node.lhs
		for step.kind == astBinary && step.value == "[" {
			step = step.lhs
		}
		step.keepArray = true
		return node.lhs, p.advance("]")
	}
	var err error
	if node.rhs, err = p.expression(0); err != nil {
		return nil, err
	}
	return node, p.close("]")
}

func (p *parser) orderBy(node *ast) (*ast, error) {
	if err := p.advance("("); err != nil {
		return nil, err
	}
	for {
		var term sortTerm
		if p.is("<") || p.is(">") {
			term.descending = p.is(">")
			if err := p.advance(""); err != nil {
				return nil, err
			}
		}
		var err error
		if term.expr, err = p.expression(0); err != nil {
			return nil, err
		}
		node.terms = append(node.terms, term)
		if !p.is(",") {
			return node, p.advance(")")
		}
		if err := p.advance(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) conditional(node *ast) (*ast, error) {
	node.kind = astCondition
	var err error
	if node.rhs, err = p.expression(0); err != nil {
		return nil, err
	}
	if p.is(":") {
		if err = p.advance(":"); err != nil {
			return nil, err
		}
		node.alt, err = p.expression(0)
	}
	return node, err
}

// call parses the arguments of a call, and the rest of a function definition.
func (p *parser) call(node *ast) (*ast, error) {
	node.kind = astFunction
	for !p.is(")") || len(node.list) > 0 {
		if err := p.argument(node); err != nil {
			return nil, err
		}
		if !p.is(",") {
			break
		}
		if err := p.advance(","); err != nil {
			return nil, err
		}
	}
	if err := p.close(")"); err != nil {
		return nil, err
	}
	if node.lhs.kind == astName && (node.lhs.value == "function" || node.lhs.value == "λ") {
		return p.lambda(node)
	}
	return node, nil
}

// argument parses one argument; a ? is one that is given later.
func (p *parser) argument(node *ast) error {
	if p.is("?") {
		node.kind = astPartial
		node.list = append(node.list, &ast{kind: astOperator, value: "?", pos: p.node.pos})
		return p.advance("?")
	}
	arg, err := p.expression(0)
	node.list = append(node.list, arg)
	return err
}

func (p *parser) lambda(node *ast) (*ast, error) {
	for i, arg := range node.list {
		if arg.kind != astVariable {
			e := nodeError("S0208", arg)
			e.Value = float64(i + 1)
			return nil, e
		}
	}
	node.kind = astLambda
	if p.is("<") {
		if err := p.signature(node); err != nil {
			return nil, err
		}
	}
	if err := p.advance("{"); err != nil {
		return nil, err
	}
	var err error
	if node.rhs, err = p.expression(0); err != nil {
		return nil, err
	}
	return node, p.advance("}")
}

// signature reads the tokens of <…> as text, which parseSignature understands.
func (p *parser) signature(node *ast) error {
	start := p.node.pos
	depth := 1
	text := "<"
	for depth > 0 && !p.is("{") && p.node.kind != tokenEnd {
		if err := p.advance(""); err != nil {
			return err
		}
		switch {
		case p.is(">"):
			depth--
		case p.is("<"):
			depth++
		}
		text += p.node.text
	}
	if err := p.advance(">"); err != nil {
		return err
	}
	var err *Error
	if node.sig, err = parseSignature(text); err != nil {
		err.Position += start
		return err
	}
	return nil
}
