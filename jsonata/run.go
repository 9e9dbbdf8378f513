package jsonata

import (
	"context"
	"time"
)

// run is the state of one evaluation.
type run struct {
	ctx       context.Context
	limits    *limits
	root      any // the input
	bindings  Bindings
	functions *functionSet
	deadline  time.Time // zero: none
	now       float64   // what $now and $millis tell, once one was called
	depth     int
	ticks     uint
	grown     int    // how much was built, in bytes
	failed    *Error // why the evaluation is to end, if that was found where no error can be returned
	text      []byte // where strings are built; users leave it as long as they found it
	args      []any  // the arguments of the calls of built-in functions that are under way
	tail      tailCall
	free      []*frame // to be used again
}

// tailCall is a call in tail position that its caller is to make.
type tailCall struct {
	fn    *Function
	frame *frame
}

// tailMarker is the result of a call in tail position: run.tail says which.
type tailMarkerType struct{ _ int }

var tailMarker any = &tailMarkerType{}

// frame holds the variables of one scope.
type frame struct {
	run    *run
	parent *frame
	scope  *scope
	slots  []any
	space  [4]any // for slots, if there are few
	kept   bool   // a function holds the frame: it must not be used again
}

// unbound is what the slot of a variable holds before the variable is bound.
type unboundType struct{ _ int }

var unbound any = &unboundType{}

func (f *frame) child(s *scope) *frame {
	r := f.run
	var c *frame
	if last := len(r.free) - 1; last >= 0 {
		c, r.free = r.free[last], r.free[:last]
	} else {
		c = &frame{run: r}
	}
	c.parent, c.scope = f, s
	if n := len(s.names); n <= len(c.space) {
		c.slots = c.space[:n]
	} else {
		c.slots = make([]any, n)
	}
	return c
}

// keep marks a frame, and those around it, as held by a function.
func (f *frame) keep() {
	for ; f != nil && !f.kept; f = f.parent {
		f.kept = true
	}
}

// release gives back a frame that nothing uses any more, unless it is kept.
func (f *frame) release() {
	if f.kept {
		return
	}
	f.parent, f.slots = nil, nil
	clear(f.space[:])
	f.run.free = append(f.run.free, f)
}

// scope is what the compiler knows of a frame: the names of its variables.
type scope struct {
	parent *scope
	names  []string
}

// find returns the slot of a variable, or -1.
func (s *scope) find(name string) int {
	for i, n := range s.names {
		if n == name {
			return i
		}
	}
	return -1
}

// declare returns the slot of a variable of this scope.
func (s *scope) declare(name string) int {
	if i := s.find(name); i >= 0 {
		return i
	}
	s.names = append(s.names, name)
	return len(s.names) - 1
}

// tickMask says how often the clock is read: every 256 steps.
const tickMask = 1<<8 - 1

// tick counts a step of a loop or a call, and now and then looks whether the
// time is over.
func (r *run) tick() *Error {
	r.ticks++
	if r.ticks&tickMask != 0 {
		return nil
	}
	return r.checkTime()
}

func (r *run) checkTime() *Error {
	if r.failed != nil {
		r.ticks |= tickMask
		return r.failed
	}
	if !r.deadline.IsZero() && time.Now().After(r.deadline) {
		return newError("D1012", float64(r.limits.time.Milliseconds()))
	}
	if err := r.ctx.Err(); err != nil {
		return &Error{Code: "D1012", Message: "Evaluation ended: " + err.Error(), cause: err}
	}
	return nil
}

// grow counts memory that the evaluation takes, in bytes.
func (r *run) grow(bytes int) *Error {
	r.grown += bytes
	if r.grown > r.limits.memory {
		return newError("D2016", float64(r.limits.memory))
	}
	return nil
}

// maxDataDepth bounds how deeply the values nest that an expression builds.
const maxDataDepth = 10_000

// visit counts a step of a walk through a value that is depth levels deep there.
// It is false if the walk must end: the evaluation fails then.
func (r *run) visit(depth int) bool {
	if depth > maxDataDepth {
		r.fail(newError("D1011", nil))
	}
	if r.failed == nil {
		if err := r.tick(); err != nil {
			r.fail(err)
		}
	}
	return r.failed == nil
}

// spend is grow where no error can be returned.
func (r *run) spend(bytes int) {
	if err := r.grow(bytes); err != nil {
		r.fail(err)
	}
}

// fail makes the evaluation fail at the next tick.
func (r *run) fail(err *Error) {
	if r.failed == nil {
		r.failed = err
		r.ticks |= tickMask // look at it at once
	}
}

// itemSize is what an item of an array takes, in bytes.
const itemSize = 24

// enter counts n levels of nesting for a call; leave them with r.depth -= n.
func (r *run) enter(n int) *Error {
	r.depth += n
	if r.depth >= r.limits.depth {
		return newError("D1011", float64(r.limits.depth))
	}
	return nil
}
