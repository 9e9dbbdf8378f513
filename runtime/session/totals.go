package session

import "slices"

// Totals is what all sessions together have done since the store was made.
type Totals struct {
	TCP, UDP Traffic
	Failed   uint64 // attempts to connect that failed: refused, not resolved, too late
	Refused  uint64 // connections that a listener has turned away, see Refuse
	Timeouts uint64 // times that nothing happened for as long as a node allows
	Open     map[OpenKey]int
}

// Traffic is what the sessions of a kind have done, closed ones included.
type Traffic struct {
	Opened                                     uint64 // also those that were never connected
	BytesIn, BytesOut, MessagesIn, MessagesOut uint64
}

// OpenKey is what [Totals] counts open sessions by.
type OpenKey struct {
	Node  string // id of the node that opened them
	State State
}

// totals is what a store counts itself; its lock guards it.
type totals struct {
	tcp, udp Traffic // Opened of all sessions, the rest of those that are gone
}

func (t *totals) of(s *Session) *Traffic {
	if s.udp != nil {
		return &t.udp
	}
	return &t.tcp
}

func (t *Traffic) add(c counters) {
	t.BytesIn += c.bytesIn
	t.BytesOut += c.bytesOut
	t.MessagesIn += c.messagesIn
	t.MessagesOut += c.messagesOut
}

// Refuse counts a connection of which a listener makes no session: its address may not
// come, there are too many, or the handshake has failed.
func (st *Store) Refuse() { st.refused.Add(1) }

// Totals sums up. It locks one session after the other, for a moment each.
func (st *Store) Totals() Totals {
	st.mu.RLock()
	sum := st.totals
	running := slices.Collect(st.all())
	st.mu.RUnlock()
	open := map[OpenKey]int{}
	for _, s := range running {
		s.mu.Lock()
		sum.of(s).add(s.counters)
		if s.state != Closed {
			open[OpenKey{s.opts.Node, s.state}]++
		}
		s.mu.Unlock()
	}
	return Totals{TCP: sum.tcp, UDP: sum.udp, Failed: st.failed.Load(), Refused: st.refused.Load(), Timeouts: st.timeouts.Load(), Open: open}
}
