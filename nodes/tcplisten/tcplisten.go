// Package tcplisten is the node type tcp-listen: it accepts TCP connections.
package tcplisten

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpserver"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Node is a tcp-listen node.
type Node struct {
	config  Config
	env     flow.Env
	store   *session.Store
	options session.Options
	server  *tcpserver.Server
	framing *framing.Framing // nil: chunks as they come

	announcer *session.Announcer

	cancel    context.CancelFunc // ends serving
	serving   sync.WaitGroup
	listening bool // who serves sets it, Stop looks at it when serving has ended
}

// Handle does nothing: the node has no input.
func (n *Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start listens. A failure is an error envelope.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	n.options = session.StreamOptions(n.env, n.config.Mode, n.config.WaitFor, n.config.Timeout)
	n.options.Owner, n.options.Cut, n.options.HalfOpen = n, true, n.config.AllowHalfOpen
	n.options.Limits = n.config.Limits
	n.options.Framing = n.framing
	target, ok := n.target()
	if !ok {
		return nil
	}
	if err := n.server.Prepare(); err != nil {
		n.fail(err.Code, err.Text)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	n.open(ctx, target)
	return nil
}

// target returns the host and port to listen on. It tells what is wrong with
// them, and ok is false then.
func (n *Node) target() (t sockets.Target, ok bool) {
	if !n.config.Needs() {
		return t, true
	}
	t.Host = cmp.Or(flow.TrimSpace(n.config.Host), "0.0.0.0")
	if n.config.Port == "auto" {
		return t, true
	}
	if t.Port, _ = sockets.ParseInt(n.config.Port); t.Port == 0 {
		n.env.Status(flow.Badge("red", "ring", "port required"))
		return t, false
	}
	if err := sockets.CheckPort("options.port", t.Port, 0); err != nil {
		n.fail("ERR_SOCKET_BAD_PORT", err.Error())
		return t, false
	}
	return t, true
}

// open listens and serves in the background. An address is listened on at
// once, so that nodes get their ports in the order in which they start; looking
// up a name may take its time.
func (n *Node) open(ctx context.Context, t sockets.Target) {
	if t.Host == "" || sockets.IsAddress(t.Host) {
		if ln := n.listen(ctx, t); ln != nil {
			n.serving.Go(func() { n.serve(ctx, ln) })
		}
		return
	}
	n.serving.Go(func() {
		if ln := n.listen(ctx, t); ln != nil {
			n.serve(ctx, ln)
		}
	})
}

// listen opens the server socket and tells of it; nil if it could not.
func (n *Node) listen(ctx context.Context, t sockets.Target) net.Listener {
	ln, err := n.config.Listen(ctx, t)
	if err != nil {
		if e := sockets.Explain("listen", err, netip.AddrPort{}); ctx.Err() == nil {
			n.fail(e.Code, e.Text)
		}
		return nil
	}
	n.listening = true
	where := ends("local", ln.Addr())
	text := ":" + flow.Text(where[len(where)-1])
	if where[0] == "path" {
		text = flow.Text(where[1])
	}
	n.announcer.Announce(flow.Badge("green", "dot", "listening "+text), session.OK("listening", where...))
	return ln
}

// ends returns the pairs that say in an event where a socket is: localHost and
// localPort, or remoteHost and remotePort, or a Unix socket's path.
func ends(side string, a net.Addr) []flow.Value {
	host, port := sockets.Address(a)
	if _, isUnix := a.(*net.UnixAddr); isUnix {
		return []flow.Value{"path", host}
	}
	return []flow.Value{side + "Host", host, side + "Port", float64(port)}
}

// serve accepts connections until the node stops or the server socket breaks.
func (n *Node) serve(ctx context.Context, ln net.Listener) {
	if e := n.server.Serve(ctx, ln); e != nil {
		n.fail(e.Code, e.Text)
		n.listening = false
		n.announcer.Announce(flow.Badge("grey", "ring", "closed"), session.OK("closed"))
	}
}

// Accepted implements [tcpserver.Owner].
func (n *Node) Accepted(c session.Stream) {
	if err := n.config.Apply(c.Conn); err != nil {
		n.announcer.Announce(nil, session.Fail("SOCKET_OPTION", err.Error(), "error"))
	}
	n.store.Accept(c, &n.options)
}

// Refused implements [tcpserver.Owner].
func (n *Node) Refused(r tcpserver.Refusal) {
	n.store.Refuse()
	n.announcer.AnnounceLater(r.Message)
}

// Drain accepts no more connections and reads no more from those there are.
func (n *Node) Drain() {
	if n.cancel != nil {
		n.cancel()
	}
	n.store.Drain(n.env.ID)
}

// Stop closes the server socket and the node's connections. Each is told of,
// whatever the reason.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	if n.cancel != nil {
		n.cancel()
	}
	n.serving.Wait()
	n.store.End(n.env.ID)
	if n.listening {
		n.listening = false
		n.announcer.Announce(nil, session.OK("closed"))
	}
	n.store.Detach(n.env.ID, reason)
	n.announcer.Clear()
	return nil
}

// Opened implements [session.Owner].
func (n *Node) Opened(s *session.Session) {
	n.announcer.AnnounceLater(func() *flow.Message {
		pairs := []flow.Value{"sessionId", s.ID()}
		if local := ends("local", s.LocalAddr()); local[0] == "path" {
			pairs = append(pairs, local...)
		} else {
			pairs = append(append(pairs, ends("remote", s.RemoteAddr())...), local...)
		}
		m := session.OK("connected", pairs...)
		if state, ok := s.TLS(); ok {
			m.Set("tls", tlsconf.Describe(state))
		}
		return m
	})
}

// TimedOut implements [session.Owner]. The session closes itself.
func (n *Node) TimedOut(s *session.Session) { n.announcer.Announce(nil, session.Timeout(s.ID())) }

// Ended implements [session.Ender].
func (n *Node) Ended(s *session.Session) {
	n.announcer.Announce(nil, session.OK("end", "sessionId", s.ID()))
}

// Closed implements [session.Owner].
func (n *Node) Closed(s *session.Session, err *sockets.Error) {
	if err != nil {
		n.announcer.Announce(nil, session.Broken(s.ID(), err))
	}
	n.announcer.AnnounceLater(func() *flow.Message { return session.OK("disconnected", "sessionId", s.ID()) })
}

func (n *Node) fail(code, text string) {
	n.announcer.Announce(flow.Badge("red", "dot", code), session.Fail(code, text, "error"))
}
