package sockets

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// Secure is a TLS connection that can be read without waiting, so that one that
// is idle needs neither a buffer nor a large stack.
type Secure struct {
	*tls.Conn
	wire *wire
}

// TLSServer shakes hands with a client. It owns the connection from then on;
// prefix is what was read from it already. The error is an *[Error] with the code
// [TLSFailed].
func TLSServer(ctx context.Context, conn net.Conn, prefix []byte, config *tls.Config) (*Secure, error) {
	return shakeHands(ctx, conn, prefix, config, tls.Server)
}

// TLSClient shakes hands with a server; see [TLSServer].
func TLSClient(ctx context.Context, conn net.Conn, prefix []byte, config *tls.Config) (*Secure, error) {
	return shakeHands(ctx, conn, prefix, config, tls.Client)
}

func shakeHands(ctx context.Context, conn net.Conn, prefix []byte, config *tls.Config, over func(net.Conn, *tls.Config) *tls.Conn) (*Secure, error) {
	w := &wire{Conn: conn, prefix: prefix}
	s := &Secure{over(w, config), w}
	if err := s.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, ExplainTLS(err)
	}
	return s, nil
}

// Close closes the connection without a word to the peer: that is
// [Secure.CloseWrite].
func (s *Secure) Close() error { return s.wire.Close() }

// CloseWrite tells the peer that nothing more comes: with TLS' close_notify, and
// with TCP's FIN. It may wait some seconds for a peer that takes nothing.
func (s *Secure) CloseWrite() error {
	err := s.Conn.CloseWrite()
	if c, ok := s.wire.Conn.(CloseWriter); ok {
		return errors.Join(err, c.CloseWrite())
	}
	return err
}

// Socket returns the connection below TLS.
func (s *Secure) Socket() net.Conn { return s.wire.Conn }

// CloseWriter is a connection whose one direction can be ended: TCP, Unix, TLS.
type CloseWriter interface {
	net.Conn
	CloseWrite() error
}

// ErrNothing says that there is nothing to read for now.
var ErrNothing net.Error = nothing{}

// nothing is temporary for the tls package, which keeps what it has read so far
// of a record and goes on with the next call.
type nothing struct{}

func (nothing) Error() string   { return "nothing to read for now" }
func (nothing) Timeout() bool   { return false }
func (nothing) Temporary() bool { return true }

// wire is what TLS reads from and writes to.
type wire struct {
	net.Conn
	prefix []byte // comes before what Conn brings
	fd     uintptr
	now    bool // read fd, without waiting
}

// Read waits for bytes, or does not in a call of [Secure.ReadNow].
func (w *wire) Read(b []byte) (int, error) {
	switch {
	case len(w.prefix) > 0:
		n := copy(b, w.prefix)
		w.prefix = w.prefix[n:]
		return n, nil
	case w.now:
		return readNow(w.fd, b)
	}
	return w.Conn.Read(b)
}
