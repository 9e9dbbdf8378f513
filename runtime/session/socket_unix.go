//go:build unix

package session

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawSocket reads and writes without waiting in the net package: a session that
// is idle has no buffer, and a write that fits is done by the flow itself.
type rawSocket struct {
	conn syscall.RawConn
	in   *reading // while the session reads
}

// reading and writing are what the callbacks of one system call work on.
type reading struct {
	try   func(fd uintptr) bool // r.read, made once
	small *[smallChunk]byte     // the buffer of this call,
	large *[chunkSize]byte      // or this one
	much  bool                  // the call before this got more than a small one holds
	n     int
	err   error
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

func (s *rawSocket) open(conn *net.TCPConn) {
	s.conn, _ = conn.SyscallConn() // fails for an invalid conn only
}

// wait waits until there is something to read, or the next read fails. It needs
// little stack and nothing else.
func (s *rawSocket) wait() { _ = s.conn.Read(readable) }

func readable(fd uintptr) bool {
	list := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(list[:], 0)
	return n != 0 || err != nil
}

// read waits for a chunk, which is valid until release is called. The error is
// io.EOF when the peer has ended its side. The caller calls rest when it reads no
// more, or not for a while.
func (s *rawSocket) read() ([]byte, error) {
	if s.in == nil {
		s.in = readings.Get().(*reading)
	}
	r := s.in
	err := s.conn.Read(r.try)
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
		s.in.much = false
		readings.Put(s.in)
		s.in = nil
	}
}

// read reads if there is something to read.
func (r *reading) read(fd uintptr) bool {
	b := r.buffer()
	r.n, r.err = retry(func() (int, error) { return syscall.Read(int(fd), b) })
	if r.err != nil {
		r.release()
		return !errors.Is(r.err, syscall.EAGAIN)
	}
	r.much = r.n >= smallChunk
	return true
}

// tryWrite writes as much as the socket takes without waiting.
func (s *rawSocket) tryWrite(b []byte) (int, error) {
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
	w.n, w.err = retry(func() (int, error) { return syscall.Write(int(fd), w.data) })
	return true
}

// retry repeats a call that a signal has interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
