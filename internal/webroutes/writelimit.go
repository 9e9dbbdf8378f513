package webroutes

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/internal/sockets"
)

// LimitWrites returns a TCP listener for a server whose clients have a minute to take
// about [piece] bytes of what is written to them; who does not is cut off. Unlike
// [http.Server.WriteTimeout] it leaves a flow as long as it needs, and a slow client
// that goes on reading as well; and it costs next to nothing. Who takes over a
// connection, such as a websocket, sees to that itself. With a TLS configuration, not
// nil, the connections are those of TLS.
func LimitWrites(l net.Listener, secure *tls.Config) net.Listener {
	return limitWrites(l, answerTimeout, secure)
}

func limitWrites(l net.Listener, limit time.Duration, secure *tls.Config) net.Listener {
	l = limitedListener{l, limit}
	if secure != nil {
		return tls.NewListener(l, secure)
	}
	return l
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
		return c, err // an error, or no TCP: then there is no limit
	}
	_ = sockets.GoOnWriting(tcp, piece) // without it a client has to take more at a time
	limited := &limitedConn{TCPConn: tcp, limit: l.limit, began: time.Now()}
	limited.movedAt.Store(never)
	return limited, err
}

// limitedConn moves the deadline of writing before it writes. That costs much more
// than to look at the clock, so it is done once in a while only.
type limitedConn struct {
	*net.TCPConn
	limit   time.Duration
	began   time.Time
	movedAt atomic.Int64 // a time.Duration since began, or never
	foreign atomic.Bool  // the deadline is somebody else's,
	taken   atomic.Bool  // and so is the connection
}

const (
	piece = 64 << 10 // bytes
	never = -1
)

// move moves the deadline, if it is time to: it may be by a sixtieth earlier than the
// limit says.
func (c *limitedConn) move() error {
	now, moved := time.Since(c.began), c.movedAt.Load()
	if c.foreign.Load() || c.taken.Load() || moved != never && now-time.Duration(moved) < c.limit/60 {
		return nil
	}
	c.movedAt.Store(int64(now))
	return c.TCPConn.SetWriteDeadline(c.began.Add(now + c.limit))
}

// Write implements [io.Writer].
func (c *limitedConn) Write(b []byte) (n int, err error) {
	for {
		if err := c.move(); err != nil {
			return n, err
		}
		m, err := c.TCPConn.Write(b[n:min(n+piece, len(b))])
		if n += m; err != nil || n == len(b) {
			return n, c.cutOff(err)
		}
	}
}

// ReadFrom implements [io.ReaderFrom], with which a server sends files.
func (c *limitedConn) ReadFrom(r io.Reader) (n int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for {
		if err := c.move(); err != nil {
			return n, err
		}
		next := io.LimitedReader{R: limited.R, N: min(piece, limited.N)} // the system sends from nothing deeper
		m, err := c.TCPConn.ReadFrom(&next)
		limited.N -= m
		if n += m; err != nil || m < piece {
			return n, c.cutOff(err)
		}
	}
}

// cutOff closes the connection if that is what the error of writing says. TLS would
// try to say goodbye first.
func (c *limitedConn) cutOff(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.foreign.Load() && !c.taken.Load() {
		_ = c.TCPConn.Close()
	}
	return err
}

// SetDeadline implements [net.Conn]. net/http calls it when somebody takes over the
// connection.
func (c *limitedConn) SetDeadline(t time.Time) error {
	c.taken.Store(true)
	return c.TCPConn.SetDeadline(t)
}

// SetWriteDeadline implements [net.Conn]. TLS has deadlines of its own, for the
// handshake and for its goodbye; the zero time ends them. net/http sets the zero time
// after each request, though it has set no other: that must not cost anything.
func (c *limitedConn) SetWriteDeadline(t time.Time) error {
	if foreign := !t.IsZero(); c.foreign.Swap(foreign) || foreign || c.taken.Load() {
		c.movedAt.Store(never)
		return c.TCPConn.SetWriteDeadline(t)
	}
	return nil
}
