// Package tcplisten is the node type tcp-listen: it accepts TCP connections.
package tcplisten

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpserver"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Host    string     `json:"host" doc:"address to listen on; :: takes IPv4 connections too"`
	Port    flow.Value `json:"port" doc:"port to listen on, 1 to 65535"`
	Mode    string     `json:"mode" doc:"binary: a Buffer for each chunk, or what framing says; line: a text for each line (CR LF, LF or CR ends one)"`
	WaitFor string     `json:"waitFor" doc:"JavaScript regular expression (line mode): lines are held until one matches, or until the unfinished last line does"`
	Timeout flow.Value `json:"timeout" doc:"milliseconds without traffic after which a connection is closed; 0 is never"`

	AllowHalfOpen bool `json:"allowHalfOpen" doc:"when the peer ends its side, send the event end and go on writing until a tcp-disconnect ends ours"`
	tcpserver.Config
	framing.Frames
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-listen", Category: "network", Outputs: 2,
		Summary: "Accepts TCP connections and makes a session of each.",
		OutputDocs: []string{
			"events: listening {localHost, localPort}; connected {sessionId, remoteHost, remotePort, localHost, localPort, and with TLS tls}; end {sessionId}, with allowHalfOpen; disconnected {sessionId}; " + tcpserver.Events + "; closed; error and timeout",
			"data {sessionId, payload}, of the sessions whose data no tcp-send has claimed; with waitFor payload is the list of lines before the one in match",
		},
		Errors: append([]flow.Doc{
			{Name: "TIMEOUT", Text: "no traffic for as long as timeout says (event timeout), nothing at all within firstByteTimeout, or maxConnectionTime is over; the connection is closed"},
			{Name: "EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOTFOUND, …", Text: "the node cannot listen"},
			{Name: "ERR_SOCKET_BAD_PORT", Text: "the port is out of range"},
			{Name: "ECONNRESET, EPIPE, ETIMEDOUT, …", Text: "a connection (sessionId) broke"},
		}, slices.Concat(tcpserver.Errors, framing.Errors())...),
		Notes: "A redeploy of this node closes its connections; one that changes other nodes, or only wires, does not. " + framing.Notes + " " + tcpserver.Notes,
		Differences: []string{
			"disconnected is sent for every session that ended, and closed when the server socket closes.",
			"Nothing received is lost at the end of a session, and lines do not depend on how TCP cut them.",
		},
		Default: func() Config {
			return Config{Host: "0.0.0.0", Mode: "binary", Timeout: 0.0, Config: tcpserver.Defaults(), Frames: framing.Default()}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			n := &Node{config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host)}
			var err error
			if n.framing, err = c.Stream(c.Mode == "line"); err != nil {
				return nil, err
			}
			n.server, err = tcpserver.New(c.Config, env, n)
			return n, err
		},
	})
}

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
	port, _ := sockets.ParseInt(n.config.Port)
	if port == 0 {
		n.env.Status(flow.Badge("red", "ring", "port required"))
		return nil
	}
	if err := sockets.CheckPort("options.port", port, 0); err != nil {
		n.fail("ERR_SOCKET_BAD_PORT", err.Error())
		return nil
	}
	if err := n.server.Prepare(); err != nil {
		n.fail(err.Code, err.Text)
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
func (n *Node) serve(ctx context.Context, ln net.Listener) {
	if e := n.server.Serve(ctx, ln); e != nil {
		n.fail(e.Code, e.Text)
		n.listening = false
		n.announcer.Announce(flow.Badge("grey", "ring", "closed"), session.OK("closed"))
	}
}

// Accepted implements [tcpserver.Owner].
func (n *Node) Accepted(c session.Stream) { n.store.Accept(c, &n.options) }

// Refused implements [tcpserver.Owner].
func (n *Node) Refused(r tcpserver.Refusal) { n.announcer.AnnounceLater(r.Message) }

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
		m := session.OK("connected", "sessionId", s.ID(),
			"remoteHost", remoteHost, "remotePort", float64(remotePort),
			"localHost", localHost, "localPort", float64(localPort))
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
