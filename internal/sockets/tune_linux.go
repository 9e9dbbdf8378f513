package sockets

import "golang.org/x/sys/unix"

const hasUserTimeout = true

func setUserTimeout(fd uintptr, milliseconds int) error {
	return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, milliseconds)
}

// setUnsent is TCP_NOTSENT_LOWAT.
func setUnsent(fd uintptr, n int) error {
	return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n)
}

// bindToInterface has a socket send and receive through one interface only.
func bindToInterface(fd uintptr, name string) error { return unix.BindToDevice(int(fd), name) }

// setBacklog changes how many connections may wait to be accepted.
func setBacklog(fd uintptr, n int) error { return unix.Listen(int(fd), n) }
