package session

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
)

// State is how far a session has come.
type State uint8

// The states of a session.
const (
	Connecting State = iota
	Connected
	Disconnecting // no more is written; the peer may still send
	Closed        // the store does not know it any more
)

// String returns the state's name, in lower case.
func (s State) String() string {
	return [...]string{"connecting", "connected", "disconnecting", "closed"}[s]
}

// Owner is the node that opened a session. Its methods are called in order, on
// goroutines of the session and partly under its lock: they hand what there is
// to say to the node's flow and return.
type Owner interface {
	// Opened says that the session is connected. Data come later.
	Opened(s *Session)
	// TimedOut says that nothing was sent or received for as long as the owner
	// allows, once for each such time.
	TimedOut(s *Session)
	// Closed says that the session is gone, after the last data. The error is
	// nil for an orderly end, and if somebody here has closed it.
	Closed(s *Session, err *sockets.Error)
}

// Ender is an [Owner] that is told that the peer has ended its side, after the
// last data and before [Owner.Closed], if [Options.HalfOpen] is set.
type Ender interface {
	Ended(s *Session)
}

// Options are how a node opens a session.
type Options struct {
	Node    string        // id of the node; it is attached
	Owner   Owner         // the node
	Line    bool          // lines of text, else chunks as they come
	WaitFor *WaitFor      // in line mode; may be nil
	Timeout time.Duration // how long nothing may happen; 0: for ever
	Cut     bool          // close the session when it has timed out

	// Framing says how the stream is cut into messages. Nil takes chunks as they
	// come, or with Line lines in UTF-8.
	Framing *framing.Framing

	// HalfOpen keeps our side open when the peer has ended its own, until it is
	// ended here too. The owner is an [Ender] then.
	HalfOpen bool

	// Keep lets the owner open a session that takes the place of one that has
	// closed: in [Owner.Closed] it calls [Store.Dial] with the same id and the
	// one that has closed as Succeeds. Claims, tags and what was sent while there
	// was no connection yet go over.
	Keep     bool
	Succeeds *Session
	// Offline is how many bytes may wait for a connection; 0: nothing is sent
	// before there is one.
	Offline int

	Limits Limits // of each session

	// Pool is a name under which [Store.Find] finds the sessions of several nodes.
	Pool string
	// Receive sends on what arrives for the owner, on its loop, where the
	// message is not that of the session nodes; may be nil.
	Receive func(out flow.Outlet, s *Session, payload flow.Value)
	// ReceiveFrom is Receive for datagrams, with their rinfo: where one came from.
	ReceiveFrom func(out flow.Outlet, payload flow.Value, rinfo *flow.Object)
}

// Session is one TCP connection or one bound UDP socket. It is safe for
// concurrent use.
//
// There may be very many that are idle, so what a session does not have all the
// time stands behind a pointer.
type Session struct {
	store   *Store
	id      flow.Value
	opts    *Options
	owner   *attachment
	started time.Duration // on the store's clock, as all times here
	udp     *datagrams    // nil for streams

	lastChunk time.Duration // the reader's: when the last chunk came in, 0 if none has
	lastWrite time.Duration // when the socket last took something, 0 if it has not; mu guards it
	credits   credits       // for chunks on their way through the flows
	full      atomic.Bool   // nothing more is read
	destroyed atomic.Bool   // closed at once

	broken bool  // the reader's: frames cannot be told apart any more
	slow   bool  // the reader's: nothing came in for a while before the last chunk
	ended  bool  // by somebody here; mu guards it
	state  State // mu guards it

	mu       sync.Mutex
	rare     *rare    // see own
	conn     net.Conn // nil while connecting
	bounds   *bounds  // nil without limits
	socket   rawSocket
	claim    claim
	framer   *framing.Framer // nil: chunks are taken as they come
	idle     *idleTimer      // the owner's; nil while there is none
	writer   writer
	counters counters
}

// datagrams is what a session of a UDP socket has that streams do not have, or a
// session of one of its peers.
type datagrams struct {
	peers   *peers // of a socket that has a session for each
	peer    *peer  // of such a session
	refused func(*Session, *sockets.Error)
}

// rare is what few sessions have. The session's lock guards it.
type rare struct {
	cancel   context.CancelFunc // of an attempt to connect
	quit     chan struct{}      // closed by Destroy; made when somebody waits for it
	ending   chan struct{}      // closed by Disconnect; made when somebody waits for it
	paused   chan struct{}      // closed when reading may go on; nil unless it is paused
	ends     *ends              // if they are not conn's
	released func()             // called when conn is closed
	held     []flow.Value       // lines that wait for a match
	heldSize int                // what they take, in bytes
	tags     *flow.Object       // nil: none
	unsent   *backlog           // what waited for a connection that there never was; for the successor
	writeErr error              // the first error of a write; nothing is written after it
	sendIdle *idleTimer         // of the last tcp-send; nil until there is one
}

// nothingRare is the rare of all sessions that have none of their own. It stays
// empty.
var nothingRare rare

// own returns the session's own rare, to be written to. The caller holds the lock.
func (s *Session) own() *rare {
	if s.rare == &nothingRare {
		s.rare = &rare{}
	}
	return s.rare
}

type counters struct {
	bytesIn, bytesOut, messagesIn, messagesOut uint64
}

