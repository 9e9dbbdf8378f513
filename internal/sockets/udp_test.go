package sockets

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/flowrun/flowrun/flow"
)

func listen(t *testing.T, u UDPServer) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := u.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func client(t *testing.T, u UDPClient, six bool) *net.UDPConn {
	t.Helper()
	conn, err := u.Open(t.Context(), six)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func receive(t *testing.T, conn *net.UDPConn, want string) {
	t.Helper()
	buf := make([]byte, 100)
	if n, err := conn.Read(buf); err != nil || string(buf[:n]) != want {
		t.Errorf("received %q, %v, want %q", buf[:n], err, want)
	}
}

// loopback is the name of the interface with 127.0.0.1; the test is skipped if
// it does not take multicast.
func loopback(t *testing.T) string {
	t.Helper()
	ifi, err := FindInterface("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := UDPServer{
		UDPOptions: UDPOptions{MulticastInterface: ifi.Name, MulticastLoopback: true}, Groups: []string{"239.1.2.3"},
	}.Listen(t.Context())
	if err == nil {
		defer conn.Close()
		_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
		_, err = conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("239.1.2.3:"+port)))
	}
	if err != nil {
		t.Skip("no multicast on the loopback interface:", err)
	}
	return ifi.Name
}

func TestMulticast(t *testing.T) {
	lo := loopback(t)
	for _, ifname := range []string{lo, "127.0.0.1"} {
		options := UDPOptions{MulticastInterface: ifname, MulticastLoopback: true}
		server, addr := listen(t, UDPServer{UDPOptions: options, Groups: []string{"239.1.2.3", "239.1.2.4"}})
		c := client(t, UDPClient{UDPOptions: options, Multicast: 1}, false)
		for _, group := range []string{"239.1.2.3", "239.1.2.4"} {
			if _, err := c.WriteToUDPAddrPort([]byte(group), netip.AddrPortFrom(netip.MustParseAddr(group), addr.Port())); err != nil {
				t.Fatal(err)
			}
			receive(t, server, group)
		}
	}
}

func TestMulticastOfOneSource(t *testing.T) {
	lo := loopback(t)
	options := UDPOptions{MulticastInterface: lo, MulticastLoopback: true}
	server, addr := listen(t, UDPServer{UDPOptions: options, Groups: []string{"232.1.2.3"}, Sources: []string{"127.0.0.3", "::1"}})
	for _, local := range []string{"127.0.0.2", "127.0.0.3"} {
		c, err := UDPClient{UDPOptions: options, Address: netip.MustParseAddr(local)}.Open(t.Context(), false)
		if err != nil {
			t.Skip("only one loopback address:", err)
		}
		defer c.Close()
		to := netip.AddrPortFrom(netip.MustParseAddr("232.1.2.3"), addr.Port())
		if _, err := c.WriteToUDPAddrPort([]byte(local), to); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, server, "127.0.0.3")
}

func TestIPv6Only(t *testing.T) {
	ln, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	_ = ln.Close()
	_, addr := listen(t, UDPServer{Host: "::", IPv6Only: true})
	four, _ := listen(t, UDPServer{Host: "0.0.0.0", Port: int(addr.Port())}) // would be taken by a dual-stack socket
	if _, err := client(t, UDPClient{}, false).WriteToUDPAddrPort([]byte("4"), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), addr.Port())); err != nil {
		t.Fatal(err)
	}
	receive(t, four, "4")
}

func TestOptionsAreSet(t *testing.T) {
	options := UDPOptions{TTL: 7, RecvBufferSize: 1 << 15, SendBufferSize: 1 << 15}
	c := client(t, UDPClient{UDPOptions: options, Multicast: 3}, false)
	p := ipv4.NewPacketConn(c)
	ttl, _ := p.TTL()
	multicast, _ := p.MulticastTTL()
	loop, _ := p.MulticastLoopback()
	if ttl != 7 || multicast != 3 || loop {
		t.Errorf("ttl %d, multicast ttl %d, loopback %t", ttl, multicast, loop)
	}
	six, err := UDPClient{UDPOptions: options}.Open(t.Context(), true)
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	defer six.Close()
	if hops, _ := ipv6.NewPacketConn(six).HopLimit(); hops != 7 {
		t.Errorf("hop limit %d", hops)
	}
}

