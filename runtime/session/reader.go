package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
)

const (
	// chunkSize is how much is read at once from a session that has a lot to
	// say, smallChunk from the others.
	chunkSize  = 64 << 10
	smallChunk = 8 << 10
	// chunkCredits is how many chunks of a session may be on their way through
	// the flows.
	chunkCredits = 4
	// answerTime is how long a session whose peer has ended its side waits for
	// the flows to be done with what they got from it.
	answerTime = 5 * time.Second
)

var noAddress netip.AddrPort // read and write errors name no address

// chunks and smallChunks hold the buffers that sockets are read into. A session
// has one only while there is something to read.
var (
	chunks      = sync.Pool{New: func() any { return new([chunkSize]byte) }}
	smallChunks = sync.Pool{New: func() any { return new([smallChunk]byte) }}
)

// delivery is what one chunk brings, on its way to the flow that gets it. It is
// cause, task and credit in one.
type delivery struct {
	cause   flow.Cause
	session *Session
	node    *attachment // who gets it
	time    flow.Value
	items   []item
	one     [1]item
}

// item is what one data message says.
type item struct {
	payload flow.Value
	match   flow.Value // the line that a list of lines waited for; or undefined
	rinfo   *flow.Object
	bad     *framing.Error // there is no payload but this
}

// deliveries holds those whose chunks are done, for the next ones.
var deliveries = sync.Pool{New: func() any { return new(delivery) }}

func (s *Session) newDelivery(now time.Time) *delivery {
	d := deliveries.Get().(*delivery)
	d.session, d.time, d.items = s, flow.Timestamp(now), d.one[:0]
	return d
}

func (d *delivery) add(i item) { d.items = append(d.items, i) }

// Run implements [flow.Task].
func (d *delivery) Run(out flow.Outlet) error {
	o := d.session.opts
	own := d.node == d.session.owner
	for _, i := range d.items {
		switch {
		case i.bad != nil:
			out.Send(eventsPort, d.session.failure(i.bad))
			continue
		case own && o.Receive != nil:
			o.Receive(out, d.session, i.payload)
			continue
		case own && o.ReceiveFrom != nil:
			o.ReceiveFrom(out, i.payload, i.rinfo)
			continue
		}
		m := flow.NewMessage()
		m.Set("timestamp", d.time)
		m.Set("status", "ok")
		m.Set("event", "data")
		m.Set("sessionId", d.session.id)
		m.Set("payload", i.payload)
		if i.match != nil {
			m.Set("match", i.match)
		}
		if i.rinfo != nil {
			m.Set("rinfo", i.rinfo)
		}
		out.Send(dataPort, m)
	}
	return nil
}

// Release implements [flow.Releaser]: all that the chunk set off is done, and
// nobody holds its cause any more.
func (d *delivery) Release() {
	d.session.source().credits.give()
	*d = delivery{}
	deliveries.Put(d)
}

// errRest says that a session waits for its next chunk somewhere else.
var errRest = errors.New("nothing to read for now")

// restAfter is how long a session that reads must have got nothing for its
// reader to be taken for one that has to wait again.
const restAfter = 100 * time.Millisecond