// wait waits until there is something to read, and goes on with run. Whoever
// has something to say now and then only waits here, on a goroutine that has not
// done anything yet and whose stack is small.
func (s *Session) wait() {
	s.socket.wait()
	s.run()
}

// run reads until there is nothing more to read, and then brings the session to
// its end.
func (s *Session) run() {
	err := s.read()
	switch {
	case errors.Is(err, errRest):
		go s.wait()
		return
	case err == nil:
		s.holdOpen()
		s.answer()
	}
	s.finish(sockets.Explain("read", err, noAddress))
}

// finish gives everything back and tells the owner.
func (s *Session) finish(err *sockets.Error) {
	s.mu.Lock()
	s.state = Closed
	s.idle.set(0)
	s.rare.sendIdle.set(0)
	backlog := s.writer.backlog
	var dropped []queued
	if backlog != nil && s.opts.Keep && s.conn == nil {
		s.own().unsent, s.writer.backlog = backlog, nil
	} else {
		dropped = backlog.takeAll()
	}
	if b := s.writer.batch; b != nil {
		s.writer.batch = nil
		dropped = append(dropped, queued{b.data, b.causes})
	}
	if err == nil {
		err = sockets.Explain("write", s.rare.writeErr, noAddress)
	}
	conn, released := s.conn, s.rare.released
	s.mu.Unlock()

	if conn != nil {
		if s.full.Load() && len(dropped) == 0 && err == nil {
			s.linger()
		}
		_ = conn.Close()
	}
	if released != nil {
		released()
	}
	releaseAll(dropped)
	backlog.wait()
	why := s.bounds.release()
	if s.destroyed.Load() {
		err = why
	}
	if !s.opts.Keep {
		s.store.free(s)
	}
	s.opts.Owner.Closed(s, err)
	s.store.free(s) // with Keep the id stays until the owner could have another session succeed it
	s.mu.Lock()
	unsent := s.rare.unsent.takeAll() // there is no successor
	s.mu.Unlock()
	releaseAll(unsent)
	s.store.forget(s)
}

// Disconnect closes the session in an orderly way: what is queued is written,
// then the peer is told, and the session ends when the peer has ended its side
// too. An attempt to connect is given up, a UDP socket is closed at once.
func (s *Session) Disconnect() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.disconnect()
}

// disconnect is Disconnect, also after the peer has done the like.
func (s *Session) disconnect() {
	s.mu.Lock()
	was := s.state
	if was != Closed {
		s.state = Disconnecting
	}
	s.endSide()
	s.resume() // or nobody sees the peer end its side
	cancel := s.rare.cancel
	if was == Connected && s.udp == nil {
		s.writeBatch()
		s.closeAfterBacklog()
	}
	s.mu.Unlock()
	switch {
	case was == Connecting:
		cancel()
	case s.udp != nil:
		s.store.free(s)
		s.Destroy()
	}
}

// Destroy closes the session at once. What is queued is lost.
func (s *Session) Destroy() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.destroy()
}

// destroy is Destroy because of what the peer has done.
func (s *Session) destroy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.destroyed.Swap(true) && s.rare.quit != nil {
		close(s.rare.quit)
	}
	s.unpause()
	if s.rare.cancel != nil {
		s.rare.cancel()
	}
	if s.state == Connected && s.udp == nil {
		s.writeBatch() // what was sent before is on its way
	}
	// One that drains is closed by its reader, unless the peer does not take
	// what is still to be written.
	if s.conn != nil && (!s.full.Load() || s.queuedSize() > 0) {
		_ = s.conn.Close()
	}
}

// Drain stops reading. What has been read is handled, and answers are written.
// The session stays open until it is closed by somebody here.
func (s *Session) Drain() {
	s.full.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unpause()
	s.stopReading()
}

// stopReading has a read that waits, and all that follow, return at once with
// [os.ErrDeadlineExceeded]. The caller holds the lock.
func (s *Session) stopReading() {
	if s.conn != nil {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // long ago
	}
}

// drained tells whether a read failed because the session drains; then it
// waits for the session's end.
func (s *Session) drained(err error) bool {
	if !s.full.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	<-s.quitting()
	return true
}

// quitting returns a channel that is closed when the session is destroyed.
func (s *Session) quitting() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rare.quit == nil {
		s.own().quit = make(chan struct{})
		if s.destroyed.Load() {
			close(s.rare.quit)
		}
	}
	return s.rare.quit
}

// Ended tells whether somebody here has closed the session, and not the peer.
func (s *Session) Ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// ID returns the session's id as it stands in messages.
func (s *Session) ID() flow.Value { return s.id }

// IsLine tells whether the session is one of text lines.
func (s *Session) IsLine() bool { return s.opts.Line }

// State returns how far the session has come.
func (s *Session) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *Session) ownerIdle() {
	s.mu.Lock()
	fired := s.state != Closed && s.idle.expired()
	if fired {
		s.store.timeouts.Add(1)
		s.opts.Owner.TimedOut(s)
	}
	s.mu.Unlock()
	if fired && s.opts.Cut {
		s.Destroy()
	}
}

// senderIdle tells whoever holds the data claim that the time which a tcp-send
// has set is over.
func (s *Session) senderIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == Closed || !s.rare.sendIdle.expired() {
		return
	}
	s.store.timeouts.Add(1)
	m := Timeout(s.id)
	s.claim.node.post(nil, flow.TaskFunc(func(out flow.Outlet) error {
		out.Send(eventsPort, m)
		return nil
	}))
}
