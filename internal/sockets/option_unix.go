//go:build unix

package sockets

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// setReuse lets sockets share a port, as libuv does: BSD systems have an option
// of its own for that, on Linux SO_REUSEADDR is enough.
func setReuse(fd uintptr) error {
	option := syscall.SO_REUSEADDR
	if runtime.GOOS != "linux" && runtime.GOOS != "android" && runtime.GOOS != "solaris" && runtime.GOOS != "illumos" {
		option = 0x200 // SO_REUSEPORT on macOS and the BSDs
	}
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, option, 1)
}

func setBroadcast(fd uintptr, on bool) error {
	n := 0
	if on {
		n = 1
	}
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, n)
}

// setReusePort lets sockets share a port, over which the system spreads what
// comes in.
func setReusePort(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}
