//go:build unix

package sockets

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// firstPassed is the first descriptor that systemd passes (sd_listen_fds(3)).
const firstPassed = 3

// passed returns a listener on a socket that systemd has opened, by its name
// (FileDescriptorName=) or its number from 0 on. The socket itself stays open: a
// deploy may come back to it.
func passed(name string) (net.Listener, error) {
	fd, err := passedDescriptor(name, os.Getenv)
	if err != nil {
		return nil, &Error{Code: "ENOTSOCK", Text: "listen ENOTSOCK: " + err.Error(), Err: err}
	}
	own, err := syscall.Dup(fd)
	if err != nil {
		return nil, explainPath("dup", err, name)
	}
	file := os.NewFile(uintptr(own), name)
	defer func() { _ = file.Close() }()
	ln, err := net.FileListener(file)
	if err != nil {
		return nil, explainPath("listen", err, name)
	}
	return ln, nil
}

func passedDescriptor(name string, getenv func(string) string) (int, error) {
	count, _ := strconv.Atoi(getenv("LISTEN_FDS"))
	if pid := getenv("LISTEN_PID"); count < 1 || pid != strconv.Itoa(os.Getpid()) {
		return 0, fmt.Errorf("systemd has passed no sockets; start flowrun by a .socket unit, or use host and port")
	}
	names := strings.Split(getenv("LISTEN_FDNAMES"), ":")
	n := slices.Index(names, name)
	if n < 0 {
		var err error
		if n, err = strconv.Atoi(name); err != nil || n < 0 {
			return 0, fmt.Errorf("systemd has passed no socket %q, only %q", name, names)
		}
	}
	if n >= count {
		return 0, fmt.Errorf("systemd has passed %d sockets, there is no number %d", count, n)
	}
	return firstPassed + n, nil
}
