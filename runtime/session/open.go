package session

import (
	"context"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

func (st *Store) newSession(o *Options, credits int) *Session {
	s := &Session{store: st, opts: o, owner: st.attachment(o.Node), started: st.age(), rare: &nothingRare}
	s.claim = s.ownerClaim()
	s.credits.init(credits)
	if o.Succeeds != nil {
		s.inherit(o.Succeeds)
	}
	return s
}

// inherit takes over what does not end with a connection.
func (s *Session) inherit(old *Session) {
	old.mu.Lock()
	defer old.mu.Unlock()
	s.claim = old.claim
	if old.rare.tags != nil {
		s.own().tags = old.rare.tags
	}
	if old.rare.unsent != nil {
		s.writer.backlog, old.rare.unsent = old.rare.unsent, nil
	}
}

// Accept makes a session of a connection that came in. It owns the connection
// from then on.
func (st *Store) Accept(c Stream, o *Options) *Session {
	s := st.newSession(o, chunkCredits)
	s.mu.Lock() // a timer that goes off at once waits for the id
	s.connected(c)
	_ = st.add(s, nil) // a new id is unique
	s.mu.Unlock()
	s.owner.hasNew(s)
	o.Owner.Opened(s)
	go s.wait()
	return s
}

// Dial makes a session of a connection that is yet to be made, which goes on in
// the background. A valid id is forced; the error is then [ErrExists] if it is
// in use.
func (st *Store) Dial(to Dialer, id flow.Value, o *Options) (*Session, error) {
	s := st.newSession(o, chunkCredits)
	s.state = Connecting
	ctx, cancel := context.WithCancel(context.Background())
	s.own().cancel = cancel
	if err := st.add(s, id); err != nil {
		cancel()
		return nil, err
	}
	s.owner.hasNew(s)
	go s.dial(ctx, cancel, to)
	return s, nil
}

func (s *Session) dial(ctx context.Context, cancel context.CancelFunc, to Dialer) {
	defer cancel()
	c, err := to(ctx)
	if err != nil {
		var why *sockets.Error
		if ctx.Err() == nil {
			why = sockets.Explain("connect", err, noAddress)
			s.store.failed.Add(1)
		}
		s.finish(why)
		return
	}
	s.mu.Lock()
	canceled := s.state != Connecting || s.destroyed.Load()
	if !canceled {
		s.connected(c)
	}
	s.mu.Unlock()
	if canceled {
		_ = c.Conn.Close()
		s.finish(nil)
		return
	}
	s.opts.Owner.Opened(s)
	go s.wait()
}

// connected takes the connection in. The caller holds the lock.
func (s *Session) connected(c Stream) {
	s.conn = c.Conn
	if c.Released != nil {
		s.own().released = c.Released
	}
	if c.Remote != nil || c.Local != nil {
		s.own().ends = &ends{c.Remote, c.Local}
	}
	if f := s.opts.framing(); f != nil {
		s.framer = f.Framer()
	}
	s.socket.open(c.Conn, c.Prefix)
	if s.rare.paused != nil || s.full.Load() { // it may drain already
		s.stopReading()
	}
	s.slow = true // until it has said something
	s.state = Connected
	if s.writer.backlog != nil {
		s.startWriter()
	}
	s.bind()
	if s.opts.Timeout > 0 {
		s.idle = &idleTimer{clock: s.store.clock, expire: s.ownerIdle}
		s.idle.set(s.opts.Timeout)
	}
}
