package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// listening opens a listener, and closes it after the test.
func listening(t *testing.T, l Listening, target Target) net.Listener {
	t.Helper()
	ln, err := l.Listen(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// meet connects to a listener and accepts.
func meet(t *testing.T, ln net.Listener, d Dialing) (here, there net.Conn) {
	t.Helper()
	var target Target
	if a, ok := ln.Addr().(*net.TCPAddr); ok {
		target = Target{Host: a.IP.String(), Port: a.Port}
	}
	here, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	there, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	return here, there
}

var local = Target{Host: "127.0.0.1"}

func TestUnixSockets(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	l := Listening{Path: path, PathMode: "0640"}
	ln := listening(t, l, Target{})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	here, there := meet(t, ln, Dialing{Path: path})
	_, _ = here.Write([]byte("x"))
	if n, err := there.Read(make([]byte, 9)); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if host, port := Address(there.LocalAddr()); host != path || port != 0 {
		t.Errorf("the address is %s, %d", host, port)
	}
	if _, err := l.Listen(t.Context(), Target{}); err == nil || err.Error() != "listen EADDRINUSE: address already in use "+path {
		t.Errorf("twice: %v", err)
	}

	ln.(*net.UnixListener).SetUnlinkOnClose(false) // as a process that is killed
	_ = ln.Close()
	if _, err := (Dialing{Path: path}).Dial(t.Context(), Target{}); err == nil || err.Error() != "connect ECONNREFUSED "+path {
		t.Errorf("nobody listens: %v", err)
	}
	listening(t, l, Target{})

	if _, err := (Dialing{Path: filepath.Join(dir, "none")}).Dial(t.Context(), Target{}); err == nil || !strings.HasPrefix(err.Error(), "connect ENOENT ") {
		t.Errorf("no socket: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Listening{Path: file}).Listen(t.Context(), Target{}); err == nil {
		t.Error("a file was replaced")
	}
	if b, err := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file has %q, %v", b, err)
	}
}

func TestAbstractSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has abstract sockets")
	}
	name := "@flowrun-test-" + strconv.Itoa(os.Getpid())
	ln := listening(t, Listening{Path: name}, Target{})
	meet(t, ln, Dialing{Path: "\x00" + name[1:]})
}

func TestListenReusePort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux spreads connections")
	}
	l := Listening{ReusePort: true, Backlog: 7}
	a := listening(t, l, local)
	listening(t, l, Target{Host: "127.0.0.1", Port: a.Addr().(*net.TCPAddr).Port})
}

