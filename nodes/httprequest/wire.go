package httprequest

import (
	"errors"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/internal/sockets"
)

// errLineEnd says that a head has line ends that HTTP does not have (RFC 9112,
// section 2.2). Node.js refuses them, and so does the node unless it is lenient:
// what two ends read differently is how answers are smuggled in.
var errLineEnd = errors.New("Parse Error: Missing expected CR after response line") //nolint:staticcheck // Node.js's words

// wire is a connection to a server. What a server says before it was asked, which
// the http package does not expect, waits until it is. Unless it is lenient it
// looks at the head of each answer. Behind a proxy's tunnel it sees nothing of it.
type wire struct {
	net.Conn
	lenient bool
	asked   chan struct{} // closed by the first Write, or by Close
	once    sync.Once
	again   atomic.Bool // the next byte begins an answer

	heard chan struct{} // closed when nothing more can be read, after end is set
	over  sync.Once
	end   error

	// What the reader knows.
	reading bool // the head of an answer
	head    head
}

// head is what is read of the head of an answer.
type head struct {
	start [len("HTTP/1.1 100")]byte
	size  int
	line  int // bytes of the line so far
	last  byte
}

// isInterim tells whether another head follows, that of the answer. After 101 what
// follows is not HTTP.
func (h *head) isInterim() bool {
	status := string(h.start[len("HTTP/1.1"):])
	return status[:2] == " 1" && status != " 101"
}

func newWire(conn net.Conn, lenient bool) *wire {
	return &wire{Conn: conn, lenient: lenient, asked: make(chan struct{}), heard: make(chan struct{})}
}

// begin is called for a connection that a request has got, before it is written:
// an answer to the one before has been read to its end. That it is being written
// says nothing, since an answer may come before all of the request is sent.
func begin(got httptrace.GotConnInfo) {
	if w, ok := got.Conn.(*wire); ok {
		w.again.Store(true)
	}
}

// Write writes a part of a request. A server that refuses this end's certificate
// says so, and hangs up: what it has said is the better error.
func (w *wire) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	w.once.Do(func() { close(w.asked) })
	if _, secure := w.Conn.(*sockets.Secure); err != nil && secure {
		if refusal := w.refusal(); refusal != nil {
			err = refusal
		}
	}
	return n, err
}

// lastWords is how long the reader may take to come to the end of a connection that
// cannot be written to. It does at once, unless it has an answer to look after.
const lastWords = time.Second

// refusal is the alert that the connection has ended with, nil if there is none.
func (w *wire) refusal() error {
	select {
	case <-w.heard:
	case <-time.After(lastWords):
		return nil
	}
	if op, ok := errors.AsType[*net.OpError](w.end); ok && op.Op == "remote error" {
		return w.end
	}
	return nil
}

// ended notes what the reading has ended with; the first call counts.
func (w *wire) ended(err error) {
	w.over.Do(func() {
		w.end = err
		close(w.heard)
	})
}

// Close closes the connection.
func (w *wire) Close() error {
	err := w.Conn.Close()
	w.ended(net.ErrClosed)
	w.once.Do(func() { close(w.asked) })
	return err
}

func (w *wire) Read(b []byte) (int, error) {
	<-w.asked
	n, err := w.Conn.Read(b)
	if err != nil {
		w.ended(err)
	}
	if w.lenient || n == 0 {
		return n, err
	}
	if w.again.Swap(false) {
		w.head, w.reading = head{}, b[0] == 'H' // else it is no HTTP, which others say
	}
	for _, char := range b[:n] {
		if !w.reading {
			break
		}
		if err := w.look(char); err != nil {
			return 0, err
		}
	}
	return n, err
}

// look takes the next byte of a head.
func (w *wire) look(char byte) error {
	h := &w.head
	if h.size < len(h.start) {
		h.start[h.size] = char
	}
	h.size++
	switch {
	case char != '\n':
		h.line++
	case h.last != '\r':
		return errLineEnd
	case h.line == 1: // an empty line: only the \r
		w.reading = h.isInterim()
		*h = head{}
		return nil
	default:
		h.line = 0
	}
	h.last = char
	return nil
}
