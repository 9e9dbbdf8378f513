package jsonata

import (
	"math"

	"github.com/flowrun/flowrun/flow"
)

func (c *compiler) binary(n *ast) (node, error) {
	if n.value == "&" {
		return c.concat(n)
	}
	l, err := c.compile(n.lhs)
	if err != nil {
		return nil, err
	}
	r, err := c.compile(n.rhs)
	if err != nil {
		return nil, err
	}
	op := binaryOp{l, r, n.value, n.pos}
	switch n.value {
	case "+", "-", "*", "/", "%":
		return &arithmeticNode{op, n.value[0]}, nil
	case "=":
		return &equalNode{op, true}, nil
	case "!=":
		return &equalNode{op, false}, nil
	case "<", "<=", ">", ">=":
		return &compareNode{op, n.value[0] == '<', len(n.value) == 2}, nil
	case "and":
		return &logicNode{op, false}, nil
	case "or":
		return &logicNode{op, true}, nil
	case "in":
		return &inNode{op}, nil
	case "..":
		return &rangeNode{op}, nil
	}
	return nil, nodeError("S0204", n)
}

// binaryOp is what all operators with two sides have.
type binaryOp struct {
	l, r node
	op   string
	pos  int
}

func (n *binaryOp) sides(f *frame, in any) (l, r any, err error) {
	if l, err = n.l.eval(f, in); err != nil {
		return nil, nil, err
	}
	r, err = n.r.eval(f, in)
	return l, r, err
}

func (n *binaryOp) fail(code string, v any) error { return newError(code, v).at(n.pos, n.op) }

type arithmeticNode struct {
	binaryOp
	sign byte
}

func (n *arithmeticNode) eval(f *frame, in any) (any, error) {
	l, r, err := n.sides(f, in)
	if err != nil {
		return nil, err
	}
	a, aok := l.(float64)
	b, bok := r.(float64)
	if !aok || !bok || math.IsNaN(a-a) || math.IsNaN(b-b) {
		return n.unusual(l, r)
	}
	switch n.sign {
	case '+':
		a += b
	case '-':
		a -= b
	case '*':
		a *= b
	case '/':
		a /= b
	case '%':
		a = math.Mod(a, b)
	}
	return number(a), nil
}

// unusual handles operands that are undefined, infinite or no numbers.
func (n *arithmeticNode) unusual(l, r any) (any, error) {
	for i, v := range []any{l, r} {
		if v == nil {
			continue
		}
		x, ok := v.(float64)
		if !ok || math.IsNaN(x) {
			return nil, n.fail([]string{"T2001", "T2002"}[i], v)
		}
		if err := finite(x); err != nil {
			return nil, err.at(n.pos, n.op)
		}
	}
	return nil, nil
}

// smallNumbers are the whole numbers that number does not allocate.
var smallNumbers = func() (out [1024]any) {
	for i := range out {
		out[i] = float64(i)
	}
	return out
}()

// number returns x as a value.
func number(x float64) any {
	if i := int(x); i > 0 && i < len(smallNumbers) && float64(i) == x {
		return smallNumbers[i]
	}
	return x
}

type equalNode struct {
	binaryOp
	want bool
}

func (n *equalNode) eval(f *frame, in any) (any, error) {
	l, r, err := n.sides(f, in)
	if err != nil {
		return nil, err
	}
	if l == nil || r == nil {
		return false, nil
	}
	return f.run.equal(l, r, 0) == n.want, nil
}

type compareNode struct {
	binaryOp
	less, orEqual bool
}

func (n *compareNode) eval(f *frame, in any) (any, error) {
	l, r, err := n.sides(f, in)
	if err != nil {
		return nil, err
	}
	switch a := l.(type) {
	case float64:
		if b, ok := r.(float64); ok {
			switch {
			case n.orEqual && a == b:
				return true, nil
			case n.less:
				return a < b, nil
			}
			return a > b, nil
		}
	case string:
		if b, ok := r.(string); ok {
			c := compareStrings(a, b)
			return c == 0 && n.orEqual || c < 0 && n.less || c > 0 && !n.less, nil
		}
	}
	for _, v := range []any{l, r} {
		if k := kindOf(v); k != kindMissing && k != kindString && k != kindNumber {
			if k := kindOf(l); k != kindString && k != kindNumber {
				v = l
			} else {
				v = r
			}
			return nil, n.fail("T2010", v)
		}
	}
	if l == nil || r == nil {
		return nil, nil
	}
	return nil, newError("T2009", l).with("value2", r).at(n.pos, n.op)
}

