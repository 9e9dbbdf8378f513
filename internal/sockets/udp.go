package sockets

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/flowrun/flowrun/flow"
)

// UDPOptions are the properties that all nodes with a UDP socket have. Their
// names are those of Node.js' dgram where it has them.
type UDPOptions struct {
	MulticastInterface string `json:"multicastInterface" doc:"network interface for multicast, a name or one of its addresses; empty is the system's choice"`
	MulticastLoopback  bool   `json:"multicastLoopback" doc:"multicast datagrams that are sent come back to this machine"`
	TTL                int    `json:"ttl" doc:"how many routers a datagram may pass, 1 to 255 (IPv6: the hop limit); 0 is the system's default"`
	RecvBufferSize     int    `json:"recvBufferSize" doc:"bytes of the system's receive buffer; 0 is its default"`
	SendBufferSize     int    `json:"sendBufferSize" doc:"bytes of the system's send buffer; 0 is its default"`
	ReusePort          bool   `json:"reusePort" doc:"share the port by SO_REUSEPORT: the system spreads the datagrams over those that do"`
}

// DefaultUDP is what the properties are where a node has none of them.
func DefaultUDP() UDPOptions { return UDPOptions{MulticastLoopback: true} }

// Check returns a *[flow.ConfigError] for values that make no sense.
func (o UDPOptions) Check() error {
	if o.TTL < 0 || o.TTL > 255 {
		return &flow.ConfigError{Property: "ttl", Reason: "expected 1 to 255, or 0 for the system's default, got " + strconv.Itoa(o.TTL)}
	}
	for _, size := range []struct {
		name  string
		bytes int
	}{{"recvBufferSize", o.RecvBufferSize}, {"sendBufferSize", o.SendBufferSize}} {
		if size.bytes < 0 || size.bytes > 1<<30 {
			return &flow.ConfigError{Property: size.name, Reason: "expected bytes, up to 1073741824, got " + strconv.Itoa(size.bytes)}
		}
	}
	return nil
}

// UDPServer is a socket to receive datagrams on.
type UDPServer struct {
	UDPOptions
	Host     string // address or name; empty: all addresses, of the groups' family
	Port     int
	Groups   []string // multicast groups to join
	Sources  []string // whose datagrams for the groups are wanted; none: all
	Reuse    bool     // share the port with other sockets that do
	IPv6Only bool     // a socket of :: takes no IPv4
}

// Listen binds the socket and joins the groups. The error is an *[Error], unless
// the context has ended.
func (u UDPServer) Listen(ctx context.Context) (*net.UDPConn, error) {
	host := u.Host
	if host == "" {
		host = "0.0.0.0"
		for _, g := range u.Groups {
			if group, err := netip.ParseAddr(g); err == nil && group.Is6() {
				host = "::"
			}
		}
	}
	addrs, err := Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	bind := binding{addr: netip.AddrPortFrom(addrs[0], uint16(u.Port)), only6: u.IPv6Only}
	if u.Reuse {
		bind.options = append(bind.options, setReuse)
	}
	return u.open(ctx, bind, func(conn *net.UDPConn) error {
		return joinGroups(conn, u.Groups, u.Sources, u.MulticastInterface)
	})
}

// UDPClient is a socket to send datagrams from.
type UDPClient struct {
	UDPOptions
	Broadcast bool           // may send to broadcast addresses
	Multicast int            // the TTL of multicast datagrams; 0: the system's
	Address   netip.Addr     // to send from; may be invalid: the system's choice
	Port      int            // to send from; 0: any
	Reuse     bool           // share the port with other sockets that do
	Remote    netip.AddrPort // the only one to talk to; invalid: anybody
}

// Open opens a socket for IPv4, or for IPv6, addresses. The error is an
// *[Error], unless the context has ended.
func (u UDPClient) Open(ctx context.Context, six bool) (*net.UDPConn, error) {
	local := u.Address
	switch {
	case local.IsValid():
	case six:
		local = netip.IPv6Unspecified()
	default:
		local = netip.IPv4Unspecified()
	}
	bind := binding{addr: netip.AddrPortFrom(local, uint16(u.Port)), only6: u.Remote.IsValid(), remote: u.Remote}
	if u.Reuse {
		bind.options = append(bind.options, setReuse)
	}
	bind.options = append(bind.options, func(fd uintptr) error {
		return setBroadcast(fd, u.Broadcast) // the net package switches it on
	})
	return u.open(ctx, bind, func(conn *net.UDPConn) error {
		if u.Multicast == 0 {
			return nil
		}
		return setMulticastTTL(conn, u.Multicast)
	})
}

