//go:build unix

package session

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/flowrun/flowrun/internal/sockets"
)

// rawSocket reads and writes without waiting in the net package: a session that
// is idle has no buffer, and a write that fits is done by the flow itself.
type rawSocket struct {
	conn  syscall.RawConn
	above *layer   // what is read instead of conn itself; mostly nil
	in    *reading // while the session reads
}

// layer is what stands between a socket and what is read.
type layer struct {
	prefix []byte          // comes first
	secure *sockets.Secure // TLS over the socket, or nil
	ready  bool            // there may be bytes that the socket does not show any more
}

// reading and writing are what the callbacks of one system call work on.
type reading struct {
	try    func(fd uintptr) bool // r.read, made once
	secure *sockets.Secure       // what is read, if it is not the socket itself

	patient bool              // wait until there is something to read
	small   *[smallChunk]byte // the buffer of this call,
	large   *[chunkSize]byte  // or this one
	much    bool              // the call before this got more than a small one holds
	n       int
	err     error
}

// buffer returns a buffer for the next call.
func (r *reading) buffer() []byte {
	if r.much {
		r.large = chunks.Get().(*[chunkSize]byte)
		return r.large[:]
	}
	r.small = smallChunks.Get().(*[smallChunk]byte)
	return r.small[:]
}

// release gives the buffer back.
func (r *reading) release() {
	if r.large != nil {
		chunks.Put(r.large)
		r.large = nil
	}
	if r.small != nil {
		smallChunks.Put(r.small)
		r.small = nil
	}
}

type writing struct {
	try  func(fd uintptr) bool // w.write, made once
	data []byte
	n    int
	err  error
}

var (
	readings = sync.Pool{New: func() any { r := new(reading); r.try = r.read; return r }}
	writings = sync.Pool{New: func() any { w := new(writing); w.try = w.write; return w }}
)

func (s *rawSocket) open(conn net.Conn, prefix []byte) {
	if secure, ok := conn.(*sockets.Secure); ok {
		s.above = &layer{prefix: prefix, secure: secure, ready: true}
		conn = secure.Socket()
	} else if len(prefix) > 0 {
		s.above = &layer{prefix: prefix, ready: true}
	}
	if c, ok := conn.(syscall.Conn); ok {
		s.conn, _ = c.SyscallConn() // fails for an invalid conn only
	}
}

// wait waits until there is something to read, or the next read fails. It needs
// little stack and nothing else.
func (s *rawSocket) wait() {
	if s.above == nil || !s.above.ready {
		_ = s.conn.Read(readable)
	}
}

func readable(fd uintptr) bool {
	list := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(list[:], 0)
	return n != 0 || err != nil
}

// read waits for a chunk, which is valid until release is called. The error is
// io.EOF when the peer has ended its side. One that is not patient may return
// [sockets.ErrNothing], and wait waits then. The caller calls rest when it reads
// no more, or not for a while.
func (s *rawSocket) read(patient bool) ([]byte, error) {
	if s.in == nil {
		s.in = readings.Get().(*reading)
	}
	r := s.in
	r.secure, r.patient = nil, true
	if a := s.above; a != nil {
		if chunk := a.prefix; len(chunk) > 0 {
			a.prefix, a.ready = nil, a.secure != nil
			return chunk, nil
		}
		r.secure, r.patient = a.secure, patient
	}
	err := s.conn.Read(r.try)
	if r.secure != nil {
		s.above.ready = r.err == nil
	}
	switch {
	case err != nil:
		return nil, err
	case r.err != nil:
		return nil, r.err
	case r.n == 0:
		s.release()
		return nil, io.EOF
	case r.large != nil:
		return r.large[:r.n], nil
	}
	return r.small[:r.n], nil
}

// release gives the chunk's buffer back.
func (s *rawSocket) release() {
	if s.in != nil {
		s.in.release()
	}
}

// rest gives back what reading takes.
func (s *rawSocket) rest() {
	if s.in != nil {
		s.in.much, s.in.secure = false, nil
		readings.Put(s.in)
		s.in = nil
	}
}

// read reads if there is something to read.
func (r *reading) read(fd uintptr) bool {
	b := r.buffer()
	if r.secure != nil {
		r.n, r.err = r.secure.ReadNow(fd, b)
	} else {
		r.n, r.err = sockets.ReadSocket(fd, b)
	}
	if r.err != nil {
		r.release()
		nothing := errors.Is(r.err, syscall.EAGAIN) || errors.Is(r.err, sockets.ErrNothing)
		return !nothing || !r.patient
	}
	r.much = r.n >= smallChunk
	return true
}

// tryWrite writes as much as the socket takes without waiting: with TLS nothing,
// for a record that is begun must be finished.
func (s *rawSocket) tryWrite(b []byte) (int, error) {
	if s.above != nil && s.above.secure != nil {
		return 0, nil
	}
	w := writings.Get().(*writing)
	defer writings.Put(w)
	w.data, w.n, w.err = b, 0, nil
	err := s.conn.Write(w.try)
	w.data = nil
	if err == nil {
		err = w.err
	}
	if errors.Is(err, syscall.EAGAIN) {
		err = nil
	}
	return max(w.n, 0), err
}

func (w *writing) write(fd uintptr) bool {
	w.n, w.err = sockets.WriteSocket(fd, w.data)
	return true
}
