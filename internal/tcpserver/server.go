// Package tcpserver is what nodes that accept connections share: it accepts,
// asks a proxy who the client is, looks whether it may come in, shakes hands, and
// hands over a connection that is ready to be a session.
package tcpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/access"
	"github.com/flowrun/flowrun/internal/backoff"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config are the properties of a node that accepts connections. Embed it in the
// node's configuration.
type Config struct {
	access.Config
	Proxy        string     `json:"proxyProtocol" doc:"off; required: a proxy says in front of a connection who its client is, by the PROXY protocol (versions 1 and 2); optional: it may"`
	ProxyTrusted flow.Value `json:"proxyTrusted" doc:"the proxies that are believed, as in allow; with proxyProtocol they must be named"`
	session.Limits
	tlsconf.Inline
}

// Defaults are those of the properties.
func Defaults() Config { return Config{Proxy: proxyOff, Inline: tlsconf.Defaults()} }

// Owner hears of connections, on goroutines of the server and of several at the
// same time.
type Owner interface {
	// Accepted hands over a connection that is ready.
	Accepted(c session.Stream)
	// Refused tells of one that did not become ready.
	Refused(r Refusal)
}

// Server accepts connections.
type Server struct {
	owner    Owner
	gate     *access.Gate
	limited  bool // gate counts, or has rules
	proxy    proxy
	provider tlsconf.Provider // nil: connections are plain
	patience time.Duration    // for what comes before a connection is ready

	tls     *tls.Config
	shaking sync.WaitGroup // connections that are not ready
}

// New returns what the properties say. The error is a *[flow.ConfigError].
func New(c Config, env flow.Env, owner Owner) (*Server, error) {
	s := &Server{owner: owner, limited: c.Config.IsLimited(), patience: c.Patience()}
	err := c.Limits.Check()
	if err != nil {
		return nil, err
	}
	if s.gate, err = c.Gate(); err != nil {
		return nil, err
	}
	if s.proxy, err = parseProxy(c.Proxy, c.ProxyTrusted); err != nil {
		return nil, err
	}
	if s.provider, err = c.Provider(env); err != nil {
		return nil, err
	}
	return s, nil
}

// Prepare reads certificates, before the node listens. The error has the code
// TLS_FAILED.
func (s *Server) Prepare() (err *sockets.Error) {
	if s.provider == nil {
		return nil
	}
	s.tls, err = tlsconf.Server(s.provider)
	return err
}

// How long the server waits to accept again while the system is out of
// something.
const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// Serve accepts connections until the context ends or the listener breaks: that
// is the error. The listener is closed then, and no connection is on its way to
// the owner any more.
func (s *Server) Serve(ctx context.Context, ln net.Listener) *sockets.Error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer s.shaking.Wait()
	defer stop()
	defer func() { _ = ln.Close() }()
	for pause := time.Duration(0); ; {
		s.gate.Await(ctx)
		conn, err := ln.Accept()
		switch {
		case err == nil:
			pause = 0
			s.take(ctx, conn)
		case ctx.Err() != nil:
			return nil
		case !sockets.IsTemporary(err):
			return sockets.Explain("accept", err, netip.AddrPort{})
		default:
			if pause == 0 {
				e := sockets.Explain("accept", err, netip.AddrPort{})
				s.owner.Refused(Refusal{Event: "error", Code: e.Code, Text: e.Text})
			}
			pause = min(max(2*pause, minPause), maxPause)
			backoff.Wait(ctx, pause)
		}
	}
}

// take brings a connection to where it is ready, in the background if that may
// wait for the peer.
func (s *Server) take(ctx context.Context, conn net.Conn) {
	asks := s.proxy.asks(conn.RemoteAddr())
	if s.tls == nil && !asks && !s.limited { // it is ready
		s.owner.Accepted(session.Stream{Conn: conn})
		return
	}
	a := &arrival{server: s, Stream: session.Stream{Conn: conn}}
	if s.limited {
		pass, reason := s.gate.Enter()
		if reason != access.Allowed {
			a.refuse(reason)
			return
		}
		a.pass, a.Released = pass, pass.Leave
	}
	if s.tls == nil && !asks {
		a.enter()
		return
	}
	s.shaking.Go(func() {
		switch {
		case asks && !a.askProxy(ctx):
		case s.tls == nil:
			a.enter()
		default:
			a.shakeHands(ctx)
		}
	})
}

// arrival is a connection that is not ready yet.
type arrival struct {
	session.Stream
	server *Server
	pass   *access.Pass // nil: it is not counted
}

// enter hands the connection over, if its peer may come in.
func (a *arrival) enter() {
	if a.mayEnter() {
		a.server.owner.Accepted(a.Stream)
	}
}

func (a *arrival) mayEnter() bool {
	if a.pass == nil {
		return true
	}
	reason := a.pass.Show(address(a.remote()))
	if reason != access.Allowed {
		a.refuse(reason)
		return false
	}
	return true
}

// shakeHands makes a TLS connection of the connection, if its peer may come in,
// and hands that over.
func (a *arrival) shakeHands(ctx context.Context) {
	if !a.mayEnter() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, a.server.patience)
	defer cancel()
	secure, err := sockets.TLSServer(ctx, a.Conn, a.Prefix, a.server.tls)
	if err == nil {
		a.Conn, a.Prefix = secure, nil
		a.server.owner.Accepted(a.Stream)
		return
	}
	a.fail(ctx, sockets.Explain("handshake", err, netip.AddrPort{}))
}

// askProxy reads what a proxy says about the connection, and tells whether it
// goes on.
func (a *arrival) askProxy(ctx context.Context) bool {
	if err := a.server.proxy.read(ctx, &a.Stream, a.server.patience); err != nil {
		a.fail(ctx, err)
		return false
	}
	return true
}

func (a *arrival) remote() net.Addr {
	if a.Remote != nil {
		return a.Remote
	}
	return a.Conn.RemoteAddr()
}

func (a *arrival) local() net.Addr {
	if a.Local != nil {
		return a.Local
	}
	return a.Conn.LocalAddr()
}

// fail closes a connection that went wrong. Nobody hears of it if the server
// stops.
func (a *arrival) fail(ctx context.Context, err *sockets.Error) {
	a.close()
	if !errors.Is(ctx.Err(), context.Canceled) {
		a.server.owner.Refused(Refusal{Event: "error", Code: err.Code, Text: err.Text, remote: a.remote(), local: a.local()})
	}
}

// refuse closes a connection that may not come in.
func (a *arrival) refuse(why access.Reason) {
	a.close()
	event := "drop"
	if why == access.InBlock || why == access.NotInAllow {
		event = "rejected"
	}
	a.server.owner.Refused(Refusal{Event: event, Reason: why, remote: a.remote(), local: a.local()})
}

func (a *arrival) close() {
	_ = a.Conn.Close()
	if a.Released != nil {
		a.Released()
	}
}

// address returns a peer's IP address; one that is not valid if it has none.
func address(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr()
	}
	return netip.Addr{}
}
