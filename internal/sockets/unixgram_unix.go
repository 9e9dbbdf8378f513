//go:build unix

package sockets

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openUnixgram opens a socket without a name, which the net package does for
// connected ones only.
func openUnixgram() (*net.UnixConn, error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "unixgram")
	defer func() { _ = f.Close() }()
	conn, err := net.FilePacketConn(f) // of a copy
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

func sendUnixgram(fd uintptr, b []byte, name string) error {
	return unix.Sendto(int(fd), b, 0, &unix.SockaddrUnix{Name: name})
}
