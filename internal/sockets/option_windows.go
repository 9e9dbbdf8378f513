package sockets

import "syscall"

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
