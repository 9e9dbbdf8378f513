package jsonata

import "errors"

// callNode is a call.
type callNode struct {
	proc  node
	args  []node
	name  string
	hint  node // a variable that has the name of the field that is called
	pos   int
	level int // how deep the call is within its function
	tail  bool
	keep  bool
	raw   bool // filters follow: a sequence of one array stays one
}

func (n *callNode) result(v any) any {
	if n.raw {
		return form(v)
	}
	return collapse(v, n.keep)
}

func (c *compiler) call(n *ast) (*callNode, error) {
	args, err := c.all(n.list)
	if err != nil {
		return nil, err
	}
	proc, err := c.compile(n.lhs)
	if err != nil {
		return nil, err
	}
	out := &callNode{proc: proc, args: args, name: n.lhs.value, pos: n.pos, level: c.level, tail: n.tail, keep: n.keepArray}
	if n.lhs.kind == astPath {
		out.name = n.lhs.list[0].value
		out.hint = c.variable(out.name)
	}
	return out, nil
}

func (n *callNode) eval(f *frame, in any) (any, error) {
	fn, err := n.callee(f, in, "T1005", "T1006")
	if err != nil {
		return nil, err
	}
	return n.invoke(f, in, fn, nil, false)
}

// callee evaluates what is called. The codes are for a name that lacks its $,
// and for what is no function.
func (n *callNode) callee(f *frame, in any, lacking, wrong string) (*Function, error) {
	p, err := n.proc.eval(f, in)
	if err != nil {
		return nil, err
	}
	if fn, ok := p.(*Function); ok {
		return fn, nil
	}
	if p == nil && n.hint != nil {
		if v, err := n.hint.eval(f, in); err == nil && f.run.truthy(v) || isFunction(v) {
			return nil, newError(lacking, nil).at(n.pos, n.name)
		}
	}
	return nil, newError(wrong, nil).at(n.pos, n.name)
}

func isFunction(v any) bool {
	_, ok := v.(*Function)
	return ok
}

// invoke evaluates the arguments and calls fn. With hasFirst, first is an
// argument before them (~>).
func (n *callNode) invoke(f *frame, in any, fn *Function, first any, hasFirst bool) (any, error) {
	r := f.run
	if err := r.tick(); err != nil {
		return nil, err.at(n.pos, n.name)
	}
	if fn.lambda == nil || fn.sig != nil {
		return n.invokeStacked(f, in, fn, first, hasFirst)
	}
	fr := fn.newFrame()
	i := 0
	if hasFirst && fn.lambda.params > 0 {
		fr.slots[0] = first
	}
	if hasFirst {
		i = 1
	}
	for _, arg := range n.args {
		v, err := arg.eval(f, in)
		if err != nil {
			return nil, err
		}
		if i < fn.lambda.params {
			fr.slots[i] = v
		}
		i++
	}
	if n.tail {
		r.tail = tailCall{fn, fr}
		return tailMarker, nil
	}
	if err := r.enter(n.level); err != nil {
		return nil, err.at(n.pos, n.name)
	}
	v, err := fn.run(fr)
	r.depth -= n.level
	if err != nil {
		return nil, located(err, n.pos, n.name)
	}
	return n.result(v), nil
}

func (n *callNode) invokeStacked(f *frame, in any, fn *Function, first any, hasFirst bool) (any, error) {
	r := f.run
	base := len(r.args)
	if hasFirst {
		r.args = append(r.args, first)
	}
	for _, arg := range n.args {
		v, err := arg.eval(f, in)
		if err != nil {
			r.args = r.args[:base]
			return nil, err
		}
		r.args = append(r.args, v)
	}
	if err := r.enter(n.level); err != nil {
		return nil, err.at(n.pos, n.name)
	}
	v, err := fn.callStacked(f, in, base)
	r.depth -= n.level
	if err != nil {
		return nil, located(err, n.pos, n.name)
	}
	return n.result(v), nil
}

// located gives an error of the engine its place.
func located(err error, pos int, name string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		_ = e.at(pos, name)
	}
	return err
}

// partialNode is f(x, ?).
type partialNode struct {
	call  *callNode
	holes []int
}

func (c *compiler) partial(n *ast) (node, error) {
	out := &partialNode{}
	given := *n
	given.list = append([]*ast(nil), n.list...)
	for i, arg := range n.list {
		if arg.kind == astOperator && arg.value == "?" {
			out.holes = append(out.holes, i)
			given.list[i] = &ast{kind: astValue}
		}
	}
	var err error
	out.call, err = c.call(&given)
	return out, err
}

func (n *partialNode) eval(f *frame, in any) (any, error) {
	bound := make([]any, len(n.call.args))
	for i, arg := range n.call.args {
		var err error
		if bound[i], err = arg.eval(f, in); err != nil {
			return nil, err
		}
	}
	fn, err := n.call.callee(f, in, "T1007", "T1008")
	if err != nil {
		return nil, err
	}
	return &Function{arity: len(n.holes), native: func(c Call, args []any) (any, error) {
		full := append([]any(nil), bound...)
		for i, hole := range n.holes {
			if i < len(args) {
				full[hole] = args[i]
			}
		}
		return c.apply(fn, full...)
	}}, nil
}

// applyNode is ~>.
type applyNode struct {
	l, r node
	call *callNode // if the right side is a call
	pos  int
	keep bool
	raw  bool // as of a call
}

func (c *compiler) apply(n *ast) (node, error) {
	out := &applyNode{pos: n.pos, keep: n.keepArray}
	var err error
	if out.l, err = c.compile(n.lhs); err != nil {
		return nil, err
	}
	if n.rhs.kind == astFunction {
		c.level++
		defer func() { c.level-- }()
		if out.call, err = c.call(n.rhs); err != nil {
			return nil, err
		}
		out.call.raw = n.keepArray
		return out, nil
	}
	out.r, err = c.compile(n.rhs)
	return out, err
}

func (n *applyNode) eval(f *frame, in any) (any, error) {
	l, err := n.l.eval(f, in)
	if err != nil {
		return nil, err
	}
	if n.call != nil {
		fn, err := n.call.callee(f, in, "T1005", "T1006")
		if err != nil {
			return nil, err
		}
		v, err := n.call.invoke(f, in, fn, l, true)
		if n.keep {
			v = keepForm(v, false, true)
		}
		return v, err
	}
	r, err := n.r.eval(f, in)
	if err != nil {
		return nil, err
	}
	fn, ok := r.(*Function)
	if !ok {
		return nil, newError("T2006", r).at(n.pos, "")
	}
	c := Call{f.run, f, in}
	if first, ok := l.(*Function); ok {
		return &Function{arity: 1, native: func(c Call, args []any) (any, error) {
			var x any
			if len(args) > 0 {
				x = args[0]
			}
			v, err := c.apply(first, x)
			if err != nil {
				return nil, err
			}
			return c.apply(fn, collapse(v, false))
		}}, nil
	}
	v, err := c.apply(fn, l)
	if err != nil {
		return nil, located(err, n.pos, fn.name)
	}
	if n.raw {
		return form(v), nil
	}
	return collapse(v, n.keep), nil
}
