package sockets

import (
	"errors"
	"syscall"
)

// setReuse lets sockets share a port.
func setReuse(fd uintptr) error {
	return syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
}

func setBroadcast(fd uintptr, on bool) error {
	n := 0
	if on {
		n = 1
	}
	return syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, n)
}

// setReusePort fails: the system has no such option.
func setReusePort(uintptr) error {
	return errors.New("SO_REUSEPORT is not supported on this system")
}