func TestListenIPv6Only(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	_ = six.Close()
	for only, reached := range map[bool]bool{false: true, true: false} {
		ln := listening(t, Listening{IPv6Only: only}, Target{Host: "::"})
		conn, err := Dialing{}.Dial(t.Context(), Target{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port})
		if (err == nil) != reached {
			t.Errorf("ipv6Only %t: %v", only, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	if _, err := (Listening{Family: 6}).Listen(t.Context(), local); err == nil || err.Error() != "getaddrinfo ENOTFOUND 127.0.0.1" {
		t.Errorf("an IPv4 address of family 6: %v", err)
	}
}

func TestLocalEnd(t *testing.T) {
	ln := listening(t, Listening{}, local)
	free := listening(t, Listening{}, local)
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	_, there := meet(t, ln, Dialing{LocalAddress: "127.0.0.2", LocalPort: strconv.Itoa(port)})
	if got, want := there.RemoteAddr().String(), "127.0.0.2:"+strconv.Itoa(port); got != want {
		t.Errorf("the peer is %s, want %s", got, want)
	}
}

func TestConnectTimeout(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems refuse when the backlog is full")
	}
	ln := listening(t, Listening{Backlog: 1}, local)
	target := Target{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port}
	for range 10 { // until nobody is let in any more
		conn, err := Dialing{ConnectTimeout: 100.0}.Dial(t.Context(), target)
		if err != nil {
			if want := "connect ETIMEDOUT 127.0.0.1:" + strconv.Itoa(target.Port); err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
			return
		}
		defer conn.Close()
	}
	t.Error("no attempt timed out")
}

func TestRace(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.2")}
	if got := alternate([]netip.Addr{addrs[0], addrs[2], addrs[1]}); !slices.Equal(got, addrs) {
		t.Errorf("the order is %v", got)
	}
	bad := errors.New("bad")
	type plan struct {
		after time.Duration
		err   error
	}
	for name, c := range map[string]struct {
		plans []plan
		took  time.Duration
		err   bool
	}{
		"the first":           {[]plan{{10 * time.Millisecond, nil}}, 10 * time.Millisecond, false},
		"the second is tried": {[]plan{{time.Hour, nil}, {10 * time.Millisecond, nil}}, 260 * time.Millisecond, false},
		"at once after error": {[]plan{{time.Millisecond, bad}, {2 * time.Millisecond, bad}, {3 * time.Millisecond, nil}}, 6 * time.Millisecond, false},
		"the slow one wins":   {[]plan{{300 * time.Millisecond, nil}, {time.Hour, bad}, {time.Hour, bad}}, 300 * time.Millisecond, false},
		"all fail":            {[]plan{{400 * time.Millisecond, bad}, {time.Second, errors.New("other")}, {time.Millisecond, errors.New("other")}}, 1250 * time.Millisecond, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			conn, err := race(t.Context(), addrs[:len(c.plans)], func(ctx context.Context, a netip.Addr) (net.Conn, error) {
				p := c.plans[slices.Index(addrs, a)]
				select {
				case <-time.After(p.after):
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				if p.err != nil {
					return nil, p.err
				}
				conn, _ := net.Pipe()
				return conn, nil
			})
			if took := time.Since(start); took != c.took || (err != nil) != c.err || c.err && !errors.Is(err, bad) || (conn == nil) != c.err {
				t.Errorf("%s: %v, %v after %v", name, conn, err, took)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for want, err := range map[string]error{
		"family: expected 0, 4 or 6":                                        Dialing{Family: 5}.Validate(),
		"localAddress: expected an IP address, got x":                       Dialing{LocalAddress: "x"}.Validate(),
		"localPort: expected a number from 0 to 65535":                      Dialing{LocalPort: 70000.0}.Validate(),
		"backlog: expected a number from 0 on":                              Listening{Backlog: -1}.Validate(),
		`pathMode: expected permissions in octal such as 0660, got "rw"`:    Listening{PathMode: "rw"}.Validate(),
		"typeOfService: expected a number from 0 to 255, got 256":           Listening{Options: Options{TypeOfService: 256}}.Validate(),
		"linger: expected a number from -1 to 65535, got -2":                Dialing{Options: Options{Linger: -2}}.Validate(),
		"receiveBufferSize: expected a number from 0 to 1073741824, got -1": Options{ReceiveBuffer: -1}.Validate(),
	} {
		var bad *flow.ConfigError
		if !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The test starts itself as a process to which systemd has passed two sockets.
func TestSystemdSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no systemd")
	}
	if os.Getenv("LISTEN_FDS") != "" {
		t.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
		for range 2 { // a deploy comes back to it
			ln, err := Listening{SystemdSocket: "second"}.Listen(t.Context(), Target{})
			if err != nil {
				t.Fatal(err)
			}
			if host, _ := Address(ln.Addr()); host != "127.0.0.2" {
				t.Errorf("it is %s", ln.Addr())
			}
			_ = ln.Close()
		}
		if _, err := (Listening{SystemdSocket: "2"}).Listen(t.Context(), Target{}); err == nil {
			t.Error("there is a third socket")
		}
		return
	}
	if _, err := (Listening{SystemdSocket: "0"}).Listen(t.Context(), Target{}); err == nil || !strings.Contains(err.Error(), "start flowrun by a .socket unit") {
		t.Errorf("%v", err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSystemdSocket$", "-test.count=1")
	cmd.Env = append(os.Environ(), "LISTEN_FDS=2", "LISTEN_FDNAMES=first:second")
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		ln := listening(t, Listening{}, Target{Host: host})
		file, err := ln.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
