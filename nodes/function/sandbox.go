package function

import (
	_ "embed"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/js"
	"github.com/flowrun/flowrun/internal/timers"
	"github.com/flowrun/flowrun/internal/typed"
)

// sandbox is the realm in which the scripts of one node run.
type sandbox struct {
	node    *Node
	vm      *js.VM
	timers  *js.Timers
	proto   *goja.Object // what all node objects have
	scripts map[*goja.Program]goja.Callable
	args    arguments   // of the script that runs, which copies them
	view    *js.Message // shows messages to a body that keeps none
	onClose []*goja.Object
	scopes  []*scope
	out     flow.Outlet // of the call or task that runs
	unsent  func()      // sends what the script may still change

	rejected map[*goja.Promise]struct{} // promises whose error nobody has taken
}

// arguments are what [wrap] names. All of them are given, though two are undefined:
// then goja's stack is made large enough for most scripts at once.
type arguments [4]goja.Value

//go:embed red.js
var redSource string

// redProgram is RED.util, compiled once for all nodes.
var redProgram = sync.OnceValues(func() (*goja.Program, error) { return goja.Compile("red.js", redSource, true) })

func newSandbox(n *Node) (*sandbox, error) {
	s := &sandbox{node: n, vm: js.New(), scripts: map[*goja.Program]goja.Callable{},
		rejected: map[*goja.Promise]struct{}{}}
	rt := s.vm.Runtime
	rt.SetPromiseRejectionTracker(func(p *goja.Promise, op goja.PromiseRejectionOperation) {
		if op == goja.PromiseRejectionReject {
			s.rejected[p] = struct{}{}
		} else {
			delete(s.rejected, p)
		}
	})
	rt.SetTimeSource(n.env.Clock.Now)
	group := timers.NewGroup(n.env)
	s.timers = js.NewTimers(s.vm, func(d time.Duration, fire func() error) func() bool {
		return group.After(d, s.task(fire)).Stop
	})
	s.defineContext()
	env := rt.NewObject()
	_ = env.Set("get", s.getenv)
	_ = rt.Set("env", env)
	s.vm.Lazy("console", s.console)
	s.vm.Lazy("RED", s.red)
	for _, lib := range n.cfg.Libs {
		if lib.Var == "" || lib.Module == "" {
			continue
		}
		m, err := s.vm.Module(lib.Module)
		if err != nil {
			return nil, err
		}
		_ = rt.Set(lib.Var, m)
	}
	return s, nil
}

// function returns the function that a program is.
func (s *sandbox) function(p *goja.Program) (goja.Callable, error) {
	if f, ok := s.scripts[p]; ok {
		return f, nil
	}
	v, err := s.vm.Runtime.RunProgram(p)
	if err != nil {
		return nil, err
	}
	f, ok := goja.AssertFunction(v)
	if !ok {
		return nil, fmt.Errorf("the script is no function body")
	}
	s.scripts[p] = f
	return f, nil
}

// within runs a piece of script. What it sends without a message of its own
// goes to the outlet. If there is a limit it is interrupted after that time.
func (s *sandbox) within(out flow.Outlet, limit time.Duration, f func() error) error {
	s.out = out
	defer func() { s.out = flow.Outlet{} }()
	interrupt := &s.node.code.interrupt
	run := interrupt.begin(s.vm.Runtime)
	defer interrupt.end()
	if limit > 0 {
		timer := time.AfterFunc(limit, func() { interrupt.fireIn(run, errTimeout(limit)) })
		defer timer.Stop()
	}
	err := f()
	for _, c := range s.scopes {
		if len(c.lent) > 0 {
			c.putBack()
		}
	}
	s.sendUnsent()
	return err
}

// sendUnsent sends what node.send(msg, false) was given: the script cannot change
// it any more before others see it.
func (s *sandbox) sendUnsent() {
	if send := s.unsent; send != nil {
		s.unsent = nil
		send()
	}
}

// post has a piece of script run on the flow's loop.
func (s *sandbox) post(f func() error) { s.node.env.Post(nil, s.task(f)) }

// task makes a task of a piece of script. Its error goes to the catch nodes, with
// an empty message as in Node-RED.
func (s *sandbox) task(f func() error) flow.TaskFunc {
	n := s.node
	return func(out flow.Outlet) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.sandbox != s {
			return nil // the node has stopped
		}
		c := &call{node: n}
		if err := c.failure(s.within(out, 0, f)); err != nil {
			n.env.Error(err, flow.NewMessage())
		}
		s.reportRejected()
		return nil
	}
}

// reportRejected reports the errors of promises that nobody waits for.
func (s *sandbox) reportRejected() {
	for p := range s.rejected {
		c := &call{node: s.node}
		s.node.env.Error(c.failure(thrownError{p.Result()}), nil)
		delete(s.rejected, p)
	}
}

