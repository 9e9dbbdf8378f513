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
	// Body is the whole frame as it is printed: t (the kind), what belongs to
	// the kind, and ts (Unix milliseconds). It may contain a message, which
	// belongs to the flow again when [Listener] returns.
	Body *flow.Object
}

// Listener is told what happens in a runtime. Frame is called on the goroutines
// of the flows, by several at a time, in the order in which things happen; the
// flows wait for it.
type Listener interface{ Frame(f Frame) }

// Chooser is a [Listener] that wants few frames. What no listener wants is not
// even made, so a chooser that looks at one output leaves the others their
// speed. Wants is called as Frame is, and more often. The node is empty for
// flows; the port is that of a send frame and -1 for others.
type Chooser interface {
	Wants(kind, node string, port int) bool
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

func (l *listening) wants(kind, node string, port int) bool {
	return l.chooser == nil || l.chooser.Wants(kind, node, port)
}

// tap makes frames of what happens. It is immutable.
type tap struct{ listeners []*listening }

// wants tells whether somebody wants the frames of a kind from a place.
func (t *tap) wants(kind string, p *place, port int) bool {
	for _, l := range t.listeners {
		if l.wants(kind, p.info.ID, port) {
			return true
		}
	}
	return false
}

// tell finishes a frame and hands it out.
func (t *tap) tell(kind string, p *place, port int, body *flow.Object) {
	f := Frame{Kind: kind, Body: body}
	if p != nil {
		f.Node, f.Path = p.info.ID, p.info.Path
	}
	body.Set("ts", float64(time.Now().UnixMilli()))
	for _, l := range t.listeners {
		if l.wants(kind, f.Node, port) {
			l.Frame(f)
		}
	}
}

func (t *tap) receive(p *place, msg *flow.Message) {
	if !t.wants("receive", p, noPort) {
		return
	}
	t.tell("receive", p, noPort, flow.NewObject("t", "receive", "id", p.info.ID, "msg", msg))
}

func (t *tap) send(p *place, port int, msg *flow.Message) {
	if !t.wants("send", p, port) {
		return
	}
	to := flow.Array{}
	if port < len(p.wireIDs) {
		for _, id := range p.wireIDs[port] {
			to = append(to, id)
		}
	}
	t.tell("send", p, port, flow.NewObject("t", "send", "id", p.info.ID, "port", float64(port), "to", to, "msg", msg))
}

func (t *tap) status(p *place, badge *flow.Object) {
	t.tell("status", p, noPort, flow.NewObject("t", "status", "id", p.info.ID, "status", badge))
}

// call tells that a node called error, warn or log; msg may be nil.
func (t *tap) call(p *place, level flow.Level, what flow.Value, msg *flow.Message) {
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
	t.tell("call", p, noPort, flow.NewObject("t", "call", "id", p.info.ID, "fn", fn, "args", args))
}

func (t *tap) log(p *place, level flow.Level, what flow.Value) {
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
	t.tell("log", p, noPort, flow.NewObject("t", "log", "log", entry))
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
	t.tell("flows", nil, noPort, body)
}
