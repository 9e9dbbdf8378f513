package sockets

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// UDPServer is a socket to receive datagrams on.
type UDPServer struct {
	Host  string // address or name; empty: all addresses, of the group's family
	Port  int
	Group string // multicast group to join; may be empty
	Reuse bool   // share the port with other sockets that do
}

// Listen binds the socket and joins the group. The error is an *[Error], unless
// the context has ended.
func (u UDPServer) Listen(ctx context.Context) (*net.UDPConn, error) {
	host := u.Host
	if host == "" {
		host = "0.0.0.0"
		if group, err := netip.ParseAddr(u.Group); err == nil && group.Is6() {
			host = "::"
		}
	}
	addrs, err := Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	addr := netip.AddrPortFrom(addrs[0], uint16(u.Port))
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return setOptions(c, func(fd uintptr) error {
			if !u.Reuse {
				return nil
			}
			return setReuse(fd)
		})
	}}
	conn, err := listenUDP(ctx, lc, addr)
	if err != nil {
		return nil, Explain("bind", err, addr)
	}
	if u.Group != "" {
		if err := joinGroup(conn, u.Group); err != nil {
			_ = conn.Close()
			return nil, Explain("addMembership", err, netip.AddrPort{})
		}
	}
	return conn, nil
}

func listenUDP(ctx context.Context, lc net.ListenConfig, addr netip.AddrPort) (*net.UDPConn, error) {
	network := "udp"
	if addr.Addr().Is4() {
		network = "udp4"
	}
	conn, err := lc.ListenPacket(ctx, network, addr.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// joinGroup joins a multicast group on the interface that the system chooses, or
// the one in the group's zone (ff02::1%eth0).
func joinGroup(conn *net.UDPConn, group string) error {
	ip, err := netip.ParseAddr(group)
	if err != nil {
		return invalid("addMembership")
	}
	var ifi *net.Interface
	if ip.Zone() != "" {
		if ifi, err = net.InterfaceByName(ip.Zone()); err != nil {
			return invalid("addMembership")
		}
	}
	to := &net.UDPAddr{IP: ip.AsSlice()}
	if ip.Is4() {
		err = ipv4.NewPacketConn(conn).JoinGroup(ifi, to)
	} else {
		err = ipv6.NewPacketConn(conn).JoinGroup(ifi, to)
	}
	if _, known := find(err); err != nil && !known {
		return invalid("addMembership") // the package's own check, before it asks the system
	}
	return err
}

// invalid is what the system says to an option that makes no sense.
func invalid(op string) error {
	return &Error{Code: "EINVAL", Text: op + " EINVAL"}
}

// UDPClient is a socket to send datagrams from.
type UDPClient struct {
	Broadcast bool // may send to broadcast addresses
	TTL       int  // of multicast datagrams; 0: the system's
}

// Open opens a socket for IPv4, or for IPv6, addresses. The error is an
// *[Error].
func (u UDPClient) Open(ctx context.Context, six bool) (*net.UDPConn, error) {
	addr := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if six {
		addr = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return setOptions(c, func(fd uintptr) error {
			return setBroadcast(fd, u.Broadcast) // the net package switches it on
		})
	}}
	conn, err := listenUDP(ctx, lc, addr)
	if err != nil {
		return nil, Explain("bind", err, addr)
	}
	if u.TTL != 0 {
		if err := setTTL(conn, u.TTL, six); err != nil {
			_ = conn.Close()
			return nil, Explain("setMulticastTTL", err, netip.AddrPort{})
		}
	}
	return conn, nil
}

func setTTL(conn *net.UDPConn, ttl int, six bool) error {
	if ttl < 1 || ttl > 255 {
		return invalid("setMulticastTTL")
	}
	if six {
		return ipv6.NewPacketConn(conn).SetMulticastHopLimit(ttl)
	}
	return ipv4.NewPacketConn(conn).SetMulticastTTL(ttl)
}

func setOptions(c syscall.RawConn, set func(fd uintptr) error) error {
	var failed error
	if err := c.Control(func(fd uintptr) { failed = set(fd) }); err != nil {
		return err
	}
	return failed
}
