package runtime

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Frame is one thing that happened in a runtime.
type Frame struct {
	Kind string // receive, send, status, log, call or flows
	Node string // id of the node it is about; empty for flows
	Path string // ids from that node's tab down to it, by slashes
	Port int    // the output of a send frame; -1 of others
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
// is not even made, so a chooser that looks at one output, or has no room for
// more, leaves the flows their speed. Both are called as Frame is, with a frame
// that has no body.
type Chooser interface {
	// Wants tells whether a frame is to be made; it may be asked more often.
	Wants(f Frame) bool
	// Missed is called in place of Frame for one that was not wanted.
	Missed(f Frame)
}

// Listen has a listener told of all frames from now on, until stop is called;
// a frame that is on its way then may still arrive.
func (r *Runtime) Listen(l Listener) (stop func()) {
	entry := &listening{Listener: l}
	entry.chooser, _ = l.(Chooser)
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
}

func (l *listening) wants(f Frame) bool { return l.chooser == nil || l.chooser.Wants(f) }

// tap makes frames of what happens. It is immutable.
type tap struct{ listeners []*listening }

func frameOf(kind string, p *place, port int) Frame {
	return Frame{Kind: kind, Node: p.info.ID, Path: p.info.Path, Port: port}
}

// wanted tells whether somebody wants a message sent to an output without
// wires. If not, it need not be made, and has been missed.
func (t *tap) wanted(p *place, port int) bool {
	f := frameOf("send", p, port)
	for _, l := range t.listeners {
		if l.wants(f) {
			return true
		}
	}
	for _, l := range t.listeners {
		l.chooser.Missed(f)
	}
	return false
}

// tell hands out a frame. Its body is made for the first listener that wants it.
func (t *tap) tell(f Frame, body func() *flow.Object) {
	for _, l := range t.listeners {
		if !l.wants(f) {
			l.chooser.Missed(Frame{Kind: f.Kind, Node: f.Node, Path: f.Path, Port: f.Port})
			continue
		}
		if f.Body == nil {
			f.Body = body()
			f.Body.Set("ts", float64(time.Now().UnixMilli()))
		}
		l.Frame(f)
	}
}

func (t *tap) receive(p *place, msg *flow.Message) {
	t.tell(frameOf("receive", p, noPort), func() *flow.Object {
		return flow.NewObject("t", "receive", "id", p.info.ID, "msg", msg)
	})
}

func (t *tap) send(p *place, port int, msg *flow.Message) {
	t.tell(frameOf("send", p, port), func() *flow.Object {
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
	t.tell(frameOf("status", p, noPort), func() *flow.Object {
		return flow.NewObject("t", "status", "id", p.info.ID, "status", badge)
	})
}

// call tells that a node called error, warn or log; msg may be nil.
func (t *tap) call(p *place, level flow.Level, what flow.Value, msg *flow.Message) {
	t.tell(frameOf("call", p, noPort), func() *flow.Object {
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
	t.tell(frameOf("log", p, noPort), func() *flow.Object {
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
	t.tell(Frame{Kind: "flows", Port: noPort}, func() *flow.Object {
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
