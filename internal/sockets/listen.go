package sockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"github.com/flowrun/flowrun/flow"
)

// Listening is how connections are waited for. A node embeds it in its
// configuration.
type Listening struct {
	Path          string `json:"path" doc:"a Unix socket to listen on instead of host and port; one that nobody listens on any more is replaced; @name is an abstract one (Linux)"`
	PathMode      string `json:"pathMode" doc:"permissions of the Unix socket, in octal: 0660; empty leaves them to the umask"`
	Family        int    `json:"family" doc:"addresses of a name that count: 4, 6 or 0 for both"`
	IPv6Only      bool   `json:"ipv6Only" doc:"an IPv6 address takes no IPv4 connections; without it :: takes both"`
	ReusePort     bool   `json:"reusePort" doc:"share the port with other processes, which get connections in turn (SO_REUSEPORT)"`
	Backlog       int    `json:"backlog" doc:"connections that may wait to be accepted; 0 is the system's limit"`
	Interface     string `json:"interface" doc:"network interface to use, such as eth0 (Linux)"`
	SystemdSocket string `json:"systemdSocket" doc:"a socket that systemd passes (socket activation) instead of host and port: its FileDescriptorName, or its number from 0 on"`
	Options
}

// Validate checks the values. The error is a *[flow.ConfigError].
func (l Listening) Validate() error {
	switch {
	case l.Family != 0 && l.Family != 4 && l.Family != 6:
		return &flow.ConfigError{Property: "family", Reason: "expected 0, 4 or 6"}
	case l.Backlog < 0:
		return &flow.ConfigError{Property: "backlog", Reason: "expected a number from 0 on"}
	case l.ReusePort && runtime.GOOS == "windows":
		return &flow.ConfigError{Property: "reusePort", Reason: "Windows has no such option"}
	case l.Interface != "" && runtime.GOOS != "linux":
		return &flow.ConfigError{Property: "interface", Reason: errNotHere}
	}
	if _, err := ParseMode(l.PathMode); err != nil {
		return err
	}
	return l.Options.Validate()
}

// ParseMode reads the permissions of a Unix socket, the property pathMode: 0 leaves
// them as they are. The error is a *[flow.ConfigError].
func ParseMode(mode string) (fs.FileMode, error) {
	if mode == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(mode, 8, 9)
	if err != nil {
		return 0, &flow.ConfigError{Property: "pathMode", Reason: fmt.Sprintf("expected permissions in octal such as 0660, got %q", mode)}
	}
	return fs.FileMode(n), nil
}

// Needs tells whether Listen needs a host and a port.
func (l Listening) Needs() bool { return l.Path == "" && l.SystemdSocket == "" }

// Listen listens on a host, an IP address or a name, and a port; or on the Unix
// socket or the one of systemd. "::" takes IPv4 connections too, as in Node.js,
// unless IPv6Only is set. The error is an *[Error]. Call Apply for each
// connection.
func (l Listening) Listen(ctx context.Context, t Target) (net.Listener, error) {
	switch {
	case l.SystemdSocket != "":
		return passed(l.SystemdSocket)
	case l.Path != "":
		return l.listenUnix(ctx)
	}
	addrs, err := Lookup(ctx, t.Host)
	if err != nil {
		return nil, err
	}
	addrs = ofFamily(addrs, l.Family)
	if len(addrs) == 0 {
		return nil, explainLookup(&net.DNSError{Name: t.Host, IsNotFound: true})
	}
	addr := netip.AddrPortFrom(addrs[0], uint16(t.Port))
	network := "tcp"
	switch {
	case addr.Addr().Is4():
		network = "tcp4"
	case l.IPv6Only:
		network = "tcp6"
	}
	ln, err := l.config().Listen(ctx, network, addr.String())
	if err != nil {
		return nil, Explain("listen", err, addr)
	}
	if err := l.setBacklog(ln); err != nil {
		return nil, Explain("listen", err, addr)
	}
	return ln, nil
}

func (l Listening) config() *net.ListenConfig {
	var options []func(fd uintptr) error
	if l.ReusePort {
		options = append(options, setReusePort)
	}
	if l.Interface != "" {
		options = append(options, func(fd uintptr) error { return bindToInterface(fd, l.Interface) })
	}
	return &net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		return setOptions(c, options)
	}}
}

// setBacklog changes the backlog of a socket that listens already.
func (l Listening) setBacklog(ln net.Listener) error {
	c, ok := ln.(syscall.Conn)
	if !ok || l.Backlog == 0 {
		return nil
	}
	raw, err := c.SyscallConn()
	if err == nil {
		err = setOptions(raw, []func(uintptr) error{func(fd uintptr) error { return setBacklog(fd, l.Backlog) }})
	}
	if err != nil {
		_ = ln.Close()
	}
	return err
}

func (l Listening) listenUnix(ctx context.Context) (net.Listener, error) {
	ln, err := bindPath("listen", l.Path, l.PathMode, func(name string) (net.Listener, error) {
		return l.config().Listen(ctx, "unix", name)
	})
	if err != nil {
		return nil, err
	}
	if err := l.setBacklog(ln); err != nil {
		return nil, explainPath("listen", err, l.Path)
	}
	return ln, nil
}

// bindPath binds a Unix socket to a path. A file is replaced if no socket is bound
// to it any more, and gets the permissions of mode. The error is an *[Error].
func bindPath[S io.Closer](op, path, mode string, bind func(name string) (S, error)) (none S, err error) {
	name := unixName(path)
	socket, err := bind(name)
	if errors.Is(err, syscall.EADDRINUSE) && isStale(name) {
		if err = os.Remove(name); err == nil {
			socket, err = bind(name)
		}
	}
	if err != nil {
		return none, explainPath(op, err, path)
	}
	if permissions, _ := ParseMode(mode); permissions != 0 && !isAbstract(path) {
		if err := os.Chmod(name, permissions); err != nil {
			_ = socket.Close()
			return none, explainPath("chmod", err, path)
		}
	}
	return socket, nil
}

// isStale tells whether a Unix socket is left over from a process that did not
// remove it: there is a socket, and nobody listens.
func isStale(name string) bool {
	info, err := os.Lstat(name)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	conn, err := net.Dial("unix", name)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
