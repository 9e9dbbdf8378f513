package session

import (
	"net"
	"net/netip"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

// Peers make a session of each remote address that a UDP socket hears from. Such
// a session takes the data claim and ends as one of TCP does, but what is sent on
// it goes out as datagrams of the socket.
type Peers struct {
	Options *Options // of each; Timeout and Cut end those that nothing is heard of, or sent to
	Max     int      // how many there may be at a time
	// Dropped hears of a datagram of one peer too many, the first until there is
	// room again.
	Dropped func(from netip.AddrPort)
}

// peers are those of a socket. The socket's reader adds, and each takes itself out
// when it ends.
type peers struct {
	Peers
	mu     sync.Mutex
	byAddr map[netip.AddrPort]*Session
	full   bool // Dropped has been called
}

// peer is what a session of a remote address has of the socket.
type peer struct {
	socket *Session
	addr   netip.AddrPort
}

// peerOf returns the session of a remote address, a new one if there is none; nil
// if there is no room.
func (s *Session) peerOf(from netip.AddrPort) *Session {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	all := s.udp.peers
	all.mu.Lock()
	p := all.byAddr[from]
	if p != nil && p.State() == Connected {
		all.mu.Unlock()
		return p
	}
	first := !all.full
	all.full = p == nil && len(all.byAddr) >= all.Max
	full := all.full
	all.mu.Unlock()
	if full {
		if first {
			all.Dropped(from)
		}
		return nil
	}
	p = s.newPeer(from)
	all.mu.Lock()
	all.byAddr[from] = p
	all.mu.Unlock()
	p.opts.Owner.Opened(p)
	go func() {
		<-p.quitting()
		all.remove(p)
		p.finish(nil)
	}()
	return p
}

func (s *Session) newPeer(from netip.AddrPort) *Session {
	p := s.store.newSession(s.udp.peers.Options, 0)
	p.udp, p.state = &datagrams{peer: &peer{s, from}}, Connected
	p.own().ends = &ends{net.UDPAddrFromAddrPort(from), s.conn.LocalAddr()}
	_ = s.store.add(p, nil) // a new id is unique
	p.SetTimeout(p.opts.Timeout)
	return p
}

func (all *peers) remove(p *Session) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byAddr[p.udp.peer.addr] == p {
		delete(all.byAddr, p.udp.peer.addr)
		all.full = false
	}
}

// endPeers ends all sessions of a socket that is about to be closed.
func (s *Session) endPeers() {
	all := s.udp.peers
	if all == nil {
		return
	}
	all.mu.Lock()
	var list []*Session
	for _, p := range all.byAddr {
		list = append(list, p)
	}
	all.mu.Unlock()
	for _, p := range list {
		p.Destroy()
	}
}

// sendToPeer writes data as datagrams, each up to the next of the ends; without
// any, and without data, none. The error is an *[sockets.Error]; what comes after
// a datagram that is refused is not written. The caller holds the lock.
func (s *Session) sendToPeer(data []byte, ends []int) error {
	start := 0
	for _, end := range ends {
		if err := s.udp.peer.socket.sendTo(data[start:end], s.udp.peer.addr); err != nil {
			return err
		}
		s.wrote(end - start)
		s.counters.messagesOut++
		start = end
	}
	return nil
}

// Peer returns the address that a session of a UDP peer talks to; it is invalid
// for all others.
func (s *Session) Peer() netip.AddrPort {
	if p := s.peer(); p != nil {
		return p.addr
	}
	return netip.AddrPort{}
}

// IsUDP tells whether it is a session of a UDP socket, or one of its peers.
func (s *Session) IsUDP() bool { return s.udp != nil }

// peer returns what a session of a remote address has of its socket, nil for all
// others.
func (s *Session) peer() *peer {
	if s.udp == nil {
		return nil
	}
	return s.udp.peer
}

// source returns the session whose credits the data take.
func (s *Session) source() *Session {
	if p := s.peer(); p != nil {
		return p.socket
	}
	return s
}

// receiveAll hands datagrams on, each with a credit; the first has taken its own.
func (s *Session) receiveAll(list []sockets.Datagram) {
	var last flow.Lender
	for i, d := range list {
		if i > 0 {
			s.credits.take(s.quitting, nil) // does not wait: only this goroutine takes
		}
		to := s
		if s.udp.peers != nil {
			to = s.peerOf(d.From)
		}
		if to == nil {
			s.credits.give()
			continue
		}
		lender := to.receiveDatagram(d, i < len(list)-1)
		if last != nil && lender != last { // a peer's data may go to another flow
			last.Lend()
		}
		last = lender
	}
	if last != nil {
		last.Lend()
	}
}
