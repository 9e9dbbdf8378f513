package session

import (
	"cmp"
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// Tag gives the session a property of the flow's own, by which [Store.Find]
// finds it; undefined takes it away.
func (s *Session) Tag(key string, value flow.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := &flow.Object{}
	if s.rare.tags != nil {
		tags = s.rare.tags.Clone() // the old one may be in messages
	}
	if value == nil {
		tags.Delete(key)
	} else {
		tags.Set(key, value)
	}
	s.own().tags = tags
}

// Query says which sessions are meant. What is empty, or nil, leaves none out.
type Query struct {
	Node string       // id of the node that opened them
	Pool string       // [Options.Pool] of those who did
	Tags *flow.Object // they have all of these, with the same values
}

// Find returns the streams that are open, in the order in which they were
// opened. UDP sockets are not among them.
func (st *Store) Find(q Query) []*Session {
	st.mu.RLock()
	list := make([]*Session, 0, len(st.byID))
	for _, s := range st.byID {
		list = append(list, s)
	}
	st.mu.RUnlock()
	list = slices.DeleteFunc(list, func(s *Session) bool { return !q.matches(s) })
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(a.started, b.started) })
	return list
}

func (q Query) matches(s *Session) bool {
	if s.udp != nil || q.Node != "" && q.Node != s.opts.Node || q.Pool != "" && q.Pool != s.opts.Pool {
		return false
	}
	if q.Tags == nil {
		return true
	}
	s.mu.Lock()
	tags := s.rare.tags
	s.mu.Unlock()
	for key, want := range q.Tags.All() {
		if tags == nil || !flow.Equal(tags.Get(key), want) {
			return false
		}
	}
	return true
}

// Addressed calls do with the id of each session that a message is for: its
// sessionId, which may be a list of ids, or "*" for all streams that a node has
// opened (all that there are, if node is empty); else, if it has tags, an
// object, those that have them. A single id may be anything.
func (st *Store) Addressed(msg *flow.Message, node string, do func(id flow.Value)) {
	id := msg.Get("sessionId")
	if list, ok := id.(flow.Array); ok {
		for _, id := range list {
			do(id)
		}
		return
	}
	q := Query{Node: node}
	if !flow.Truthy(id) {
		q.Tags, _ = msg.Get("tags").(*flow.Object)
	}
	if q.Tags == nil && id != "*" {
		do(id)
		return
	}
	for _, s := range st.Find(q) {
		do(s.id)
	}
}
