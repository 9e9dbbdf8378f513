package js

import (
	"math"
	"time"

	"github.com/dop251/goja"
)

// Timers are setTimeout, setInterval, setImmediate and their opposites.
type Timers struct {
	vm     *VM
	after  After
	active map[int64]*timer
	lastID int64
}

// After has fire called in a while, where the realm may be used; stop takes that
// back. What is due at the same time is called in the order in which it was given.
// What fire returns is the exception that a callback has thrown.
type After func(d time.Duration, fire func() error) (stop func() bool)

type timer struct {
	stop     func() bool
	callback goja.Callable
	args     []goja.Value
	interval time.Duration // 0: once
}

// NewTimers defines the timer functions as globals of the realm.
func NewTimers(vm *VM, after After) *Timers {
	t := &Timers{vm: vm, after: after, active: map[int64]*timer{}}
	for _, kind := range []string{"Timeout", "Interval", "Immediate"} {
		_ = vm.Runtime.Set("set"+kind, t.set(kind))
		_ = vm.Runtime.Set("clear"+kind, t.clear)
	}
	return t
}

// Stop clears all timers. The realm must not be in use.
func (t *Timers) Stop() {
	for id, timer := range t.active {
		timer.stop()
		delete(t.active, id)
	}
}

func (t *Timers) set(kind string) func(goja.FunctionCall) goja.Value {
	return func(call goja.FunctionCall) goja.Value {
		callback, ok := goja.AssertFunction(call.Argument(0))
		if !ok {
			callback = t.noFunction(call.Argument(0))
		}
		args := call.Arguments[min(1, len(call.Arguments)):]
		var delay time.Duration
		if kind != "Immediate" {
			delay = milliseconds(call.Argument(1))
			args = args[min(1, len(args)):]
		}
		timer := &timer{callback: callback, args: append([]goja.Value(nil), args...)}
		if kind == "Interval" {
			timer.interval = delay
		}
		t.lastID++
		id := t.lastID
		t.active[id] = timer
		timer.stop = t.after(delay, func() error { return t.fire(id) })
		return t.vm.Runtime.ToValue(id)
	}
}

// noFunction stands in for a callback that is no function: as in Node-RED, whose
// functions wrap the callback, that shows when the timer is due.
func (t *Timers) noFunction(v goja.Value) goja.Callable {
	text := "func.apply is not a function"
	if goja.IsUndefined(v) || goja.IsNull(v) {
		text = "Cannot read properties of " + v.String() + " (reading 'apply')"
	}
	return func(goja.Value, ...goja.Value) (goja.Value, error) {
		return goja.Undefined(), t.vm.Try(func() { panic(t.vm.Runtime.NewTypeError(text)) })
	}
}

// fire runs the callback of a timer, unless it was cleared in the meantime.
func (t *Timers) fire(id int64) error {
	timer, ok := t.active[id]
	if !ok {
		return nil
	}
	if timer.interval == 0 {
		delete(t.active, id)
	}
	_, err := timer.callback(goja.Undefined(), timer.args...)
	if _, still := t.active[id]; still {
		timer.stop = t.after(timer.interval, func() error { return t.fire(id) })
	}
	return err
}

func (t *Timers) clear(call goja.FunctionCall) goja.Value {
	id := call.Argument(0).ToInteger()
	if timer, ok := t.active[id]; ok {
		timer.stop()
		delete(t.active, id)
	}
	return goja.Undefined()
}

// milliseconds reads a delay as Node.js does: what is no number, less than 1 or
// more than 2^31-1 is 1 ms.
func milliseconds(v goja.Value) time.Duration {
	ms := v.ToFloat()
	if !(ms >= 1 && ms <= math.MaxInt32) {
		ms = 1
	}
	return time.Duration(ms * float64(time.Millisecond))
}
