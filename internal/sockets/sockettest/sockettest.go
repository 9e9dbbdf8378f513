// Package sockettest is what the tests of the session nodes share.
package sockettest

import (
	"context"
	"net"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

// FreePort returns a TCP and UDP port that nobody uses.
func FreePort(t testing.TB) int {
	t.Helper()
	for {
		ln := Listen(t)
		port := ln.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		_ = ln.Close()
		if err == nil {
			_ = u.Close()
			return port
		}
	}
}

// Listen returns a TCP listener on a free port of 127.0.0.1.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// Serve has each connection to a listener of [Listen] served, and closed then.
func Serve(t testing.TB, serve func(net.Conn)) net.Listener {
	t.Helper()
	ln := Listen(t)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				serve(conn)
				_ = conn.Close()
			}()
		}
	}()
	return ln
}

// Port returns the port that is listened on.
func Port(ln net.Listener) int { return ln.Addr().(*net.TCPAddr).Port }

// Dial connects to a port of 127.0.0.1.
func Dial(t testing.TB, port int) *net.TCPConn {
	t.Helper()
	return DialHost(t, "127.0.0.1", port)
}

// DialHost connects to a port of a host.
func DialHost(t testing.TB, host string, port int) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// SkipWithoutIPv6 skips the test where there is no IPv6.
func SkipWithoutIPv6(t testing.TB) {
	t.Helper()
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	_ = ln.Close()
}

var (
	stamp = regexp.MustCompile(`"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","status":("ok",|"error",)`)
	uuid  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	port  = regexp.MustCompile(`"(remotePort|localPort|port)":\d+`)
)

// Sent returns what a node sent on an output, without timestamp and status and
// with UUIDs and ports as "*".
func Sent(d *flowtest.Driver, output int) []string {
	list := d.Sent(output)
	for i, m := range list {
		m = stamp.ReplaceAllString(m, "")
		m = uuid.ReplaceAllString(m, "*")
		list[i] = port.ReplaceAllString(m, `"$1":*`)
	}
	return list
}

// Expect waits until a node has sent as many messages on an output, and checks
// that they are these, as [Sent] returns them.
func Expect(t testing.TB, d *flowtest.Driver, output int, want ...string) {
	t.Helper()
	d.Until(func() bool { return len(d.Messages(output)) >= len(want) })
	if got := Sent(d, output); !slices.Equal(got, want) {
		t.Errorf("output %d\ngot  %s\nwant %s", output, got, want)
	}
}

// ExpectBadges checks what badges a node has shown.
func ExpectBadges(t testing.TB, d *flowtest.Driver, want ...string) {
	t.Helper()
	d.Run()
	if got := d.Badges(); !slices.Equal(got, want) {
		t.Errorf("badges\ngot  %q\nwant %q", got, want)
	}
}

// Stop stops a node, and runs what it has posted.
func Stop(t testing.TB, d *flowtest.Driver, reason flow.StopReason) {
	t.Helper()
	if err := d.Node.(flow.Stopper).Stop(context.Background(), reason); err != nil {
		t.Error(err)
	}
	d.Run()
}
