package jsonata

import (
	"context"
	"fmt"

	"github.com/flowrun/flowrun/flow"
)

// Function is a function as a value: built in, given by the caller of the
// package, or made by an expression. As a [flow.Value] it is opaque.
type Function struct {
	name   string
	sig    *signature
	arity  int
	native func(c Call, args []any) (any, error)

	lambda *lambdaNode // of a function that an expression defines
	frame  *frame
	input  any

	re *regexpFunction // of a regular expression
}

// Call is what a function knows of the place where it is called.
type Call struct {
	run   *run
	frame *frame
	input any
}

// NewFunction returns a function for expressions. The name is without the $. The
// signature says what arguments it takes, as in <s-n?:s>, see the documentation
// of JSONata; without one any arguments are passed on. The function must not keep
// args, and must not change the values in it. What it returns is one of the
// values of package flow: numbers are float64, lists are flow.Array.
func NewFunction(name, signature string, fn func(c Call, args []flow.Value) (flow.Value, error)) (*Function, error) {
	f := &Function{name: name, native: func(c Call, args []any) (any, error) {
		for i := range args {
			args[i] = plain(args[i])
		}
		return fn(c, args)
	}}
	if signature != "" {
		sig, err := parseSignature(signature)
		if err != nil {
			return nil, fmt.Errorf("signature of $%s: %w", name, err.finish(signature))
		}
		f.sig, f.arity = sig, len(sig.params)
	}
	return f, nil
}

// Name returns the function's name, "" for one without.
func (f *Function) Name() string { return f.name }

// MarshalJSON prints a function as JSON: an empty string, as $string does.
func (f *Function) MarshalJSON() ([]byte, error) { return []byte(`""`), nil }

// Context returns the context of the evaluation.
func (c Call) Context() context.Context { return c.run.ctx }

// Input returns the value that $ stands for where the function is called.
func (c Call) Input() flow.Value { return plain(c.input) }

// Apply calls a function, as the higher-order functions do.
func (c Call) Apply(fn *Function, args ...flow.Value) (flow.Value, error) {
	v, err := c.apply(fn, args...)
	return plain(collapse(v, false)), err
}

// apply calls a function from a function.
func (c Call) apply(fn *Function, args ...any) (any, error) {
	r := c.run
	if err := r.tick(); err != nil {
		return nil, err
	}
	if err := r.enter(1); err != nil {
		return nil, err
	}
	defer func() { r.depth-- }()
	if fn.lambda != nil && fn.sig == nil {
		fr := fn.newFrame()
		copy(fr.slots[:fn.lambda.params], args)
		return fn.run(fr)
	}
	base := len(r.args)
	r.args = append(r.args, args...)
	v, err := fn.callStacked(c.frame, flow.Null{}, base)
	return v, err
}

// callStacked calls a function with the arguments on the stack from base on, and
// takes them off.
func (f *Function) callStacked(fr *frame, input any, base int) (any, error) {
	r := fr.run
	args := r.args[base:len(r.args):len(r.args)]
	v, err := f.callWith(fr, input, args)
	clear(r.args[base:])
	r.args = r.args[:base]
	return v, err
}

func (f *Function) callWith(fr *frame, input any, args []any) (any, error) {
	if f.sig != nil {
		valid, err := f.sig.validate(args, input)
		if err != nil {
			return nil, err
		}
		args = valid
	}
	if f.lambda == nil {
		return f.native(Call{fr.run, fr, input}, args)
	}
	inner := f.newFrame()
	copy(inner.slots[:f.lambda.params], args)
	return f.run(inner)
}

// newFrame returns the frame for a call; the parameters are undefined.
func (f *Function) newFrame() *frame {
	fr := f.frame.child(f.lambda.scope)
	for i := f.lambda.params; i < len(fr.slots); i++ {
		fr.slots[i] = unbound
	}
	return fr
}

// run evaluates the body of a lambda, and then those of the calls in tail
// position that it ends with.
func (f *Function) run(fr *frame) (any, error) {
	for {
		v, err := f.lambda.body.eval(fr, f.input)
		r := fr.run
		if err != nil {
			return nil, err
		}
		fr.release()
		if v != tailMarker {
			return v, nil
		}
		f, fr = r.tail.fn, r.tail.frame
		r.tail = tailCall{}
		if err := r.tick(); err != nil {
			return nil, err
		}
	}
}

// lambdaNode is a function definition.
type lambdaNode struct {
	scope  *scope
	params int
	sig    *signature
	body   node
}

func (n *lambdaNode) eval(f *frame, in any) (any, error) {
	f.keep()
	return &Function{lambda: n, sig: n.sig, arity: n.params, frame: f, input: in}, nil
}
