// Package tcpconnect is the node type tcp-connect: it opens TCP connections.
package tcpconnect

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Host        string     `json:"host" doc:"address or name to connect to"`
	Port        flow.Value `json:"port" doc:"port to connect to, 1 to 65535"`
	Mode        string     `json:"mode" doc:"binary: a Buffer for each chunk; line: a text for each line (CR LF, LF or CR ends one)"`
	WaitFor     string     `json:"waitFor" doc:"JavaScript regular expression (line mode): lines are held until one matches, or until the unfinished last line does"`
	Timeout     flow.Value `json:"timeout" doc:"milliseconds without traffic after which a TIMEOUT is sent; 0 is never"`
	AutoConnect bool       `json:"autoConnect" doc:"connect when the flow starts"`

	AllowHalfOpen bool `json:"allowHalfOpen" doc:"when the peer ends its side, send the event end and go on writing until a tcp-disconnect ends ours"`
	tlsconf.Inline
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-connect", Category: "network", Inputs: 1, Outputs: 2,
		Summary: "Opens a TCP connection, a session, for each message.",
		InputDocs: []flow.Doc{
			{Name: "host", Text: "replaces the node's"},
			{Name: "port", Text: "replaces the node's"},
			{Name: "sessionId", Text: "the id that the session is to have; without it the id is sess-<uuid>"},
		},
		OutputDocs: []string{
			"events: connecting {sessionId, remoteHost, remotePort}; connected {sessionId, remoteHost, remotePort, localPort, and with TLS tls}; end {sessionId}, with allowHalfOpen; disconnected {sessionId}; error and timeout",
			"data {sessionId, payload}, of the sessions whose data no tcp-send has claimed; with waitFor payload is the list of lines before the one in match",
		},
		Errors: []flow.Doc{
			{Name: "CONNECT_INVALID", Text: "there is no host or port, or they are no host and port"},
			{Name: "SESSION_ID_CONFLICT", Text: "a session has this sessionId already"},
			{Name: "CONNECT_FAILED", Text: "the connection could not be made, or broke; disconnected follows"},
			{Name: "TLS_FAILED", Text: "the TLS handshake failed, or the server refused this end after it; errorText says why; disconnected follows"},
			{Name: "TIMEOUT", Text: "no traffic for as long as timeout says (event timeout); the connection stays open"},
		},
		Notes: "A redeploy of this node closes its connections without telling; one that changes other nodes, or only wires, does not close them. " + tlsconf.Notes,
		Differences: []string{
			"Nothing received is lost at the end of a session, and lines do not depend on how TCP cut them.",
			"A port or host that is none is an error envelope, CONNECT_INVALID, and leaves no session behind.",
		},
		Default: func() Config { return Config{Mode: "binary", Timeout: 0.0, Inline: tlsconf.Defaults()} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			provider, err := c.Provider(env)
			if err != nil {
				return nil, err
			}
			return &Node{config: c, env: env, store: store, tls: provider, announcer: session.NewAnnouncer(env.Host)}, nil
		},
	})
}

// Node is a tcp-connect node.
type Node struct {
	config  Config
	env     flow.Env
	store   *session.Store
	options session.Options
	tls     tlsconf.Provider // nil: connections are plain

	announcer *session.Announcer
	stopped   atomic.Bool
}

// Start connects if the node is to do so by itself.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	n.options = session.StreamOptions(n.env, n.config.Mode, n.config.WaitFor, n.config.Timeout)
	port, _ := sockets.ParseInt(n.config.Port)
	if n.config.AutoConnect && port != 0 && flow.TrimSpace(n.config.Host) != "" {
		n.env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
			return n.Handle(flow.NewMessage(), out)
		}))
		return nil
	}
	n.env.Status(flow.Badge("grey", "ring", "idle"))
	return nil
}

// Drain reads no more from the node's connections.
func (n *Node) Drain() { n.store.Drain(n.env.ID) }

// Stop closes the node's connections.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	n.stopped.Store(true)
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	n.announcer.Clear()
	return nil
}

// Handle opens a connection.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	target, err := sockets.FindTarget(msg, n.config.Host, n.config.Port, 0)
	if errors.Is(err, sockets.ErrNoTarget) {
		out.Send(0, session.Fail("CONNECT_INVALID", "connect requires host and port", "error"))
		return nil
	}
	if err != nil {
		n.env.Status(flow.Badge("red", "dot", "error"))
		out.Send(0, session.Fail("CONNECT_INVALID", err.Error(), "error"))
		return nil
	}
	o := n.options
	o.HalfOpen = n.config.AllowHalfOpen
	link := &link{node: n, target: target}
	o.Owner = link
	s, err := n.store.Dial(n.dialer(target), msg.Get("sessionId"), &o)
	if err != nil {
		out.Send(0, session.Fail("SESSION_ID_CONFLICT", "Session already exists", "error", "sessionId", msg.Get("sessionId")))
		return nil
	}
	n.env.Status(flow.Badge("yellow", "dot", "connecting"))
	out.Send(0, session.OK("connecting", "sessionId", s.ID(),
		"remoteHost", target.Host, "remotePort", float64(target.Port)))
	return nil
}

// dialer returns how the node connects to a host and port.
func (n *Node) dialer(t sockets.Target) session.Dialer {
	dial := session.To(t)
	if n.tls == nil {
		return dial
	}
	return func(ctx context.Context) (session.Stream, error) {
		s, err := dial(ctx)
		if err != nil {
			return s, err
		}
		ctx, cancel := context.WithTimeout(ctx, n.config.Patience())
		defer cancel()
		s.Conn, err = tlsconf.Connect(ctx, s.Conn, n.tls, t.Host)
		return s, err
	}
}

// link is one connection of the node.
type link struct {
	node   *Node
	target sockets.Target
}

// Opened implements [session.Owner].
func (l *link) Opened(s *session.Session) {
	_, port := sockets.Address(s.LocalAddr())
	m := session.OK("connected", "sessionId", s.ID(),
		"remoteHost", l.target.Host, "remotePort", float64(l.target.Port), "localPort", float64(port))
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
}

// tell tells of the connection, unless the node stops: it ends its connections
// without a word then, as the original does.
func (l *link) tell(badge *flow.Object, event *flow.Message) {
	if !l.node.stopped.Load() {
		l.node.announcer.Announce(badge, event)
	}
}