func TestReusePort(t *testing.T) {
	first, err := UDPServer{UDPOptions: UDPOptions{ReusePort: true}, Host: "127.0.0.1"}.Listen(t.Context())
	if err != nil {
		t.Skip("not on this system:", err)
	}
	defer first.Close()
	port := first.LocalAddr().(*net.UDPAddr).Port
	listen(t, UDPServer{UDPOptions: UDPOptions{ReusePort: true}, Host: "127.0.0.1", Port: port})
	if second, err := (UDPServer{Host: "127.0.0.1", Port: port}).Listen(t.Context()); err == nil {
		_ = second.Close()
		t.Error("a socket without the option shares the port")
	}
}

func TestBadOptions(t *testing.T) {
	for want, u := range map[string]UDPServer{
		`addMembership ENODEV: there is no network interface "nonsense0"`: {UDPOptions: UDPOptions{MulticastInterface: "nonsense0"}, Groups: []string{"239.1.2.3"}},
		"addMembership EINVAL":               {Groups: []string{"nonsense"}},
		"addSourceSpecificMembership EINVAL": {Groups: []string{"232.1.2.3"}, Sources: []string{"nonsense"}},
	} {
		if _, err := u.Listen(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for want, o := range map[string]UDPOptions{
		"ttl: expected 1 to 255":         {TTL: 256},
		"recvBufferSize: expected bytes": {RecvBufferSize: -1},
		"sendBufferSize: expected bytes": {SendBufferSize: 1 << 31},
	} {
		if err := o.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, v := range []flow.Value{"239.1.2.3, ::1,", flow.Array{" 239.1.2.3", "::1", ""}} {
		if got := Addresses(v); !slices.Equal(got, []string{"239.1.2.3", "::1"}) {
			t.Errorf("%v: got %q", v, got)
		}
	}
	for _, v := range []flow.Value{nil, flow.Null{}, "", flow.Array{}} {
		if got := Addresses(v); len(got) != 0 {
			t.Errorf("%v: got %q", v, got)
		}
	}
}

func TestDatagramsInOneGo(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		server, err := UDPServer{Host: host}.Listen(t.Context())
		if err != nil {
			t.Skip("no IPv6 here:", err)
		}
		defer server.Close()
		_ = server.SetDeadline(time.Now().Add(10 * time.Second))
		to := server.LocalAddr().(*net.UDPAddr).AddrPort()
		c := client(t, UDPClient{}, host == "::1")
		var w DatagramWriter
		var want, results []string
		for i := range 40 { // more than go at once
			text := strings.Repeat("x", i)
			if i == 7 {
				w.Add(make([]byte, 65536), to)
				results = append(results, "send EMSGSIZE "+join(to))
			}
			w.Add([]byte(text), to)
			want, results = append(want, text), append(results, fmt.Sprint(i))
		}
		w.Write(c, func(n int, err error) {
			got := fmt.Sprint(n)
			if err != nil {
				got = err.Error()
			}
			if got != results[0] {
				t.Errorf("got %s, want %s", got, results[0])
			}
			results = results[1:]
		})
		var got []string
		for r := NewDatagramReader(server, 100); len(got) < len(want); {
			list, err := r.Read(5)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range list {
				if d.From.Port() != c.LocalAddr().(*net.UDPAddr).AddrPort().Port() || d.Truncated || len(list) > 5 {
					t.Errorf("%d: %v", len(list), d)
				}
				got = append(got, string(d.Data))
			}
		}
		if !slices.Equal(got, want) || len(results) > 0 {
			t.Errorf("received %q", got)
		}
	}
}

func TestTruncated(t *testing.T) {
	server, to := listen(t, UDPServer{Host: "127.0.0.1"})
	c := client(t, UDPClient{}, false)
	r := NewDatagramReader(server, 4)
	for _, limit := range []int{1, 2} {
		for _, text := range []string{"1234", "12345"} {
			if _, err := c.WriteToUDPAddrPort([]byte(text), to); err != nil {
				t.Fatal(err)
			}
			list, err := r.Read(limit)
			if err != nil || len(list) != 1 || string(list[0].Data) != "1234" || list[0].Truncated != (len(text) > 4) {
				t.Errorf("%s: %v, %v", text, list, err)
			}
		}
	}
}
