package session

import (
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// ErrExists says that a session with this id is open already.
var ErrExists = errors.New("session already exists")

// Store holds all sessions. It is safe for concurrent use.
type Store struct {
	clock flow.Clock
	epoch time.Time // when it was made

	mu     sync.RWMutex
	byID   map[flow.Value]*Session
	ending map[*Session]struct{} // those whose id is free again but whose goroutines still end
	ended  *sync.Cond            // one is out of ending; its lock is mu
	nodes  map[string]*attachment
	totals totals

	failed, refused, timeouts atomic.Uint64 // see Totals
}

// attachment is a node that may hold claims: its id, and its place in the
// flows, which outlives the node's instance.
type attachment struct {
	id   string
	host atomic.Pointer[flow.Host]

	drains atomic.Bool // its node reads nothing more
}

// hasNew is called when the node has opened one more session.
func (a *attachment) hasNew(s *Session) {
	if a.drains.Load() {
		s.Drain()
	}
}

func (a *attachment) post(c *flow.Cause, t flow.Task) { (*a.host.Load()).Post(c, t) }

// queue is post by a goroutine that can lend itself to the node's flow: it does
// so with the lender returned, which may be nil. more says that it queues another
// task at once.
func (a *attachment) queue(c *flow.Cause, t flow.Task, more bool) flow.Lender {
	host := *a.host.Load()
	l, ok := host.(flow.Lender)
	switch {
	case !ok:
		host.Post(c, t)
	case more:
		l.QueueMore(c, t)
	default:
		l.Queue(c, t)
	}
	return l
}

// batcher returns the node's host if it tells when to flush, else nil.
func (a *attachment) batcher() flow.Batcher {
	if a == nil {
		return nil
	}
	b, _ := (*a.host.Load()).(flow.Batcher)
	return b
}

// New returns an empty store.
func New() *Store { return NewBy(new(flow.SystemClock)) }

// NewBy returns an empty store whose timeouts go by a clock.
func NewBy(clock flow.Clock) *Store {
	st := &Store{
		clock: clock, epoch: clock.Now(),
		byID:   map[flow.Value]*Session{},
		ending: map[*Session]struct{}{},
		nodes:  map[string]*attachment{},
	}
	st.ended = sync.NewCond(&st.mu)
	return st
}

// age returns how long the store is there.
func (st *Store) age() time.Duration { return st.clock.Now().Sub(st.epoch) }

// Attach makes a node known that opens sessions or claims their data. A node
// does so when it starts, before anything else it does with the store. A new
// instance of a node takes over what the old one holds.
func (st *Store) Attach(node string, host flow.Host) {
	st.mu.Lock()
	defer st.mu.Unlock()
	a := st.nodes[node]
	if a == nil {
		a = &attachment{id: node}
		st.nodes[node] = a
	}
	a.host.Store(&host)
	a.drains.Store(false)
}

// Detach takes a node out that stops for good. The data claims it holds go back
// to the sessions' owners. One that is restarted stays: its new instance takes
// the claims over.
func (st *Store) Detach(node string, reason flow.StopReason) {
	if reason == flow.Restarted {
		return
	}
	st.mu.Lock()
	a := st.nodes[node]
	delete(st.nodes, node)
	st.mu.Unlock()
	if a == nil {
		return
	}
	for _, s := range st.list(nil) {
		s.release(a)
	}
}

func (st *Store) attachment(node string) *attachment {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.nodes[node]
}

// Get returns the session with this id, nil if there is none. An id is a text
// as the store makes it, or whatever a flow has forced: 42 and "42" differ.
func (st *Store) Get(id flow.Value) *Session {
	if !isID(id) {
		return nil
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.byID[id]
}

// isID tells whether a value can be a session's id. Values that JavaScript
// takes for false mean that there is none.
func isID(id flow.Value) bool {
	switch id.(type) {
	case string, float64, bool:
		return flow.Truthy(id)
	}
	return false
}

// add registers a session under the id that is forced, or a new one.
func (st *Store) add(s *Session, id flow.Value) error {
	if !isID(id) {
		id = NewID("sess")
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if old := st.byID[id]; old != nil {
		if old != s.opts.Succeeds {
			return ErrExists
		}
		st.ending[old] = struct{}{}
	}
	s.id = id
	st.byID[id] = s
	st.totals.of(s).Opened++
	return nil
}

// free makes a session's id unknown.
func (st *Store) free(s *Session) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.byID[s.id] == s {
		delete(st.byID, s.id)
		st.ending[s] = struct{}{}
	}
}

// forget is the last thing that is done to a session.
func (st *Store) forget(s *Session) {
	s.mu.Lock()
	done := s.counters
	s.mu.Unlock()
	st.mu.Lock()
	delete(st.ending, s)
	st.totals.of(s).add(done)
	st.mu.Unlock()
	st.ended.Broadcast()
}

// all goes through all sessions, also those that end. The caller holds the lock.
func (st *Store) all() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for _, s := range st.byID {
			if !yield(s) {
				return
			}
		}
		for s := range st.ending {
			if !yield(s) {
				return
			}
		}
	}
}

// runs tells whether a session has not come to its end yet. The caller holds the
// lock.
func (st *Store) runs(s *Session) bool {
	_, ending := st.ending[s]
	return ending || st.byID[s.id] == s
}

// list returns the sessions that a node has opened; nil stands for all nodes.
func (st *Store) list(owner *attachment) []*Session {
	st.mu.RLock()
	defer st.mu.RUnlock()
	var list []*Session
	for s := range st.all() {
		if owner == nil || s.owner == owner {
			list = append(list, s)
		}
	}
	return list
}

// Drain stops all sessions that a node has opened from reading, also those that
// it opens until it is attached again; see [Session.Drain].
func (st *Store) Drain(node string) {
	if a := st.attachment(node); a != nil {
		a.drains.Store(true)
		for _, s := range st.list(a) {
			s.Drain()
		}
	}
}

// End closes all sessions that a node has opened, at once, and returns when
// their owner has heard of it and their goroutines have ended.
func (st *Store) End(node string) {
	if a := st.attachment(node); a != nil {
		st.end(st.list(a))
	}
}

// Close closes all sessions.
func (st *Store) Close() { st.end(st.list(nil)) }

func (st *Store) end(list []*Session) {
	for _, s := range list {
		s.Destroy()
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, s := range list {
		for st.runs(s) {
			st.ended.Wait()
		}
	}
}
