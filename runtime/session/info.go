package session

import (
	"net"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Info is what is known of a session, for people and for the API.
type Info struct {
	ID          flow.Value
	Kind        string // tcp or udp
	Node        string // id of the node that opened it
	Claim       string // id of the node that gets the data
	State       State
	Started     time.Time
	Idle        time.Duration // since something was sent or received last, or since Started
	BytesIn     uint64
	BytesOut    uint64
	MessagesIn  uint64
	MessagesOut uint64
	Queued      int // bytes that the peer has not taken yet

	Remote, Local net.Addr      // the two ends; nil while there is none
	Paused        bool          // nothing is read
	Timeout       time.Duration // how long nothing may happen; 0: for ever
	Tags          *flow.Object  // shared
}

// Snapshot returns all sessions that are open, oldest first.
func (st *Store) Snapshot() []Info {
	var list []Info
	for _, s := range st.list(nil) {
		if i := s.Info(); i.State != Closed {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b Info) int { return a.Started.Compare(b.Started) })
	return list
}

// Info returns what is known of the session now.
func (s *Session) Info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := max(s.started, s.lastChunk, s.lastWrite)
	i := Info{
		ID: s.id, Kind: "tcp", Node: s.opts.Node, Claim: s.claim.node.id,
		State: s.state, Started: s.store.epoch.Add(s.started), Queued: s.queuedSize(),
		Idle:    s.store.age() - last,
		BytesIn: s.counters.bytesIn, BytesOut: s.counters.bytesOut,
		MessagesIn: s.counters.messagesIn, MessagesOut: s.counters.messagesOut,
		Paused: s.rare.paused != nil, Tags: s.rare.tags,
	}
	if s.udp != nil {
		i.Kind = "udp"
	}
	if s.idle != nil {
		i.Timeout = s.idle.after
	}
	if i.Tags == nil {
		i.Tags = &flow.Object{}
	}
	i.Remote, i.Local = s.peerAndLocal()
	return i
}