type logicNode struct {
	binaryOp
	or bool
}

func (n *logicNode) eval(f *frame, in any) (any, error) {
	v, err := n.l.eval(f, in)
	if err != nil {
		return nil, err
	}
	if f.run.truthy(v) == n.or {
		return n.or, nil
	}
	if v, err = n.r.eval(f, in); err != nil {
		return nil, err
	}
	return f.run.truthy(v), nil
}

type inNode struct{ binaryOp }

func (n *inNode) eval(f *frame, in any) (any, error) {
	l, r, err := n.sides(f, in)
	if err != nil || l == nil || r == nil {
		return false, err
	}
	items, ok := list(r)
	if !ok {
		return same(l, r), nil
	}
	for _, item := range items {
		if same(l, item) {
			return true, nil
		}
	}
	return false, nil
}

// same is JavaScript's ===, by which objects and arrays are only themselves.
func same(a, b any) bool {
	switch a := a.(type) {
	case string, float64, bool, flow.Null, *flow.Object, *Function:
		return a == b
	}
	return false
}

// maxRange is the most items that a range may have.
const maxRange = 1e7

type rangeNode struct{ binaryOp }

func (n *rangeNode) eval(f *frame, in any) (any, error) {
	l, r, err := n.sides(f, in)
	if err != nil {
		return nil, err
	}
	a, aok := l.(float64)
	b, bok := r.(float64)
	switch {
	case l != nil && (!aok || a != math.Trunc(a) || math.IsInf(a, 0)):
		return nil, n.fail("T2003", l)
	case r != nil && (!bok || b != math.Trunc(b) || math.IsInf(b, 0)):
		return nil, n.fail("T2004", r)
	case l == nil || r == nil || a > b:
		return nil, nil
	}
	size := b - a + 1
	if size > maxRange {
		return nil, n.fail("D2014", size)
	}
	if err := f.run.grow(int(size) * itemSize); err != nil {
		return nil, err
	}
	items := make([]any, int(size))
	for i := range items {
		if i&tickMask == tickMask {
			if err := f.run.tick(); err != nil {
				return nil, err
			}
		}
		items[i] = number(a + float64(i))
	}
	return collapse(sequence(items), false), nil
}

type negateNode struct {
	value node
	pos   int
}

func (n *negateNode) eval(f *frame, in any) (any, error) {
	v, err := n.value.eval(f, in)
	if err != nil || v == nil {
		return nil, err
	}
	x, ok := v.(float64)
	if !ok || math.IsNaN(x) {
		return nil, newError("D1002", v).at(n.pos, "-")
	}
	if err := finite(x); err != nil {
		return nil, err.at(n.pos, "-")
	}
	return -x, nil
}

// concat makes one node of a & b & c.
func (c *compiler) concat(n *ast) (node, error) {
	var parts []*ast
	for n.kind == astBinary && n.value == "&" && n.predicate == nil && n.group == nil {
		parts = append(parts, n.rhs)
		n = n.lhs
	}
	out := &concatNode{parts: make([]node, len(parts)+1), pos: n.pos}
	var err error
	if out.parts[0], err = c.compile(n); err != nil {
		return nil, err
	}
	for i, part := range parts {
		if out.parts[len(parts)-i], err = c.compile(part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type concatNode struct {
	parts []node
	pos   int
}

func (n *concatNode) eval(f *frame, in any) (any, error) {
	r := f.run
	base := len(r.text)
	for _, part := range n.parts {
		v, err := part.eval(f, in)
		if err == nil {
			err = r.appendText(v)
		}
		if err != nil {
			r.text = r.text[:base]
			if e, ok := err.(*Error); ok && e.Code == "D3001" { //nolint:errorlint // not wrapped: it is appendText's own
				return nil, e.at(n.pos, "&")
			}
			return nil, err
		}
	}
	return r.takeText(base)
}
