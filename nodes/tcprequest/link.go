package tcprequest

import (
	"errors"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpnodes"
	"github.com/flowrun/flowrun/runtime/session"
)

// request is a message on its way to a server.
type request struct {
	msg   *flow.Message
	data  []byte // nil: only connect
	cause *flow.Cause
	done  func(error)
}

// link is the connection to one server. It lives on the loop.
type link struct {
	node   *Node
	id     string // host:port
	target sockets.Target

	session *session.Session // nil: not connected, nor connecting
	ready   bool             // it is connected
	queue   []request        // until then
	last    *flow.Message    // what answers are sent on with

	answer  []byte
	stream  tcpnodes.Stream // with sit
	alarm   flow.Alarm      // with time
	waiting bool            // for the alarm
}

// errDropped says that more messages waited for a connection than may.
var errDropped = errors.New("too many messages wait for the connection; the oldest is dropped")

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
	if l.session != nil {
		return
	}
	l.answer = nil
	l.stream = tcpnodes.Stream{Format: tcpnodes.Format{Newline: l.node.newline, Attach: l.node.config.Trim}}
	if l.node.config.Ret == "string" {
		l.stream.Type = "utf8"
	}
	s, err := l.node.store.Dial(tcpnodes.Dialer(l.target, l.node.tls), nil, &session.Options{
		Node: l.node.env.ID, Owner: l, Receive: l.receive,
	})
	if err == nil { // a new id is unique
		l.session = s
	}
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
	l.post(s, func(flow.Outlet) {
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

// Closed implements [session.Owner].
func (l *link) Closed(s *session.Session, why *sockets.Error) {
	l.post(s, func(flow.Outlet) {
		env := l.node.env
		if why == nil {
			env.Status(flow.Badge("grey", "ring", env.Text("common.status.disconnected", "disconnected")))
			l.session, l.ready = nil, false
			l.drop(errors.New("the server has closed the connection"))
			return
		}
		env.Status(flow.Badge("red", "ring", env.Text("common.status.error", "error")))
		err := fmt.Errorf("%s %s", env.Text("tcpin.errors.connect-fail", "connect failed"), l.id)
		if len(l.queue) == 0 && l.last != nil {
			env.Error(err, l.last.Clone())
		}
		l.forget()
		l.drop(err)
	})
}

// post runs f on the loop, unless the link has another connection by then.
func (l *link) post(s *session.Session, f func(out flow.Outlet)) {
	l.node.env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
		if l.session == s {
			f(out)
		}
		return nil
	}))
}

// drop ends the requests that wait.
func (l *link) drop(err error) {
	queue := l.queue
	l.queue = nil
	for _, r := range queue {
		r.done(err)
	}
	if l.alarm != nil && err == nil {
		l.alarm.Stop()
	}
}

// forget has the next message make a new connection.
func (l *link) forget() {
	if l.node.links[l.id] == l {
		delete(l.node.links, l.id)
	}
	l.session, l.ready = nil, false
}

// close ends the connection at once.
func (l *link) close() {
	s := l.session
	l.forget()
	if s != nil {
		s.Destroy()
	}
}

// receive takes in what the server answers.
func (l *link) receive(out flow.Outlet, s *session.Session, payload flow.Value) {
	chunk, _ := payload.(flow.Buffer)
	n := l.node
	switch n.config.Out {
	case "sit":
		if err := l.stream.Add(chunk, func(p flow.Value) { l.reply(out, p) }); err != nil {
			n.env.Error(err, l.last.Clone())
			l.close()
		}
		return
	case "time":
		l.answer = append(l.answer, chunk...)
		if !l.waiting {
			l.waiting = true
			l.alarm = n.env.Time().AfterFunc(n.wait, func() {
				n.env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
					if n.links[l.id] == l && l.waiting {
						l.complete(out, l.answer)
					}
					return nil
				}))
			})
		}
		return
	}
	if n.links[l.id] != l || l.session != s { // complete already
		return
	}
	for _, b := range chunk {
		l.answer = append(l.answer, b)
		if n.config.Out == "count" && len(l.answer) >= n.count || n.config.Out == "char" && b == n.char {
			l.complete(out, l.answer)
			return
		}
	}
}

// complete sends the answer on, and ends the connection.
func (l *link) complete(out flow.Outlet, answer []byte) {
	var payload flow.Value = flow.Buffer(answer)
	if l.node.config.Ret == "string" {
		payload = flow.DecodeUTF8(answer)
	}
	l.reply(out, payload)
	l.node.env.Status(&flow.Object{})
	l.close()
}

func (l *link) reply(out flow.Outlet, payload flow.Value) {
	m := l.last.Clone()
	m.Set("payload", payload)
	out.Send(0, m)
}
