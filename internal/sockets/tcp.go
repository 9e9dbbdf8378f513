package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

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
