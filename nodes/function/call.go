package function

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/js"
)

// call is one run of a script: for a message, or to start or stop the node.
type call struct {
	node    *Node
	msg     *flow.Message // nil if the script runs for no message
	out     flow.Outlet
	closing bool          // finalize runs: nothing can be sent
	limit   time.Duration // of computing; 0 is none

	view     *js.Message   // msg as the script has it, nil until it runs
	given    *flow.Message // msg, once the script has returned it
	current  bool          // msg is what the script has made of it
	handling bool          // Handle has not returned
	finished bool
	err      error
	release  func(error) // set once the message is held
	settled  func(error) // called at the end of a run without a message
}

// handle runs the body for the call's message.
func (c *call) handle() error {
	n := c.node
	s, err := n.realm()
	if err != nil {
		return err
	}
	switch {
	case n.code.plainMessage:
		c.view = s.vm.NewPlainMessage(c.msg)
	case n.code.keepsMessage:
		c.view = s.vm.NewMessage(c.msg)
	default:
		c.view = s.view
		if s.view = nil; c.view == nil {
			c.view = s.vm.NewSpareMessage(!n.code.keepsRequest)
		}
		c.view.Reuse(c.msg)
	}
	c.handling = true
	defer func() { c.handling = false }()
	if err := c.run(n.code.body, c.view.Object()); err != nil {
		c.view.Detach() // catch nodes get the message; a timer may still have msg
		return err
	}
	if !c.finished {
		c.hold()
	}
	return c.err
}

// run runs a script. It returns the error of one that ended; what happens to
// one that waits settle sees later.
func (c *call) run(p *goja.Program, msg goja.Value) error {
	n := c.node
	s, err := n.realm()
	if err != nil {
		return err
	}
	f, err := s.function(p)
	if err != nil {
		return err
	}
	node := goja.Undefined()
	if c.msg == nil || n.code.usesNode {
		node = s.nodeObject(c)
	}
	s.args = arguments{msg, node, goja.Undefined(), goja.Undefined()}
	// What it returns is looked at within as well: that may run getters.
	return s.within(c.out, c.limit, func() error {
		result, err := f(goja.Undefined(), s.args[:]...)
		clear(s.args[:]) // or the message lives until the next one comes
		if err != nil {
			return c.settle(nil, err)
		}
		return c.returned(result)
	})
}

// returned goes on with what a script returned: it may be a promise.
func (c *call) returned(result goja.Value) error {
	s := c.node.sandbox
	var promise *goja.Promise
	if c.view == nil || result != c.view.Object() {
		promise = js.PromiseOf(result)
	}
	delete(s.rejected, promise) // its error is looked at here
	s.reportRejected()
	if promise == nil {
		return c.settle(result, nil)
	}
	switch promise.State() {
	case goja.PromiseStateFulfilled:
		return c.settle(promise.Result(), nil)
	case goja.PromiseStateRejected:
		return c.settle(nil, thrownError{promise.Result()})
	}
	if c.msg != nil {
		c.hold()
	}
	return s.then(result, func(v goja.Value, err error) {
		if err := c.settle(v, err); err != nil {
			c.finish(err)
		}
	})
}

// settle ends a run that returned or threw.
func (c *call) settle(result goja.Value, err error) error {
	c.node.sandbox.sendUnsent()
	if err != nil {
		c.current = c.update() == nil
		err = c.failure(err)
	}
	if c.msg == nil {
		if c.settled != nil {
			c.settled(err)
		}
		return err
	}
	if err != nil {
		c.finished = c.release == nil
		return err
	}
	if err := c.send(result, true); err != nil {
		c.current = c.update() == nil
		return c.failure(err)
	}
	if !c.node.code.callsDone {
		c.finish(nil)
	}
	return nil
}

// hold tells the engine that the message is not done when Handle returns.
func (c *call) hold() {
	if c.release == nil {
		_ = c.update() // the engine keeps the message as it is now
		c.release = c.out.Hold()
		c.node.open[c] = struct{}{}
	}
}

// finish ends the handling of the message.
func (c *call) finish(err error) {
	if c.finished {
		return
	}
	c.finished, c.err = true, err
	if !c.current {
		_ = c.update() // what cannot be a flow value stays as it was
	}
	if c.view != nil {
		c.view.Detach()
	}
	if c.release != nil {
		delete(c.node.open, c)
		c.release(err)
	}
}

// update makes the message what the script has made of it: catch and complete
// nodes get it like that.
func (c *call) update() error {
	if c.view == nil || c.node.sandbox == nil {
		return nil
	}
	return c.view.Update()
}

// failure words what a script threw as Node-RED does, and keeps it in
// msg.error. It is nil for a thrown undefined.
func (c *call) failure(err error) error {
	if interrupted, ok := errors.AsType[*goja.InterruptedError](err); ok {
		if why, ok := interrupted.Value().(error); ok {
			return why
		}
		return err
	}
	if _, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		return &flow.Error{Name: "RangeError", Message: "Maximum call stack size exceeded"}
	}
	var thrown goja.Value
	var rejected thrownError
	if thrown = js.Thrown(err); thrown == nil && errors.As(err, &rejected) {
		thrown = rejected.value
	}
	if thrown == nil {
		return err
	}
	vm := c.node.sandbox.vm
	e := vm.ErrorOf(thrown)
	if e == nil {
		return errors.New(thrownText(vm, thrown))
	}
	if e.Name == "ReferenceError" {
		if m := place.FindStringSubmatch(e.Stack); m != nil {
			line, _ := strconv.Atoi(m[1])
			e.Message = fmt.Sprintf("%s: %s (line %d, col %s)", e.Name, e.Message, line-1, m[2])
		}
	}
	if c.msg != nil {
		own := flow.NewObject("name", e.Name)
		if o, ok := thrown.(*goja.Object); ok {
			_ = vm.Properties(o, own.Set)
		}
		c.msg.Set("error", own)
	}
	return e
}

// place finds line and column of the first frame of a stack.
var place = regexp.MustCompile(`(?m)^\s+at .*:(\d+):(\d+)\)?$`)

// thrownText is the error text of something that is no error: text as it is,
// other things as JSON.
func thrownText(vm *js.VM, thrown goja.Value) string {
	v, err := vm.FromJS(thrown)
	if err != nil {
		return err.Error()
	}
	if s, ok := v.(string); ok {
		return s
	}
	return flow.JSON(v)
}

// errTimeout is what a script gets that computes for longer than it may.
func errTimeout(limit time.Duration) error {
	return &flow.Error{
		Message: fmt.Sprintf("Script execution timed out after %dms", limit.Milliseconds()),
		Code:    "ERR_SCRIPT_EXECUTION_TIMEOUT",
	}
}
