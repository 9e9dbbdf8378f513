package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// attemptTimeout bounds one attempt of [DialTCP] while there are other
// addresses to try.
const attemptTimeout = 10 * time.Second

// DialTCP connects to a host, an IP address or a name. A name's addresses are
// tried one after the other, IPv4 first. The error is the first attempt's, an
// *[Error], unless the context has ended.
func DialTCP(ctx context.Context, t Target) (*net.TCPConn, error) {
	addrs, err := Lookup(ctx, t.Host)
	if err != nil {
		return nil, err
	}
	var first error
	for i, ip := range addrs {
		addr := netip.AddrPortFrom(ip, uint16(t.Port))
		d := net.Dialer{KeepAlive: -1}
		if i < len(addrs)-1 {
			d.Timeout = attemptTimeout
		}
		conn, err := d.DialContext(ctx, "tcp", addr.String())
		if err == nil {
			return conn.(*net.TCPConn), nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if first == nil {
			first = Explain("connect", err, addr)
		}
	}
	return nil, first
}

// ListenTCP listens on a host, an IP address or a name, and a port. "::" takes
// IPv4 connections too, as in Node.js. The error is an *[Error].
func ListenTCP(ctx context.Context, t Target) (*net.TCPListener, error) {
	addrs, err := Lookup(ctx, t.Host)
	if err != nil {
		return nil, err
	}
	addr := netip.AddrPortFrom(addrs[0], uint16(t.Port))
	network := "tcp"
	if addr.Addr().Is4() {
		network = "tcp4"
	}
	lc := net.ListenConfig{KeepAlive: -1}
	ln, err := lc.Listen(ctx, network, addr.String())
	if err != nil {
		return nil, Explain("listen", err, addr)
	}
	return ln.(*net.TCPListener), nil
}

// IsAddress tells whether the host is an IP address, so that no name is looked
// up.
func IsAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Lookup returns the addresses of a host, IPv4 before IPv6 and at least one.
// The error is an *[Error], unless the context has ended.
func Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Name: host, IsNotFound: true}
	}
	if err != nil {
		return nil, Explain("getaddrinfo", err, netip.AddrPort{})
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return addrs, nil
}

// Address splits a socket's address into host and port, IPv4 addresses in
// their own form also where the socket is an IPv6 one.
func Address(a net.Addr) (host string, port int) {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap().String(), a.Port
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap().String(), a.Port
	}
	h, p, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String(), 0
	}
	port, _ = strconv.Atoi(p)
	return h, port
}

// IsTemporary tells whether accepting may succeed later: the process or the
// system is out of something, or the peer was faster to leave.
func IsTemporary(err error) bool {
	e, known := find(err)
	if !known || errors.Is(err, net.ErrClosed) {
		return false
	}
	switch e.name {
	case "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "EPERM":
		return true
	}
	return false
}
