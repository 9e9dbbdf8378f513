package tcprequest

import (
	"errors"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpnodes"
	"github.com/flowrun/flowrun/runtime/session"
)

// Why a message could not be sent.
var (
	errDropped = errors.New("too many messages wait for the connection; the oldest is dropped")
	errClosed  = errors.New("the connection was closed before the message could be sent")
)

// request is a message on its way to a server.
type request struct {
	data  []byte // nil: only connect
	cause *flow.Cause
	done  func(error)
}

// link is one connection, and what the server answers on it. It lives on the
// loop. The node knows it from the attempt to connect until it is of no use any
// more; the next message to that server makes a new one then.
type link struct {
	node    *Node
	id      string // host:port
	session *session.Session
	ready   bool          // it is connected
	queue   []request     // until then
	last    *flow.Message // what answers are sent on with

	answer tcpnodes.Stream
	size   int        // how many bytes of it there were
	alarm  flow.Alarm // with time: from the first byte on
}

// dial begins to connect to a server.
func (n *Node) dial(id string, target sockets.Target) *link {
	l := &link{node: n, id: id, answer: tcpnodes.Stream{Format: n.format}}
	n.links[id] = l
	l.session, _ = n.store.Dial(tcpnodes.Dialer(target, n.tls), nil, &session.Options{ // a new id is unique
		Node: n.env.ID, Owner: l, Receive: l.receive,
	})
	return l
}

// push sends a request, or has it wait for the connection.
func (l *link) push(r request) {
	if l.ready {
		l.send(r)
		return
	}
	if limit := l.node.limit; limit > 0 && len(l.queue) >= limit {
		l.queue[0].done(errDropped)
		l.queue = l.queue[1:]
	}
	l.queue = append(l.queue, r)
}

func (l *link) send(r request) {
	var err error
	if r.data != nil {
		err = l.session.Send(session.Sending{Node: l.node.env.ID, Data: r.data, Cause: r.cause, NoClaim: true})
	}
	r.done(err)
}

// Opened implements [session.Owner].
func (l *link) Opened(s *session.Session) {
	l.post(func(flow.Outlet) {
		l.ready = true
		n := l.node
		n.env.Status(flow.Badge("green", "dot", tcpnodes.Connections(n.env, len(n.links))))
		queue := l.queue
		l.queue = nil
		for _, r := range queue {
			l.send(r)
		}
		if n.config.Out == "immed" {
			l.forget()
			s.Disconnect()
			n.env.Status(&flow.Object{})
		}
	})
}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (l *link) TimedOut(*session.Session) {}

// Closed implements [session.Owner]. A connection that expects no answer is
// forgotten by then, but what was sent may have got lost all the same.
func (l *link) Closed(_ *session.Session, why *sockets.Error) {
	switch env := l.node.env; {
	case why == nil:
		l.post(l.hungUp)
	case l.node.config.Out == "immed":
		env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
			l.broken()
			return nil
		}))
	default:
		l.post(func(flow.Outlet) { l.broken() })
	}
}

func (l *link) broken() {
	env := l.node.env
	l.fail(fmt.Errorf("%s %s", env.Text("tcpin.errors.connect-fail", "connect failed"), l.id))
}

// post runs f on the loop, unless the link is forgotten by then.
func (l *link) post(f func(out flow.Outlet)) {
	l.node.env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
		if l.current() {
			f(out)
		}
		return nil
	}))
}

// current tells whether the link is not forgotten.
func (l *link) current() bool { return l.node.links[l.id] == l }

// forget has the next message make a new connection.
func (l *link) forget() {
	if l.current() {
		delete(l.node.links, l.id)
	}
	if l.alarm != nil {
		l.alarm.Stop()
	}
}

// drop ends the requests that wait.
func (l *link) drop(err error) {
	queue := l.queue
	l.queue = nil
	for _, r := range queue {
		r.done(err)
	}
}

// fail forgets the link for an error, which the requests that wait end with, or
// else the last message.
func (l *link) fail(err error) {
	env := l.node.env
	env.Status(flow.Badge("red", "ring", env.Text("common.status.error", "error")))
	if len(l.queue) == 0 {
		env.Error(err, l.last.Clone())
	}
	l.forget()
	l.drop(err)
}

// close ends the connection at once.
func (l *link) close() {
	l.forget()
	l.drop(errClosed)
	l.session.Destroy()
}
