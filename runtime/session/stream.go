package session

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"

	"github.com/flowrun/flowrun/internal/sockets"
)

// Stream is a connection for a session: a TCP or Unix socket, or a
// [sockets.Secure].
type Stream struct {
	Conn   net.Conn
	Prefix []byte // what was read from it already
	// Remote and Local are its ends where they are not the socket's: behind a
	// proxy. Both may be nil.
	Remote, Local net.Addr
	Released      func() // called when the session of [Store.Accept] has closed it; may be nil
}

// Dialer makes the connection of a session. The error is an *[sockets.Error],
// unless the context has ended.
type Dialer func(ctx context.Context) (Stream, error)

// To returns the dialer that connects to a host and port.
func To(t sockets.Target) Dialer {
	return func(ctx context.Context) (Stream, error) {
		conn, err := sockets.Dialing{Options: sockets.DefaultOptions()}.Dial(ctx, t)
		if err != nil {
			return Stream{}, err
		}
		return Stream{Conn: conn}, nil
	}
}

// ends are the addresses of a session behind a proxy.
type ends struct{ remote, local net.Addr }

// RemoteAddr returns the peer's end of a session that was connected. Behind a
// proxy that says so it is that of the proxy's client.
func (s *Session) RemoteAddr() net.Addr {
	remote, _ := s.addresses()
	return remote
}

// LocalAddr returns the session's own end, behind a proxy the proxy's.
func (s *Session) LocalAddr() net.Addr {
	_, local := s.addresses()
	return local
}

func (s *Session) addresses() (remote, local net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peerAndLocal()
}

// peerAndLocal returns the session's ends, nil while there are none. The caller
// holds the lock.
func (s *Session) peerAndLocal() (remote, local net.Addr) {
	if s.conn != nil {
		remote, local = s.conn.RemoteAddr(), s.conn.LocalAddr()
	}
	if e := s.rare.ends; e != nil {
		remote, local = cmp.Or(e.remote, remote), cmp.Or(e.local, local)
	}
	return remote, local
}

// TLS returns the state of a session's TLS connection; ok is false if it has
// none.
func (s *Session) TLS() (state tls.ConnectionState, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.conn.(*sockets.Secure)
	if ok {
		state = c.ConnectionState()
	}
	return state, ok
}
