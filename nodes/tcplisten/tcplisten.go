// Package tcplisten is the node type tcp-listen: it accepts TCP connections.
package tcplisten

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Host    string     `json:"host" doc:"address to listen on; :: takes IPv4 connections too"`
	Port    flow.Value `json:"port" doc:"port to listen on, 1 to 65535"`
	Mode    string     `json:"mode" doc:"binary: a Buffer for each chunk; line: a text for each line (CR LF, LF or CR ends one)"`
	WaitFor string     `json:"waitFor" doc:"JavaScript regular expression (line mode): lines are held until one matches, or until the unfinished last line does"`
	Timeout flow.Value `json:"timeout" doc:"milliseconds without traffic after which a connection is closed; 0 is never"`

	AllowHalfOpen bool `json:"allowHalfOpen" doc:"when the peer ends its side, send the event end and go on writing until a tcp-disconnect ends ours"`
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-listen", Category: "network", Outputs: 2,
		Summary: "Accepts TCP connections and makes a session of each.",
		OutputDocs: []string{
			"events: listening {localHost, localPort}; connected {sessionId, remoteHost, remotePort, localHost, localPort}; end {sessionId}, with allowHalfOpen; disconnected {sessionId}; closed; error and timeout",
			"data {sessionId, payload}, of the sessions whose data no tcp-send has claimed; with waitFor payload is the list of lines before the one in match",
		},
		Errors: []flow.Doc{
			{Name: "TIMEOUT", Text: "no traffic for as long as timeout says (event timeout); the connection is closed"},
			{Name: "EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOTFOUND, …", Text: "the node cannot listen"},
			{Name: "ERR_SOCKET_BAD_PORT", Text: "the port is out of range"},
			{Name: "ECONNRESET, EPIPE, ETIMEDOUT, …", Text: "a connection (sessionId) broke"},
			{Name: "EMFILE, ENFILE, …", Text: "a connection could not be accepted; the node tries again"},
		},
		Notes: "A redeploy of this node closes its connections; one that changes other nodes, or only wires, does not.",
		Differences: []string{
			"disconnected is sent for every session that ended, and closed when the server socket closes.",
			"Nothing received is lost at the end of a session, and lines do not depend on how TCP cut them.",
		},
		Default: func() Config { return Config{Host: "0.0.0.0", Mode: "binary", Timeout: 0.0} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return &Node{config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host)}, nil
		},
	})
}

// Node is a tcp-listen node.
type Node struct {
	config  Config
	env     flow.Env
	store   *session.Store
	options session.Options

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
	port, _ := sockets.ParseInt(n.config.Port)
	if port == 0 {
		n.env.Status(flow.Badge("red", "ring", "port required"))
		return nil
	}
	if err := sockets.CheckPort("options.port", port, 0); err != nil {
		n.fail("ERR_SOCKET_BAD_PORT", err.Error())
		return nil
	}
	host := flow.TrimSpace(n.config.Host)
	if host == "" {
		host = "0.0.0.0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	n.open(ctx, sockets.Target{Host: host, Port: port})
	return nil
}

// open listens and serves in the background. An address is listened on at
// once, so that nodes get their ports in the order in which they start; looking
// up a name may take its time.
func (n *Node) open(ctx context.Context, t sockets.Target) {
	if sockets.IsAddress(t.Host) {
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
func (n *Node) listen(ctx context.Context, t sockets.Target) *net.TCPListener {
	ln, err := sockets.ListenTCP(ctx, t)
	if err != nil {
		if e := sockets.Explain("listen", err, netip.AddrPort{}); ctx.Err() == nil {
			n.fail(e.Code, e.Text)
		}
		return nil
	}
	n.listening = true
	host, port := sockets.Address(ln.Addr())
	n.announcer.Announce(flow.Badge("green", "dot", "listening :"+strconv.Itoa(port)),
		session.OK("listening", "localHost", host, "localPort", float64(port)))
	return ln
}

// serve accepts connections until the node stops or the server socket breaks.
func (n *Node) serve(ctx context.Context, ln *net.TCPListener) {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer func() { _ = ln.Close() }()
	for pause := time.Duration(0); ; {
		conn, err := ln.AcceptTCP()
		switch {
		case err == nil:
			pause = 0
			n.store.Accept(session.Stream{Conn: conn}, &n.options)
		case ctx.Err() != nil:
			return
		case !sockets.IsTemporary(err):
			e := sockets.Explain("accept", err, netip.AddrPort{})
			n.fail(e.Code, e.Text)
			n.listening = false
			n.announcer.Announce(flow.Badge("grey", "ring", "closed"), session.OK("closed"))
			return
		default:
			if pause == 0 {
				e := sockets.Explain("accept", err, netip.AddrPort{})
				n.announcer.Announce(nil, session.Fail(e.Code, e.Text, "error"))
			}
			pause = min(max(2*pause, minPause), maxPause)
			wait(ctx, pause)
		}
	}
}

// How long the node waits to accept again while the system is out of something.
const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
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
		remoteHost, remotePort := sockets.Address(s.RemoteAddr())
		localHost, localPort := sockets.Address(s.LocalAddr())
		return session.OK("connected", "sessionId", s.ID(),
			"remoteHost", remoteHost, "remotePort", float64(remotePort),
			"localHost", localHost, "localPort", float64(localPort))
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
		n.announcer.Announce(nil, session.Fail(err.Code, err.Text, "error", "sessionId", s.ID()))
	}
	n.announcer.AnnounceLater(func() *flow.Message { return session.OK("disconnected", "sessionId", s.ID()) })
}

func (n *Node) fail(code, text string) {
	n.announcer.Announce(flow.Badge("red", "dot", code), session.Fail(code, text, "error"))
}
