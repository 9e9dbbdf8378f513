package session

import (
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
	Peer, Local string // host:port; empty while there is none
	State       State
	Started     time.Time
	Idle        time.Duration // since something was sent or received last, or since Started
	BytesIn     uint64
	BytesOut    uint64
	MessagesIn  uint64
	MessagesOut uint64
	Queued      int // bytes that the peer has not taken yet
}

// Snapshot returns all sessions that are open, oldest first.
func (st *Store) Snapshot() []Info {
	var list []Info
	for _, s := range st.list(nil) {
		if i := s.info(); i.State != Closed {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b Info) int { return a.Started.Compare(b.Started) })
	return list
}

func (s *Session) info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := max(s.started, s.lastChunk, s.lastWrite)
	i := Info{
		ID: s.id, Kind: "tcp", Node: s.opts.Node, Claim: s.claim.node.id,
		State: s.state, Started: s.store.epoch.Add(s.started), Queued: s.writer.size,
		Idle:    time.Since(s.store.epoch) - last,
		BytesIn: s.counters.bytesIn, BytesOut: s.counters.bytesOut,
		MessagesIn: s.counters.messagesIn, MessagesOut: s.counters.messagesOut,
	}
	if s.udp {
		i.Kind = "udp"
	}
	remote, local := s.peerAndLocal()
	if remote != nil {
		i.Peer = remote.String()
	}
	if local != nil {
		i.Local = local.String()
	}
	return i
}
