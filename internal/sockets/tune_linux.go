package sockets

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

const hasUserTimeout = true

func setUserTimeout(c *net.TCPConn, milliseconds int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return setOptions(raw, func(fd uintptr) error {
		return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, milliseconds)
	})
}

// bindToInterface has a socket send and receive through one interface only.
func bindToInterface(c syscall.RawConn, name string) error {
	return setOptions(c, func(fd uintptr) error { return unix.BindToDevice(int(fd), name) })
}

// setReusePort has the system spread connections over the sockets that listen on
// the same port.
func setReusePort(c syscall.RawConn) error {
	return setOptions(c, func(fd uintptr) error {
		return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
}

// setBacklog changes how many connections may wait to be accepted.
func setBacklog(c syscall.RawConn, n int) error {
	return setOptions(c, func(fd uintptr) error { return unix.Listen(int(fd), n) })
}
