package tcpconnect

import (
	"context"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/backoff"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/timers"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// link is what one message has set off: a connection, and with reconnect those
// after it.
type link struct {
	node   *Node
	route  sockets.Route
	target sockets.Target // of the connection there is, or the first that is tried

	delays  backoff.Delays
	attempt int           // how many there were in a row
	waited  time.Duration // before the last of them
	opened  time.Time     // when the connection was made; zero if it was not
}

func (n *Node) newLink(route sockets.Route) *link {
	l := &link{node: n, route: route, target: sockets.Target{Host: route.Path}}
	if route.Path == "" {
		l.target = route.Targets[0]
	}
	l.delays.First, l.delays.Max = n.config.delays()
	return l
}

// open makes a session, whose connection is tried after a while, and when tell has
// told of it. The error is [session.ErrExists]; there is nothing to tell of then.
func (l *link) open(id flow.Value, succeeds *session.Session, after time.Duration, tell func(*session.Session)) error {
	o := l.node.options
	o.Owner, o.Succeeds = l, succeeds
	told := make(chan struct{})
	s, err := l.node.store.Dial(func(ctx context.Context) (session.Stream, error) {
		<-told
		if !timers.Sleep(l.node.env.Clock, after, ctx.Done()) {
			return session.Stream{}, ctx.Err()
		}
		return l.dial(ctx)
	}, id, &o)
	if err == nil {
		tell(s)
	}
	close(told)
	return err
}

func (l *link) dial(ctx context.Context) (session.Stream, error) {
	n, first := l.node, 0
	if n.config.HostOrder == "roundrobin" {
		first = int(n.turn.Add(1) - 1)
	}
	conn, prefix, target, err := l.route.Dial(ctx, first)
	if err != nil {
		return session.Stream{}, err
	}
	l.target = target
	if n.tls == nil {
		return session.Stream{Conn: conn, Prefix: prefix}, nil
	}
	shaking, cancel := context.WithTimeout(ctx, n.config.Patience())
	defer cancel()
	secure, err := tlsconf.Connect(shaking, conn, prefix, n.tls, target.Host)
	if err != nil {
		return session.Stream{}, err
	}
	return session.Stream{Conn: secure}, nil
}

// Opened implements [session.Owner].
func (l *link) Opened(s *session.Session) {
	l.opened = l.node.env.Clock.Now()
	_, port := sockets.Address(s.LocalAddr())
	m := session.OK("connected",
		append(append([]flow.Value{"sessionId", s.ID()}, remote(l.target)...), "localPort", float64(port))...)
	if state, ok := s.TLS(); ok {
		m.Set("tls", tlsconf.Describe(state))
	}
	l.tell(flow.Badge("green", "dot", "connected"), m)
}

// TimedOut implements [session.Owner].
func (l *link) TimedOut(s *session.Session) {
	l.tell(flow.Badge("red", "ring", "timeout"), session.Timeout(s.ID()))
}

// Ended implements [session.Ender].
func (l *link) Ended(s *session.Session) { l.tell(nil, session.OK("end", "sessionId", s.ID())) }

// Closed implements [session.Owner].
func (l *link) Closed(s *session.Session, err *sockets.Error) {
	if err != nil {
		code := "CONNECT_FAILED"
		if err.Code == sockets.TLSFailed {
			code = err.Code
		}
		l.tell(flow.Badge("red", "dot", "error"), session.Fail(code, err.Text, "error", "sessionId", s.ID()))
	}
	l.tell(flow.Badge("grey", "ring", "disconnected"), session.OK("disconnected", "sessionId", s.ID()))
	if l.node.config.Reconnect && !s.Ended() {
		l.reconnect(s)
	}
}

// reconnect opens the session after one that has ended by itself. A connection
// that lasted longer than it was waited for begins a new row of attempts.
func (l *link) reconnect(old *session.Session) {
	l.node.opening.Lock()
	defer l.node.opening.Unlock()
	if l.node.stopped.Load() {
		return
	}
	if !l.opened.IsZero() && l.node.env.Clock.Now().Sub(l.opened) > l.waited {
		l.attempt = 0
		l.delays.Reset()
	}
	if most := l.node.config.ReconnectAttempts; most > 0 && l.attempt == most {
		return
	}
	l.attempt++
	l.waited, l.opened = l.delays.Next(), time.Time{}
	var id flow.Value
	var succeeds *session.Session
	if l.node.config.KeepSession {
		id, succeeds = old.ID(), old
	}
	told := append(remote(l.target), "attempt", float64(l.attempt), "delay", float64(l.waited.Milliseconds()))
	// It fails if somebody was faster to take the id.
	_ = l.open(id, succeeds, l.waited, func(s *session.Session) {
		l.tell(flow.Badge("yellow", "ring", "reconnecting"),
			session.OK("reconnecting", append([]flow.Value{"sessionId", s.ID()}, told...)...))
	})
}

// remote returns the pairs that say where a connection goes.
func remote(t sockets.Target) []flow.Value {
	return []flow.Value{"remoteHost", t.Host, "remotePort", float64(t.Port)}
}

// tell tells of the connection, unless the node stops: it ends its connections
// without a word then, as the original does.
func (l *link) tell(badge *flow.Object, event *flow.Message) {
	if !l.node.stopped.Load() {
		l.node.announcer.Announce(badge, event)
	}
}
