package tcprequest

import (
	"bytes"
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/session"
)

// errUnfinished says that there is an answer, but not all of it.
var errUnfinished = errors.New("the server closed the connection before its answer was complete")

// receive takes in what the server answers.
func (l *link) receive(out flow.Outlet, _ *session.Session, payload flow.Value) {
	if !l.current() { // complete already, or reset
		return
	}
	chunk, _ := payload.(flow.Buffer)
	n := l.node
	complete := false
	switch n.config.Out {
	case "count":
		if rest := n.count - l.size; len(chunk) >= rest {
			chunk, complete = chunk[:rest], true
		}
	case "char":
		if i := bytes.IndexByte(chunk, n.char); i >= 0 {
			chunk, complete = chunk[:i+1], true
		}
	case "time":
		if l.alarm == nil {
			l.alarm = flow.After(n.env.Clock, n.wait, func() { l.post(l.complete) })
		}
	}
	l.size += len(chunk)
	if err := l.answer.Add(chunk, l.replier(out)); err != nil {
		l.fail(err)
		l.session.Destroy()
		return
	}
	if complete {
		l.complete(out)
	}
}

// complete sends the answer on, and ends the connection.
func (l *link) complete(out flow.Outlet) {
	l.answer.End(l.replier(out))
	l.node.env.Status(&flow.Object{})
	l.close()
}

// hungUp sends on what is left of the answer when the server has closed the
// connection: with time there is nothing more to wait for. Part of an answer that
// has to have a certain end is an error (Node-RED drops it).
func (l *link) hungUp(out flow.Outlet) {
	env := l.node.env
	env.Status(flow.Badge("grey", "ring", env.Text("common.status.disconnected", "disconnected")))
	switch l.node.config.Out {
	case "time", "sit":
		l.answer.End(l.replier(out))
	default:
		if l.size > 0 {
			env.Error(errUnfinished, l.last.Clone())
		}
	}
	l.forget()
	l.drop(errClosed)
}

// replier returns what sends payloads of the answer on.
func (l *link) replier(out flow.Outlet) func(payload flow.Value) {
	return func(payload flow.Value) {
		m := l.last.Clone()
		m.Set("payload", payload)
		out.Send(0, m)
	}
}