// then calls settled when a promise is settled.
func (s *sandbox) then(promise goja.Value, settled func(goja.Value, error)) error {
	rt := s.vm.Runtime
	then, ok := goja.AssertFunction(promise.ToObject(rt).Get("then"))
	if !ok {
		return fmt.Errorf("the promise has no then")
	}
	_, err := then(promise, rt.ToValue(func(call goja.FunctionCall) goja.Value {
		settled(call.Argument(0), nil)
		return goja.Undefined()
	}), rt.ToValue(func(call goja.FunctionCall) goja.Value {
		settled(nil, thrownError{call.Argument(0)})
		return goja.Undefined()
	}))
	return err
}

// thrownError is what a promise was rejected with.
type thrownError struct{ value goja.Value }

func (e thrownError) Error() string { return e.value.String() }

func (s *sandbox) getenv(call goja.FunctionCall) goja.Value {
	v, ok := s.node.env.Getenv(call.Argument(0).String())
	if !ok {
		return goja.Undefined()
	}
	return s.vm.ToJS(v)
}

// console writes to the node's log.
func (s *sandbox) console() goja.Value {
	o := s.vm.Runtime.NewObject()
	for name, level := range map[string]flow.Level{
		"log": flow.LevelInfo, "info": flow.LevelInfo, "dir": flow.LevelInfo, "warn": flow.LevelWarn,
		"error": flow.LevelError, "debug": flow.LevelDebug, "trace": flow.LevelTrace,
	} {
		_ = o.Set(name, func(call goja.FunctionCall) goja.Value {
			s.node.env.Report(level, s.format(call.Arguments), nil)
			return goja.Undefined()
		})
	}
	return o
}

func (s *sandbox) format(args []goja.Value) string {
	m, err := s.vm.Module("util")
	if err != nil {
		return err.Error()
	}
	format, _ := goja.AssertFunction(m.ToObject(s.vm.Runtime).Get("format"))
	text, err := format(goja.Undefined(), args...)
	if err != nil {
		return err.Error()
	}
	return text.String()
}

func (s *sandbox) red() goja.Value {
	rt := s.vm.Runtime
	p, err := redProgram()
	if err != nil {
		panic(rt.NewGoError(err))
	}
	natives := rt.NewObject()
	_ = natives.Set("parsePath", s.parsePath)
	_ = natives.Set("generateId", func(goja.FunctionCall) goja.Value { return s.vm.ToJS(flow.Text(flow.NewID())) })
	_ = natives.Set("clone", s.vm.Clone())
	_ = natives.Set("evaluate", s.evaluate)
	red, err := s.vm.RunFactory(p, natives, rt.Get("Buffer"), rt.Get("flow"), rt.Get("global"))
	if err != nil {
		panic(rt.NewGoError(err))
	}
	return red
}

// evaluate is natives.evaluate(value, type, msg): a typed value.
func (s *sandbox) evaluate(call goja.FunctionCall) goja.Value {
	place := typed.Place{Env: s.node.env, Stores: s.node.stores}
	get, err := place.Compile("value", s.fromJS(call.Argument(0)), call.Argument(1).String())
	if bad, ok := errors.AsType[*flow.ConfigError](err); ok {
		s.throw(errors.New(bad.Reason), "")
	}
	msg := flow.NewMessage()
	if err := s.vm.Properties(call.Argument(2).ToObject(s.vm.Runtime), msg.Set); err != nil {
		s.throw(err, "")
	}
	v, err := get(msg)
	if err != nil {
		s.throw(err, "")
	}
	return s.vm.ToJS(v)
}

// fromJS returns a flow value; what has none is an exception.
func (s *sandbox) fromJS(value goja.Value) flow.Value {
	v, err := s.vm.FromJS(value)
	if err != nil {
		s.throw(err, "")
	}
	return v
}

// parsePath is natives.parsePath(expr): the path's parts, a string for a key, a
// number for an index and a list for a nested path.
func (s *sandbox) parsePath(call goja.FunctionCall) goja.Value {
	p, err := flow.ParsePath(call.Argument(0).String())
	if err != nil {
		s.throw(err, "INVALID_EXPR")
	}
	var parts func(flow.Path) goja.Value
	parts = func(p flow.Path) goja.Value {
		list := make([]any, len(p))
		for i, step := range p {
			switch {
			case step.Nested != nil:
				list[i] = parts(step.Nested)
			case step.IsKey:
				list[i] = step.Key
			default:
				list[i] = step.Index
			}
		}
		return s.vm.Runtime.NewArray(list...)
	}
	return parts(p)
}

// throw makes a Go error an exception in the script that runs.
func (s *sandbox) throw(err error, code string) { panic(s.newError(err, code)) }

// newError returns a JavaScript error.
func (s *sandbox) newError(err error, code string) goja.Value {
	text := err.Error()
	if e, ok := errors.AsType[*flow.Error](err); ok {
		text = e.Message
	}
	o, e := s.vm.Runtime.New(s.vm.Runtime.Get("Error"), s.vm.Runtime.ToValue(text))
	if e != nil {
		return s.vm.Runtime.NewGoError(err)
	}
	if code != "" {
		_ = o.Set("code", code)
	}
	return o
}

func (s *sandbox) typeof(v goja.Value) string {
	if _, ok := v.(*goja.Symbol); ok {
		return "symbol"
	}
	switch v.ExportType().Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int64, reflect.Float64:
		return "number"
	}
	return "bigint"
}