// binding is what a socket is bound to, and connected.
type binding struct {
	addr, remote netip.AddrPort
	only6        bool
	options      []func(fd uintptr) error // set before it is bound
}

// open binds a socket with the options, and prepares it.
func (o UDPOptions) open(ctx context.Context, b binding, prepare func(*net.UDPConn) error) (*net.UDPConn, error) {
	if o.ReusePort {
		b.options = append(b.options, setReusePort)
	}
	conn, err := b.open(ctx)
	if ctx.Err() != nil {
		if err == nil {
			_ = conn.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if err = o.apply(conn); err == nil {
		err = prepare(conn)
	}
	if err != nil {
		_ = conn.Close()
		return nil, Explain("setsockopt", err, netip.AddrPort{})
	}
	return conn, nil
}

func (b binding) open(ctx context.Context) (*net.UDPConn, error) {
	network := "udp"
	switch {
	case b.addr.Addr().Is4():
		network = "udp4"
	case b.only6:
		network = "udp6"
	}
	control := func(_, _ string, c syscall.RawConn) error { return setOptions(c, b.options) }
	if b.remote.IsValid() {
		d := net.Dialer{Control: control, LocalAddr: net.UDPAddrFromAddrPort(b.addr)}
		conn, err := d.DialContext(ctx, network, b.remote.String())
		if err != nil {
			return nil, Explain("connect", err, b.remote)
		}
		return conn.(*net.UDPConn), nil
	}
	lc := net.ListenConfig{Control: control}
	conn, err := lc.ListenPacket(ctx, network, b.addr.String())
	if err != nil {
		return nil, Explain("bind", err, b.addr)
	}
	return conn.(*net.UDPConn), nil
}

// apply sets what the options say. The error is an *[Error].
func (o UDPOptions) apply(conn *net.UDPConn) error {
	four, six := ipv4.NewPacketConn(conn), ipv6.NewPacketConn(conn)
	is6 := isIPv6(conn)
	for _, option := range []struct {
		op  string
		set bool
		do  func() error
	}{
		{"setTTL", o.TTL != 0 && !is6, func() error { return four.SetTTL(o.TTL) }},
		{"setTTL", o.TTL != 0 && is6, func() error { return six.SetHopLimit(o.TTL) }},
		{"setMulticastLoopback", !o.MulticastLoopback && !is6, func() error { return four.SetMulticastLoopback(false) }},
		{"setMulticastLoopback", !o.MulticastLoopback && is6, func() error { return six.SetMulticastLoopback(false) }},
		{"setMulticastInterface", o.MulticastInterface != "", func() error { return setMulticastInterface(conn, o.MulticastInterface) }},
		{"setRecvBufferSize", o.RecvBufferSize != 0, func() error { return conn.SetReadBuffer(o.RecvBufferSize) }},
		{"setSendBufferSize", o.SendBufferSize != 0, func() error { return conn.SetWriteBuffer(o.SendBufferSize) }},
	} {
		if !option.set {
			continue
		}
		if err := option.do(); err != nil {
			return Explain(option.op, err, netip.AddrPort{})
		}
	}
	return nil
}

func isIPv6(conn *net.UDPConn) bool {
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap().Is6()
}

func setMulticastTTL(conn *net.UDPConn, ttl int) error {
	const op = "setMulticastTTL"
	if ttl < 1 || ttl > 255 {
		return invalid(op)
	}
	var err error
	if isIPv6(conn) {
		err = ipv6.NewPacketConn(conn).SetMulticastHopLimit(ttl)
	} else {
		err = ipv4.NewPacketConn(conn).SetMulticastTTL(ttl)
	}
	if err != nil {
		return Explain(op, err, netip.AddrPort{})
	}
	return nil
}

// invalid is what the system says to an option that makes no sense.
func invalid(op string) error {
	return &Error{Code: "EINVAL", Text: op + " EINVAL"}
}

func setOptions(c syscall.RawConn, options []func(fd uintptr) error) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		for _, set := range options {
			if failed = set(fd); failed != nil {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}
