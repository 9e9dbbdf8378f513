package runtime

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Subject is what a frame is about. It is asked about for every message that a
// flow sends, so it is no larger than what Go passes in registers.
type Subject struct {
	Kind string // receive, send, status, log, call or flows
	Node *Info  // the node, until the call returns; that of flows has no id
	Port int    // the output of a send frame; -1 of others
}

// Frame is one thing that happened in a runtime.
type Frame struct {
	Subject
	// Body is the whole frame as it is printed: t (the kind), what belongs to
	// the kind, and ts (Unix milliseconds). It may contain a message, which
	// belongs to the flow again when [Listener] returns.
	Body *flow.Object
}

// Listener is told what happens in a runtime. Frame is called on the goroutines
// of the flows, by several at a time, in the order in which things happen; the
// flows wait for it.
type Listener interface{ Frame(f Frame) }

// Chooser is a [Listener] that does not want all frames. What no listener wants
// is not even made, so a chooser that looks at one output leaves the flows their
// speed.
type Chooser interface {
	// Wants is called as Frame is, before a frame is made; it may be asked more
	// often.
	Wants(s Subject) bool
}

// Lagger is a [Listener] that may fall behind.
type Lagger interface {
	// Gap is asked for once.
	Gap() *Gap
}

// Listen has a listener told of all frames from now on, until stop is called;
// a frame that is on its way then may still arrive.
func (r *Runtime) Listen(l Listener) (stop func()) {
	entry := &listening{Listener: l}
	entry.chooser, _ = l.(Chooser)
	if lagger, ok := l.(Lagger); ok {
		entry.gap = lagger.Gap()
	}
	r.changeListeners(func(list []*listening) []*listening { return append(list, entry) })
	return func() {
		r.changeListeners(func(list []*listening) []*listening {
			return slices.DeleteFunc(list, func(e *listening) bool { return e == entry })
		})
	}
}

// changeListeners exchanges the tap for one with other listeners, for none if
// nobody listens.
func (r *Runtime) changeListeners(change func([]*listening) []*listening) {
	r.tapping.Lock()
	defer r.tapping.Unlock()
	var list []*listening
	if t := r.tap.Load(); t != nil {
		list = slices.Clone(t.listeners)
	}
	if list = change(list); len(list) == 0 {
		r.tap.Store(nil)
		return
	}
	r.tap.Store(&tap{list})
}

const noPort = -1 // of frames that are not about an output

// listening is one call of Listen: a listener may be there twice.
type listening struct {
	Listener
	chooser Chooser // nil: it wants all
	gap     *Gap    // nil: it never falls behind
}

func (l *listening) wants(s Subject) bool { return l.chooser == nil || l.chooser.Wants(s) }

// tap makes frames of what happens. It is immutable.
type tap struct{ listeners []*listening }

// wanted tells whether somebody wants a message sent to an output without
// wires. If not, it need not be made, and has been missed. For several it is
// made, and each may miss it then.
func (t *tap) wanted(p *place, port int) bool {
	s := Subject{"send", &p.info, port}
	var only *listening
	for _, l := range t.listeners {
		if !l.wants(s) {
			continue
		}
		if only != nil {
			return true
		}
		only = l
	}
	return only != nil && !only.gap.widen()
}

// tell hands out a frame. Its body is made for the first listener that gets it.
func (t *tap) tell(s Subject, build func() *flow.Object) {
	var body *flow.Object
	for _, l := range t.listeners {
		if !l.wants(s) || l.gap.widen() {
			continue
		}
		if body == nil {
			body = build()
			body.Set("ts", float64(time.Now().UnixMilli()))
		}
		l.Frame(Frame{s, body})
	}
}

func (t *tap) receive(p *place, msg *flow.Message) {
	t.tell(Subject{"receive", &p.info, noPort}, func() *flow.Object {
		return flow.NewObject("t", "receive", "id", p.info.ID, "msg", msg)
	})
}

func (t *tap) send(p *place, port int, msg *flow.Message) {
	t.tell(Subject{"send", &p.info, port}, func() *flow.Object {
		to := flow.Array{}
		if port < len(p.wireIDs) {
			for _, id := range p.wireIDs[port] {
				to = append(to, id)
			}
		}
		return flow.NewObject("t", "send", "id", p.info.ID, "port", float64(port), "to", to, "msg", msg)
	})
}

func (t *tap) status(p *place, badge *flow.Object) {
	t.tell(Subject{"status", &p.info, noPort}, func() *flow.Object {
		return flow.NewObject("t", "status", "id", p.info.ID, "status", badge)
	})
}

// call tells that a node called error, warn or log; msg may be nil.
func (t *tap) call(p *place, level flow.Level, what flow.Value, msg *flow.Message) {
	t.tell(Subject{"call", &p.info, noPort}, func() *flow.Object {
		fn := "log"
		switch level {
		case flow.LevelError:
			fn = "error"
		case flow.LevelWarn:
			fn = "warn"
		}
		args := flow.Array{reported(what)}
		if msg != nil {
			args = append(args, msg)
		}
		return flow.NewObject("t", "call", "id", p.info.ID, "fn", fn, "args", args)
	})
}

func (t *tap) log(p *place, level flow.Level, what flow.Value) {
	t.tell(Subject{"log", &p.info, noPort}, func() *flow.Object {
		entry := flow.NewObject("level", float64(level), "id", p.info.ID, "type", p.info.Type)
		if p.info.Flow != "" {
			entry.Set("z", p.info.Flow)
		}
		if p.info.Name != "" {
			entry.Set("name", p.info.Name)
		}
		entry.Set("msg", reported(what))
		entry.Set("path", parentPath(p.info.Path))
		entry.Set("timestamp", float64(time.Now().UnixMilli()))
		return flow.NewObject("t", "log", "log", entry)
	})
}

// reported is what a node reported, as a tap shows it: an error that is none of
// JavaScript's is its text.
func reported(what flow.Value) flow.Value {
	err, isError := what.(error)
	if !isError {
		return what
	}
	if v, ok := what.(valueError); ok {
		return v.value
	}
	if e, ok := errors.AsType[*flow.Error](err); ok && e.Error() == err.Error() {
		return jsError{e}
	}
	return err.Error()
}

// valueError is any value that a node reported as an error.
type valueError struct{ value flow.Value }

func (e valueError) Error() string { return flow.Text(e.value) }

// jsError is an error that is a text where there is nothing but JSON.
type jsError struct{ err *flow.Error }

func (e jsError) Error() string { return e.err.Error() }
func (e jsError) Unwrap() error { return e.err }

// MarshalJSON implements json.Marshaler.
func (e jsError) MarshalJSON() ([]byte, error) { return flow.AppendJSON(nil, e.Error()), nil }

// parentPath cuts the last part of a path of ids.
func parentPath(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

// flows tells that flows have started or stopped, or could not start for want of
// some types.
func (t *tap) flows(state string, missing []string) {
	t.tell(Subject{"flows", &Info{}, noPort}, func() *flow.Object {
		body := flow.NewObject("t", "flows", "state", state)
		if missing != nil {
			body.Set("state", "error")
			types := flow.Array{}
			for _, typ := range missing {
				types = append(types, typ)
			}
			body.Set("error", "missing-types")
			body.Set("types", types)
		}
		return body
	})
}
