package jsonata

import "strings"

// parser is a top-down operator precedence parser (V. Pratt, 1973).
type parser struct {
	lex   lexer
	node  token // the token not yet used
	depth int
}

// maxNesting bounds how deeply an expression may nest.
const maxNesting = 2000

var bindingPower = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80,
	"?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
	"=": 40, "<": 40, ">": 40, "^": 40, ":=": 10, "!=": 40, "<=": 40, ">=": 40,
	"~>": 40, "?:": 40, "??": 40, "and": 30, "or": 25, "in": 40, "&": 50,
}

// unknownOps end names, but are no operators by themselves.
const unknownOps = "!~"

func parse(source string) (*ast, error) {
	p := &parser{lex: lexer{src: source}}
	if err := p.advance(""); err != nil {
		return nil, err
	}
	expr, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.node.kind != tokenEnd {
		return nil, p.fail("S0201", p.node)
	}
	return process(expr)
}

func (p *parser) fail(code string, t token) *Error {
	e := newError(code, nil).at(t.pos, t.text)
	if t.kind == tokenEnd {
		e.Token = "(end)"
	}
	e.number = t.kind == tokenNumber || t.kind == tokenValue
	return e
}

// is tells whether the next token is the operator op.
func (p *parser) is(op string) bool { return p.node.kind == tokenOperator && p.node.text == op }

// advance goes to the next token; the current one must be the operator op,
// unless op is empty.
func (p *parser) advance(op string) error { return p.step(op, false) }

// close is advance where an operand ends, so that a slash is a division.
func (p *parser) close(op string) error { return p.step(op, true) }

func (p *parser) step(op string, afterOperand bool) error {
	if op != "" && !p.is(op) {
		code := "S0202"
		if p.node.kind == tokenEnd {
			code = "S0203"
		}
		e := p.fail(code, p.node)
		e.Value = op
		return e
	}
	t, err := p.lex.next(afterOperand)
	if err != nil {
		return err
	}
	if t.kind == tokenOperator && strings.Contains(unknownOps, t.text) {
		return p.fail("S0204", t)
	}
	p.node = t
	return nil
}

func (p *parser) power() int {
	if p.node.kind != tokenOperator {
		return 0
	}
	return bindingPower[p.node.text]
}

func (p *parser) expression(rbp int) (*ast, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, newError("D1011", nil).at(p.node.pos, "")
	}
	defer func() { p.depth-- }()
	t := p.node
	if err := p.step("", true); err != nil {
		return nil, err
	}
	left, err := p.prefix(t)
	if err != nil {
		return nil, err
	}
	for n := 0; rbp < p.power(); n++ {
		if n > maxNesting {
			return nil, newError("D1011", nil).at(p.node.pos, "")
		}
		t = p.node
		if err := p.advance(""); err != nil {
			return nil, err
		}
		if left, err = p.infix(t, left); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// prefix parses what begins with t.
func (p *parser) prefix(t token) (*ast, error) {
	node := &ast{value: t.text, pos: t.pos}
	switch t.kind {
	case tokenEnd:
		node.kind = astEnd
	case tokenName:
		node.kind = astName
	case tokenVariable:
		node.kind = astVariable
	case tokenString:
		node.kind, node.lit = astString, t.text
	case tokenNumber:
		node.kind, node.lit = astNumber, t.value
	case tokenValue:
		node.kind, node.lit = astValue, t.value
	case tokenRegexp:
		node.kind, node.re = astRegexp, t.re
	default:
		return p.prefixOperator(t, node)
	}
	return node, nil
}

func (p *parser) prefixOperator(t token, node *ast) (*ast, error) {
	var err error
	switch t.text {
	case "and", "or", "in":
		node.kind = astOperator
	case "*":
		node.kind = astWildcard
	case "**":
		node.kind = astDescendant
	case "%":
		node.kind = astParent
	case "-":
		node.kind = astUnary
		node.lhs, err = p.expression(70)
	case "(":
		return p.block(node)
	case "[":
		return p.arrayConstructor(node)
	case "{":
		node.kind = astUnary
		node.pairs, err = p.pairs()
	case "|":
		return p.transform(node)
	default:
		return nil, p.fail("S0211", t)
	}
	return node, err
}

func (p *parser) block(node *ast) (*ast, error) {
	node.kind = astBlock
	for !p.is(")") {
		item, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		node.list = append(node.list, item)
		if !p.is(";") {
			break
		}
		if err := p.advance(";"); err != nil {
			return nil, err
		}
	}
	return node, p.close(")")
}

func (p *parser) arrayConstructor(node *ast) (*ast, error) {
	node.kind = astUnary
	if p.is("]") {
		return node, p.close("]")
	}
	for {
		item, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if p.is("..") {
			span := &ast{kind: astBinary, value: "..", pos: p.node.pos, lhs: item}
			if err := p.advance(".."); err != nil {
				return nil, err
			}
			if span.rhs, err = p.expression(0); err != nil {
				return nil, err
			}
			item = span
		}
		node.list = append(node.list, item)
		if !p.is(",") {
			return node, p.close("]")
		}
		if err := p.advance(","); err != nil {
			return nil, err
		}
	}
}

// pairs parses what stands in the braces of an object.
func (p *parser) pairs() ([][2]*ast, error) {
	if p.is("}") {
		return nil, p.close("}")
	}
	var pairs [][2]*ast
	for {
		key, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if err := p.advance(":"); err != nil {
			return nil, err
		}
		value, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]*ast{key, value})
		if !p.is(",") {
			return pairs, p.close("}")
		}
		if err := p.advance(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) transform(node *ast) (*ast, error) {
	node.kind = astTransform
	var err error
	if node.lhs, err = p.expression(0); err != nil {
		return nil, err
	}
	if err = p.advance("|"); err != nil {
		return nil, err
	}
	if node.rhs, err = p.expression(0); err != nil {
		return nil, err
	}
	if p.is(",") {
		if err = p.advance(","); err != nil {
			return nil, err
		}
		if node.alt, err = p.expression(0); err != nil {
			return nil, err
		}
	}
	return node, p.advance("|")
}
