package webroutes

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// LimitWrites returns a listener for a server whose clients have a time to take what
// is written to them; who does not is cut off. Unlike [http.Server.WriteTimeout] it
// leaves a flow as long as it needs, and costs next to nothing. Who takes over a
// connection, such as a websocket, sees to that itself.
func LimitWrites(l net.Listener, limit time.Duration) net.Listener {
	return limitedListener{l, limit}
}

type limitedListener struct {
	net.Listener
	limit time.Duration
}

// Accept implements [net.Listener].
func (l limitedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c, err
	}
	limited := &limitedConn{TCPConn: tcp, limit: l.limit, began: time.Now()}
	limited.movedAt.Store(longAgo)
	return limited, err
}

// limitedConn moves the deadline of writing before it writes. That costs much more
// than to look at the clock, so it is done once in a while only.
type limitedConn struct {
	*net.TCPConn
	limit   time.Duration
	began   time.Time
	movedAt atomic.Int64 // a time.Duration since began
	foreign atomic.Bool  // the deadline is somebody else's
}

const (
	maxAge  = time.Second // how much earlier than asked for a deadline may be
	longAgo = -int64(maxAge)
)

// move moves the deadline, if it is time to.
func (c *limitedConn) move() error {
	now := time.Since(c.began)
	if now-time.Duration(c.movedAt.Load()) < maxAge || c.foreign.Load() {
		return nil
	}
	c.movedAt.Store(int64(now))
	return c.TCPConn.SetWriteDeadline(c.began.Add(now + c.limit))
}

// Write implements [io.Writer].
func (c *limitedConn) Write(b []byte) (int, error) {
	if err := c.move(); err != nil {
		return 0, err
	}
	return c.TCPConn.Write(b)
}

// ReadFrom implements [io.ReaderFrom], with which a server sends files.
func (c *limitedConn) ReadFrom(r io.Reader) (int64, error) {
	if err := c.move(); err != nil {
		return 0, err
	}
	return c.TCPConn.ReadFrom(r)
}

// SetDeadline implements [net.Conn]. A server takes its own deadlines away when
// somebody takes over the connection.
func (c *limitedConn) SetDeadline(t time.Time) error {
	c.foreign.Store(true)
	return c.TCPConn.SetDeadline(t)
}

// SetWriteDeadline implements [net.Conn]. TLS has deadlines of its own, for the
// handshake and for its goodbye; the zero time ends them. A server ends those after
// each request that it has not set.
func (c *limitedConn) SetWriteDeadline(t time.Time) error {
	if foreign := !t.IsZero(); c.foreign.Swap(foreign) || foreign {
		c.movedAt.Store(longAgo)
		return c.TCPConn.SetWriteDeadline(t)
	}
	return nil
}
