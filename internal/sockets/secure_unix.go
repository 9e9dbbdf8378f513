//go:build unix

package sockets

import (
	"errors"
	"io"
	"syscall"
)

// ReadNow reads without waiting. fd is the socket's, in a call of its
// [syscall.RawConn.Read]. The error is [ErrNothing] while there is nothing to
// read.
func (s *Secure) ReadNow(fd uintptr, b []byte) (int, error) {
	s.wire.fd, s.wire.now = fd, true
	defer func() { s.wire.now = false }()
	n, err := s.Conn.Read(b)
	if n > 0 {
		return n, nil // the error comes again
	}
	return 0, err
}

// readNow is ReadSocket with the errors of [io.Reader].
func readNow(fd uintptr, b []byte) (int, error) {
	n, err := ReadSocket(fd, b)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return 0, ErrNothing
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// ReadSocket is read(2), again after a signal.
func ReadSocket(fd uintptr, b []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), b)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// WriteSocket is write(2), again after a signal.
func WriteSocket(fd uintptr, b []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), b)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
