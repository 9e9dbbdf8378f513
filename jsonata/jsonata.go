package jsonata

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Expression is a compiled expression. It is safe for concurrent use.
type Expression struct {
	source string
	root   node
	top    *scope
	proto  []any // what the variables of top are before the bindings
	rootAt int   // the slot of $$, or -1
	limits limits

	functions *functionSet
}

// functionSet is where names of functions are looked up.
type functionSet struct{ added, builtin map[string]*Function }

func (s *functionSet) find(name string) (*Function, bool) {
	if f, ok := s.added[name]; ok {
		return f, true
	}
	f, ok := s.builtin[name]
	return f, ok
}

// Bindings are variables of one evaluation, by their names without the $. A
// value may be a [*Function].
type Bindings map[string]flow.Value

// Option changes how an expression is compiled or evaluated.
type Option func(*options)

type options struct {
	limits    limits
	functions map[string]*Function
}

type limits struct {
	depth  int
	time   time.Duration
	memory int
}

const (
	defaultDepth  = 20_000
	defaultMemory = 1 << 30
)

// Functions adds functions, or replaces built-in ones of the same name.
func Functions(list ...*Function) Option {
	return func(o *options) {
		for _, f := range list {
			o.functions[f.name] = f
		}
	}
}

// MaxDepth sets how deeply calls may nest, in levels of the expression that are
// being evaluated at a time; calls in tail position take none. More is the error
// D1011. The default is 20,000.
func MaxDepth(levels int) Option { return func(o *options) { o.limits.depth = levels } }

// MaxTime sets how long an evaluation may take. More is the error D1012. Without
// it only the context ends an evaluation.
func MaxTime(d time.Duration) Option { return func(o *options) { o.limits.time = d } }

// MaxMemory sets how many bytes the strings, arrays and objects may have that an
// evaluation makes, all added up. More is the error D2016. The default is 1 GiB.
func MaxMemory(bytes int) Option { return func(o *options) { o.limits.memory = bytes } }

// Compile compiles an expression. The error is an [*Error].
func Compile(source string, opts ...Option) (*Expression, error) {
	o := options{limits: limits{depth: defaultDepth, memory: defaultMemory}, functions: map[string]*Function{}}
	for _, opt := range opts {
		opt(&o)
	}
	e, err := compileExpression(source, &functionSet{o.functions, builtins}, nil)
	if err != nil {
		return nil, err
	}
	e.limits = o.limits
	return e, nil
}

// compileExpression compiles an expression whose frames are to be within outer.
func compileExpression(source string, functions *functionSet, outer *scope) (*Expression, error) {
	tree, err := parse(source)
	if err != nil {
		return nil, finished(err, source)
	}
	e := &Expression{source: source, top: &scope{parent: outer}, functions: functions}
	declareBinds(e.top, tree)
	c := &compiler{scope: e.top, top: e.top}
	if e.root, err = c.compile(tree); err != nil {
		return nil, finished(err, source)
	}
	e.proto = make([]any, len(e.top.names))
	e.rootAt = e.top.find("$")
	for i, name := range e.top.names {
		e.proto[i] = unbound
		if f, ok := functions.find(name); ok {
			e.proto[i] = f
		}
	}
	return e, nil
}

// finished makes the message of an error of the engine.
func finished(err error, source string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		_ = e.finish(source)
	}
	return err
}

// String returns the source of the expression.
func (e *Expression) String() string { return e.source }

// Eval evaluates the expression for an input. The result is nil if it is
// undefined. Errors of the expression are an [*Error]; those of added functions
// are passed on.
func (e *Expression) Eval(ctx context.Context, input flow.Value, bindings Bindings) (flow.Value, error) {
	st := state{run: run{ctx: ctx, limits: &e.limits, functions: e.functions, root: input, bindings: bindings, now: math.NaN()}}
	r := &st.run
	if e.limits.time > 0 {
		r.deadline = time.Now().Add(e.limits.time)
	}
	if err := r.checkTime(); err != nil {
		return nil, err
	}
	v, err := e.evalIn(&st.top, r, nil, wrap(input))
	if err != nil {
		return nil, finished(err, e.source)
	}
	// Only an evaluation of many steps can have built what nests too deeply.
	if r.ticks > maxDataDepth/2 {
		checkDepth(v, 0, r.visit)
	}
	if r.failed != nil {
		return nil, finished(r.failed, e.source)
	}
	return plain(v), nil
}

// state is what an evaluation needs at least, in one piece.
type state struct {
	run run
	top frame
}

// evalIn evaluates the expression in the frame f, which is within outer.
func (e *Expression) evalIn(f *frame, r *run, outer *frame, input any) (any, error) {
	f.run, f.parent, f.scope = r, outer, e.top
	f.slots = append(f.space[:0], e.proto...)
	if e.rootAt >= 0 {
		f.slots[e.rootAt] = r.root
	}
	if len(r.bindings) > 0 {
		for i, name := range e.top.names {
			if v, ok := r.bindings[name]; ok {
				f.slots[i] = v
			}
		}
	}
	v, err := e.root.eval(f, input)
	if t, ok := v.(*tuples); ok {
		v = t.values()
	}
	return v, err
}

// wrap makes an array a single input.
func wrap(input any) any {
	if a, ok := input.(flow.Array); ok {
		return &array{items: []any{a}, seq: true, outer: true}
	}
	return input
}

// values returns the items of tuples that no path around them takes.
func (t *tuples) values() any {
	items := make([]any, len(t.list))
	for i, row := range t.list {
		items[i] = row.value
	}
	return listForm(items, true)
}

// checkDepth refuses values that nest so deeply that others could not print them.
func checkDepth(v any, depth int, visit func(depth int) bool) bool {
	if !visit(depth) {
		return false
	}
	if items, ok := list(v); ok {
		for _, item := range items {
			if !checkDepth(item, depth+1, visit) {
				return false
			}
		}
	} else if o, ok := v.(*flow.Object); ok {
		for _, item := range o.All() {
			if !checkDepth(item, depth+1, visit) {
				return false
			}
		}
	}
	return true
}
