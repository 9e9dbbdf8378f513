package httprequest

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// errLineEnd says that a head has line ends that HTTP does not have (RFC 9112,
// section 2.2). Node.js refuses them, and so does the node unless it is lenient:
// what two ends read differently is how answers are smuggled in.
var errLineEnd = errors.New("Parse Error: Missing expected CR after response line") //nolint:staticcheck // Node.js's words

// wire is a connection to a server. What a server says before it was asked, which
// the http package does not expect, waits until it is. Unless it is lenient it
// looks at the head of each answer. With TLS without a tls-config node, and behind
// a proxy's tunnel, it sees nothing of it.
type wire struct {
	net.Conn
	lenient bool
	asked   chan struct{} // closed by the first Write, or by Close
	once    sync.Once
	again   atomic.Bool // the next byte begins an answer

	// What the reader knows.
	passed bool // the head of the answer has been read
	last   byte // what was read before
	line   int  // bytes of the line so far
}

func newWire(conn net.Conn, lenient bool) *wire {
	return &wire{Conn: conn, lenient: lenient, asked: make(chan struct{})}
}

// Write begins a new exchange.
func (w *wire) Write(b []byte) (int, error) {
	w.again.Store(true)
	n, err := w.Conn.Write(b)
	w.once.Do(func() { close(w.asked) })
	return n, err
}

// Close closes the connection.
func (w *wire) Close() error {
	err := w.Conn.Close()
	w.once.Do(func() { close(w.asked) })
	return err
}

func (w *wire) Read(b []byte) (int, error) {
	<-w.asked
	n, err := w.Conn.Read(b)
	if w.lenient || n == 0 {
		return n, err
	}
	if w.again.Swap(false) {
		w.last, w.line = 0, 0
		w.passed = b[0] != 'H' // no HTTP: a record of TLS
	}
	for _, char := range b[:n] {
		if w.passed {
			break
		}
		switch {
		case char != '\n':
			w.line++
		case w.last != '\r':
			return 0, errLineEnd
		default:
			w.passed = w.line == 1 // an empty line: only the \r
			w.line = 0
		}
		w.last = char
	}
	return n, err
}
