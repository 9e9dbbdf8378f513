package session

import (
	"bytes"
	"errors"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Why a session takes no data.
var (
	ErrNotConnected = errors.New("session is not connected")
	ErrNoStream     = errors.New("socket is not connected") // a UDP socket has no peer
	ErrSlow         = errors.New("peer is slow")
	ErrQueueFull    = errors.New("too much waits for the connection")
)

// The output ports of the nodes that hold data claims.
const (
	eventsPort = 0
	dataPort   = 1
)

// claim says who gets what arrives, and what lines are held back for.
type claim struct {
	node    *attachment
	waitFor *WaitFor
}

func (s *Session) ownerClaim() claim { return claim{s.owner, s.opts.WaitFor} }

// Sending is what a tcp-send wants of a session.
type Sending struct {
	Node    string        // who sends and claims the data; it is attached
	WaitFor *WaitFor      // nil: as before
	Timeout time.Duration // how long nothing may happen from now on; 0: for ever
	Data    []byte        // not kept
	Ends    []int         // where the items of the data end: a datagram each for a UDP peer
	Cause   *flow.Cause   // held until the data are written; may be nil
	NoClaim bool          // the data claim stays where it is
	Limit   int           // bytes that may wait for the peer; 0: no limit
}

// Send moves the data claim to the sender and writes the data, whole and after
// all that was sent before. It never blocks: what the socket does not take is
// queued. The error is [ErrNotConnected], [ErrNoStream] or, when more would wait
// than a limit allows, [ErrSlow] or [ErrQueueFull]; nothing has happened then. What
// a UDP peer cannot be sent is an *[sockets.Error]. If the connection breaks, the
// owner hears of it.
func (s *Session) Send(o Sending) error {
	node := s.store.attachment(o.Node)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.udp != nil && s.peer() == nil:
		return ErrNoStream
	case s.state == Connecting && s.opts.Offline > 0:
		if s.queuedSize()+len(o.Data) > s.opts.Offline {
			return ErrQueueFull
		}
	case s.state != Connected:
		return ErrNotConnected
	case o.Limit > 0 && s.queuedSize() > 0 && s.queuedSize()+len(o.Data) > o.Limit:
		return ErrSlow
	}
	if s.peer() != nil {
		if err := s.sendToPeer(o.Data, o.Ends); err != nil {
			return err
		}
	}
	if node != nil && !o.NoClaim {
		s.take(claim{node, o.WaitFor})
	}
	if o.Timeout > 0 && s.rare.sendIdle == nil {
		s.own().sendIdle = &idleTimer{clock: s.store.clock, expire: s.senderIdle}
	}
	s.rare.sendIdle.set(o.Timeout)
	switch {
	case s.peer() != nil: // it is sent
	case s.state == Connecting: // stored on purpose: whoever asked goes on
		s.push(queued{data: bytes.Clone(o.Data)})
	default:
		s.write(o.Data, o.Cause, node.batcher())
	}
	return nil
}

// take moves the data claim. Lines held back for another node go to that node;
// an unfinished line moves on. The caller holds the lock.
func (s *Session) take(c claim) {
	if c.waitFor == nil {
		c.waitFor = s.claim.waitFor
	}
	if c.node != s.claim.node || !c.waitFor.holds() {
		s.handOver(s.claim.node)
	}
	s.claim = c
}

// release gives the claim of a node that is gone back to the owner, and what
// was held back for it with it.
func (s *Session) release(node *attachment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claim.node == node && s.owner != node && s.state != Closed {
		s.handOver(s.owner)
		s.claim = s.ownerClaim()
	}
}

// handOver sends the lines that are held back to a node. The caller holds the
// lock.
func (s *Session) handOver(to *attachment) {
	if len(s.rare.held) == 0 {
		return
	}
	d := s.newDelivery(s.store.clock.Now())
	d.add(item{payload: s.takeHeld()})
	s.deliver(d, to, false)
}

func (s *Session) takeHeld() flow.Array {
	if s.rare.held == nil {
		return flow.Array{}
	}
	lines := flow.Array(s.rare.held)
	s.rare.held, s.rare.heldSize = nil, 0
	return lines
}
