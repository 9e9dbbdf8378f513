//go:build unix

package session

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// rawSocket reads and writes without waiting in the net package: a session that
// is idle has no buffer, and a write that fits is done by the flow itself.
type rawSocket struct {
	conn syscall.RawConn

	// What the callbacks below work on; they are made once.
	readable func(fd uintptr) bool
	writable func(fd uintptr) bool
	in       *[chunkSize]byte
	out      []byte
	readN    int
	writeN   int
	readErr  error
	writeErr error
}

func (r *rawSocket) open(conn *net.TCPConn) {
	r.conn, _ = conn.SyscallConn() // fails for an invalid conn only
	r.readable = r.tryRead
	r.writable = func(fd uintptr) bool {
		r.writeN, r.writeErr = retry(func() (int, error) { return syscall.Write(int(fd), r.out) })
		return true
	}
}

// read waits for a chunk and hands it to the caller's function. The error is
// io.EOF when the peer has ended its side.
func (r *rawSocket) read(use func([]byte)) error {
	err := r.conn.Read(r.readable)
	if err == nil {
		err = r.readErr
	}
	if err != nil {
		return err
	}
	if r.readN == 0 {
		chunks.Put(r.in)
		return io.EOF
	}
	use(r.in[:r.readN])
	chunks.Put(r.in)
	return nil
}

// tryRead reads if there is something to read.
func (r *rawSocket) tryRead(fd uintptr) bool {
	r.in = chunks.Get().(*[chunkSize]byte)
	r.readN, r.readErr = retry(func() (int, error) { return syscall.Read(int(fd), r.in[:]) })
	if r.readErr != nil {
		chunks.Put(r.in)
		return !errors.Is(r.readErr, syscall.EAGAIN)
	}
	return true
}

// tryWrite writes as much as the socket takes without waiting.
func (r *rawSocket) tryWrite(b []byte) (int, error) {
	r.out, r.writeN = b, 0
	err := r.conn.Write(r.writable)
	r.out = nil
	if err == nil {
		err = r.writeErr
	}
	if errors.Is(err, syscall.EAGAIN) {
		err = nil
	}
	return max(r.writeN, 0), err
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
