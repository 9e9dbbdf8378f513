package sockets

import (
	"context"
	"net"
	"net/netip"
)

// Route is how to come to one of several hosts that do the same.
type Route struct {
	Dialing
	Proxy   *Proxy // nil: directly
	Targets []Target
}

// Dial connects to the first host that takes the connection, trying them in
// turn from the one with the number first. It returns which it is; prefix is what
// it has said already. The error is that of the last, an *[Error], unless the
// context has ended.
func (r Route) Dial(ctx context.Context, first int) (conn net.Conn, prefix []byte, to Target, err error) {
	if r.Path != "" {
		conn, err = r.Dialing.Dial(ctx, Target{})
		return conn, nil, Target{Host: r.Path}, err
	}
	for i := range r.Targets {
		to = r.Targets[(first+i)%len(r.Targets)]
		if r.Proxy == nil {
			conn, err = r.Dialing.Dial(ctx, to)
		} else {
			conn, prefix, err = r.through(ctx, to)
		}
		if err == nil || ctx.Err() != nil {
			return conn, prefix, to, err
		}
	}
	return nil, nil, to, err
}

// through is Dialing.Dial by way of the proxy.
func (r Route) through(ctx context.Context, t Target) (conn net.Conn, prefix []byte, err error) {
	err = r.limited(ctx, t, func(ctx context.Context) (err error) {
		conn, prefix, err = r.Proxy.dial(ctx, r.Dialing, t)
		return err
	})
	if err == nil {
		if err = r.Apply(conn); err != nil {
			_ = conn.Close()
			err = Explain("setsockopt", err, netip.AddrPort{})
		}
	}
	return conn, prefix, err
}
