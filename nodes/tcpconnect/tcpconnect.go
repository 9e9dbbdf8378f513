// Package tcpconnect is the node type tcp-connect: it opens TCP connections.
package tcpconnect

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

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
			"events: connecting {sessionId, remoteHost, remotePort}; connected {sessionId, remoteHost, remotePort, localPort, and with TLS tls}; end {sessionId}, with allowHalfOpen; disconnected {sessionId}; reconnecting {sessionId, remoteHost, remotePort, attempt, delay}, with reconnect; error and timeout",
			"data {sessionId, payload}, of the sessions whose data no tcp-send has claimed; with waitFor payload is the list of lines before the one in match",
		},
		Errors: append([]flow.Doc{
			{Name: "CONNECT_INVALID", Text: "there is no host or port, or they are no host and port"},
			{Name: "SESSION_ID_CONFLICT", Text: "a session has this sessionId already"},
			{Name: "CONNECT_FAILED", Text: "the connection could not be made, or broke; disconnected follows"},
			{Name: "TLS_FAILED", Text: "the TLS handshake failed, or the server refused this end after it; errorText says why; disconnected follows"},
			{Name: "TIMEOUT", Text: "no traffic for as long as timeout says (event timeout); the connection stays open"},
		}, framing.Errors()...),
		Notes: "A redeploy of this node closes its connections without telling; one that changes other nodes, or only wires, does not close them. With reconnect each connection that ends, or cannot be made, is made anew until a tcp-disconnect ends it. The new session has a new sessionId, and reconnecting tells it; with keepSession it is the same session: its sessionId, its tags and who claims its data stay. A proxy's user and password may stand in the credentials proxyUser and proxyPassword. " + framing.Notes + " " + tlsconf.Notes,
		Differences: []string{
			"Nothing received is lost at the end of a session, and lines do not depend on how TCP cut them.",
			"A port or host that is none is an error envelope, CONNECT_INVALID, and leaves no session behind.",
		},
		Default: defaults,
		New: func(c Config, env flow.Env) (flow.Node, error) {
			n := &Node{config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host)}
			return n, n.prepare()
		},
	})
}

// Node is a tcp-connect node.
type Node struct {
	config  Config
	env     flow.Env
	store   *session.Store
	options session.Options
	framing *framing.Framing // nil: chunks as they come
	route   sockets.Route    // without the message's, or the node's own, host
	more    []sockets.Target // hosts beside the first
	tls     tlsconf.Provider // nil: plain connections
	turn    atomic.Uint32    // which host is the first, with hostOrder roundrobin

	announcer *session.Announcer
	opening   sync.Mutex // no session is opened by itself when stopped is set
	stopped   atomic.Bool
}

// Start connects if the node is to do so by itself.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	n.options = session.StreamOptions(n.env, n.config.Mode, n.config.WaitFor, n.config.Timeout)
	n.options.HalfOpen, n.options.Keep = n.config.AllowHalfOpen, n.config.KeepSession
	n.options.Framing = n.framing
	n.options.Offline = n.config.OfflineQueue
	port, _ := sockets.ParseInt(n.config.Port)
	named := n.config.Path != "" || port != 0 && flow.TrimSpace(n.config.Host) != ""
	if n.config.AutoConnect && named {
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
	n.opening.Lock()
	n.stopped.Store(true)
	n.opening.Unlock()
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	n.announcer.Clear()
	return nil
}

// Handle opens a connection.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	route, err := n.routeOf(msg)
	if errors.Is(err, sockets.ErrNoTarget) {
		out.Send(0, session.Fail("CONNECT_INVALID", "connect requires host and port", "error"))
		return nil
	}
	if err != nil {
		n.env.Status(flow.Badge("red", "dot", "error"))
		out.Send(0, session.Fail("CONNECT_INVALID", err.Error(), "error"))
		return nil
	}
	l := n.newLink(route)
	to := remote(l.target)
	err = l.open(msg.Get("sessionId"), nil, 0, func(s *session.Session) {
		n.env.Status(flow.Badge("yellow", "dot", "connecting"))
		out.Send(0, session.OK("connecting", append([]flow.Value{"sessionId", s.ID()}, to...)...))
	})
	if err != nil {
		out.Send(0, session.Fail("SESSION_ID_CONFLICT", "Session already exists", "error", "sessionId", msg.Get("sessionId")))
	}
	return nil
}

// routeOf returns the way to the message's host, or else to the node's hosts.
func (n *Node) routeOf(msg *flow.Message) (sockets.Route, error) {
	route := n.route
	if route.Path != "" {
		return route, nil
	}
	target, err := sockets.FindTarget(msg, n.config.Host, n.config.Port, 0)
	if err != nil {
		return route, err
	}
	route.Targets = []sockets.Target{target}
	if !flow.Truthy(msg.Get("host")) && !flow.Truthy(msg.Get("port")) {
		route.Targets = append(route.Targets, n.more...)
	}
	return route, nil
}
