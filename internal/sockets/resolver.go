package sockets

import (
	"context"
	"net/netip"
	"sync"

	"github.com/flowrun/flowrun/flow"
)

// Resolver finds the addresses of the hosts that a node's datagrams are for. A
// datagram that needs no lookup waits for those before it that do. It is used on
// the node's loop.
type Resolver struct {
	host    flow.Host
	ctx     context.Context // ends with the node
	cancel  context.CancelFunc
	lookups sync.WaitGroup
	waiting int           // messages that wait for a lookup
	last    chan struct{} // closed when the last of them has had its turn
}

// NewResolver returns the resolver of a node.
func NewResolver(host flow.Host) *Resolver {
	r := &Resolver{host: host}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Find calls found with a host's addresses, at least one, or an *[Error]: at once
// if the host is an address and nobody waits, else later, on the loop and in the
// order of the calls. What found returns is how the message being handled ends,
// and what Find returns if it has called it.
func (r *Resolver) Find(host string, out flow.Outlet, found func([]netip.Addr, error) error) error {
	if ip, err := netip.ParseAddr(host); err == nil && r.waiting == 0 {
		return found([]netip.Addr{ip}, nil)
	}
	done := out.Hold()
	before, turn := r.last, make(chan struct{})
	r.last = turn
	r.waiting++
	r.lookups.Go(func() {
		addrs, err := Lookup(r.ctx, host)
		if before != nil {
			<-before
		}
		r.host.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
			r.waiting--
			if r.ctx.Err() != nil {
				addrs, err = nil, &Error{Code: "EAI_CANCELED", Text: "getaddrinfo EAI_CANCELED " + host}
			}
			done(found(addrs, err))
			return nil
		}))
		close(turn)
	})
	return nil
}

// Stop gives up the lookups and waits for them.
func (r *Resolver) Stop() {
	r.cancel()
	r.lookups.Wait()
}

// Choose returns the first address of a family, IPv6 or IPv4, or if there is none
// the first.
func Choose(addrs []netip.Addr, six bool) netip.Addr {
	for _, ip := range addrs {
		if ip.Unmap().Is6() == six {
			return ip
		}
	}
	return addrs[0]
}