// read reads until the peer has ended its side, which is no error, or the
// connection breaks or is closed. Then it hands out what is held back. The error
// is errRest if the session seems to be one of those that say something now and
// then only.
func (s *Session) read() error {
	defer s.socket.rest()
	for {
		if !s.credits.take(s.quitting, nil) {
			s.flush(false)
			return nil
		}
		chunk, err := s.socket.read(!s.slow)
		if err == nil {
			s.receive(chunk)
		}
		switch {
		case errors.Is(err, sockets.ErrNothing):
			s.credits.give()
			return errRest
		case err == nil && s.slow:
			return errRest
		case err == nil:
			continue
		}
		if s.drained(err) {
			err = io.EOF
		} else if errors.Is(err, os.ErrDeadlineExceeded) { // paused
			s.credits.give()
			s.awaitResume()
			continue
		}
		s.flush(true)
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

// receive takes a chunk in, and lends the reader's goroutine to the flow that
// gets it. A session whose frames cannot be told apart any more is closed.
func (s *Session) receive(chunk []byte) {
	size := len(chunk)
	lender := s.queue(chunk)
	s.socket.release()
	if lender != nil {
		lender.Lend()
	}
	s.hasRead(size)
	if s.broken {
		s.destroy()
	}
}

// queue frames a chunk for whoever holds the data claim. The chunk takes one of
// the session's credits with it.
func (s *Session) queue(chunk []byte) flow.Lender {
	now := s.store.clock.Now()
	d := s.newDelivery(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := now.Sub(s.store.epoch)
	s.slow = s.lastChunk == 0 || at-s.lastChunk > restAfter
	s.lastChunk = at
	s.counters.bytesIn += uint64(len(chunk))
	s.idle.touch(now)
	s.rare.sendIdle.touch(now)
	if s.framer == nil {
		d.add(item{payload: flow.Buffer(bytes.Clone(chunk))})
	} else {
		s.framer.Feed(chunk)
		s.frames(d)
		if s.opts.Line && !s.broken {
			s.prompt(d)
		}
	}
	return s.hand(d, s.claim.node, false)
}

// hand queues what a chunk brought for a node, with the chunk's credit. The
// caller holds the lock, and lends its goroutine to the flow, if there is one to
// lend it to, when it has let go of it; unless it has more to hand on.
func (s *Session) hand(d *delivery, to *attachment, more bool) flow.Lender {
	s.counters.messagesIn += uint64(len(d.items))
	if len(d.items) == 0 {
		d.Release()
		return nil
	}
	d.node = to
	d.cause.Init(d)
	return to.queue(&d.cause, d, more)
}

// flush hands out lines that are held back and an unfinished line, or says that a
// frame is unfinished: nothing more comes.
func (s *Session) flush(credit bool) {
	d := s.newDelivery(s.store.clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.framer != nil {
		s.framer.End()
		s.frames(d)
	}
	if len(s.rare.held) > 0 {
		d.add(item{payload: s.takeHeld()})
	}
	s.deliver(d, s.claim.node, credit)
}

// deliver posts what there is to a node, with the credit of the chunk that has
// brought it, if any. The caller holds the lock.
func (s *Session) deliver(d *delivery, to *attachment, credit bool) {
	s.counters.messagesIn += uint64(len(d.items))
	d.node = to
	switch {
	case len(d.items) == 0 && credit:
		d.Release()
	case len(d.items) == 0:
	case credit:
		d.cause.Init(d)
		to.post(&d.cause, d)
	default:
		to.post(nil, d)
	}
}

func (s *Session) line(d *delivery, text string) {
	switch w := s.claim.waitFor; {
	case !w.holds():
		d.add(item{payload: text})
	case w.matches(text):
		d.add(item{payload: s.takeHeld(), match: text})
	default:
		s.hold(d, text)
	}
}

// lineOverhead is what a line that is held back takes apart from its text, in
// bytes.
const lineOverhead = 32

// hold keeps a line until another one matches. Lines that take more than a frame
// may take are handed out as they are, with the error that they are too long.
func (s *Session) hold(d *delivery, text string) {
	r, limit := s.own(), s.opts.framing().Limit()
	r.held = append(r.held, text)
	if r.heldSize += len(text) + lineOverhead; r.heldSize <= limit {
		return
	}
	d.add(item{payload: s.takeHeld()})
	s.badFrame(d, &framing.Error{Code: framing.TooLong, Text: fmt.Sprintf("the lines that wait for a match take more than maxFrame, %d bytes", limit)})
}

// holdOpen waits, if the peer has ended its side and ours is to stay open, until
// ours is ended too.
func (s *Session) holdOpen() {
	owner, ok := s.opts.Owner.(Ender)
	if !ok || !s.opts.HalfOpen || s.full.Load() {
		return
	}
	s.mu.Lock()
	held := s.state == Connected && s.rare.writeErr == nil
	ending := make(chan struct{})
	if held {
		s.own().ending = ending
		owner.Ended(s)
	}
	s.mu.Unlock()
	if held {
		select {
		case <-ending:
		case <-s.quitting():
		}
	}
}

// endSide has holdOpen return. The caller holds the lock.
func (s *Session) endSide() {
	if s.rare.ending != nil {
		close(s.rare.ending)
		s.rare.ending = nil
	}
}

// answer waits until the flows are done with what the peer has sent, and what
// they answered is written. The peer has ended its side, but it still listens.
func (s *Session) answer() {
	if s.State() == Connected && !s.destroyed.Load() { // else its credits may be of no use any more
		s.awaitFlows()
	}
	s.disconnect()
	if s.destroyed.Load() {
		s.Destroy() // again: the writer may have got something to do since
	}
	s.mu.Lock()
	backlog := s.writer.backlog
	s.mu.Unlock()
	backlog.wait()
}

// awaitFlows returns when all credits have come back, or have not for too long.
func (s *Session) awaitFlows() {
	patience := time.NewTimer(answerTime)
	defer patience.Stop()
	for range chunkCredits {
		if !s.credits.take(s.quitting, patience.C) {
			return
		}
	}
}
