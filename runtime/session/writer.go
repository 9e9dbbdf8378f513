package session

import (
	"bytes"
	"slices"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

const (
	// writeSize is how much is written at once by the writer, so that progress
	// is seen (inactivity timers) and small writes travel together.
	writeSize = 64 << 10
)

// directSize is from which size on data are not kept for the end of a batch:
// to copy them would cost more than a write of their own.
const directSize = 8 << 10

// writer is what is on its way to a socket. The session's lock guards it.
type writer struct {
	batch   *batch   // to be written when the flow is done with what it handles; may be nil
	backlog *backlog // what comes after it; nil if there is none
}

// backlog is what a socket has not taken at once, and the goroutine that writes
// it. There is one only as long as that runs, or while it waits for a connection
// to begin with. All that is sent goes to its end.
type backlog struct {
	queue   []queued
	size    int            // bytes that the socket has not taken yet
	running sync.WaitGroup // the goroutine
}

// batch is small data that go out together. Whoever makes one has the flow call
// Flush.
type batch struct {
	data   []byte
	causes []*flow.Cause // each held
}

// batches holds those that have been written: a session has one only while its
// flow is at work.
var batches = sync.Pool{New: func() any { return new(batch) }}

// queued is data that wait to be written, and the causes that are held until
// then.
type queued struct {
	data   []byte
	causes []*flow.Cause
}

func (q queued) release() {
	for _, c := range q.causes {
		c.Done()
	}
}

// takeAll empties the queue. A nil backlog has none.
func (b *backlog) takeAll() []queued {
	if b == nil {
		return nil
	}
	q := b.queue
	b.queue = nil
	return q
}

// wait returns when the goroutine has ended.
func (b *backlog) wait() {
	if b != nil {
		b.running.Wait()
	}
}

// queuedSize returns how many bytes the socket has not taken yet. The caller holds
// the lock.
func (s *Session) queuedSize() int {
	if b := s.writer.backlog; b != nil {
		return b.size
	}
	return 0
}

func releaseAll(list []queued) {
	for _, q := range list {
		q.release()
	}
}

// write sends data, whole and after all that was sent before. Small data are
// kept together until the flow is done with its batch; what the socket does not
// take waits in the queue. The caller holds the lock.
func (s *Session) write(data []byte, cause *flow.Cause, batcher flow.Batcher) {
	s.counters.messagesOut++
	w := &s.writer
	switch {
	case s.rare.writeErr != nil || len(data) == 0:
	case w.backlog != nil:
		s.enqueue(data, cause)
	case batcher == nil || len(data) >= directSize:
		s.writeBatch()
		if rest := s.writeNow(data); len(rest) > 0 {
			s.enqueue(rest, cause)
		}
	default:
		if w.batch == nil {
			w.batch = batches.Get().(*batch)
			batcher.AtEnd(s)
		}
		w.batch.add(data, cause)
		if len(w.batch.data) >= writeSize {
			s.writeBatch()
		}
	}
}

// Flush implements [flow.Flusher]: the flow is done with its batch.
func (s *Session) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeBatch()
}

func (b *batch) add(data []byte, cause *flow.Cause) {
	b.data = append(b.data, data...)
	if n := len(b.causes); n == 0 || b.causes[n-1] != cause {
		cause.Hold()
		b.causes = append(b.causes, cause)
	}
}

// writeBatch writes what was kept together. The caller holds the lock.
func (s *Session) writeBatch() {
	b := s.writer.batch
	if b == nil {
		return
	}
	s.writer.batch = nil
	all := queued{b.data, b.causes}
	if all.data = s.writeNow(b.data); len(all.data) > 0 && s.rare.writeErr == nil {
		s.push(queued{bytes.Clone(all.data), slices.Clone(all.causes)})
	} else {
		all.release()
	}
	clear(b.causes)
	b.data, b.causes = b.data[:0], b.causes[:0]
	batches.Put(b)
}

// writeNow writes what the socket takes at once and returns the rest. The caller
// holds the lock, and no writer runs.
func (s *Session) writeNow(data []byte) (rest []byte) {
	if s.bounds.pacesWrites() {
		return data
	}
	n, err := s.socket.tryWrite(data)
	s.wrote(n)
	if err != nil {
		s.cannotWrite(err)
		return nil
	}
	return data[n:]
}

// enqueue puts a copy of data at the end of the queue and holds their cause. The
// caller holds the lock.
func (s *Session) enqueue(data []byte, cause *flow.Cause) {
	if b := s.writer.backlog; b != nil && b.extend(data, cause) {
		return
	}
	cause.Hold()
	s.push(queued{bytes.Clone(data), []*flow.Cause{cause}})
}

// extend adds data to the last that are queued, if these have the same cause.
func (b *backlog) extend(data []byte, cause *flow.Cause) bool {
	if len(b.queue) == 0 {
		return false
	}
	last := &b.queue[len(b.queue)-1]
	if len(last.data) >= writeSize || !slices.Contains(last.causes, cause) {
		return false
	}
	b.size += len(data)
	last.data = append(last.data, data...)
	return true
}

// push puts data at the end of the queue. The caller holds the lock.
func (s *Session) push(q queued) {
	if s.writer.backlog == nil {
		s.writer.backlog = &backlog{}
		if s.state != Connecting {
			s.startWriter()
		}
	}
	b := s.writer.backlog
	b.size += len(q.data)
	b.queue = append(b.queue, q)
}

// startWriter has the backlog written. The caller holds the lock.
func (s *Session) startWriter() {
	s.writer.backlog.running.Add(1)
	go s.drain(s.writer.backlog)
}

// drain writes until the queue is empty. If the session is to be closed by
// then, it ends our side.
func (s *Session) drain(b *backlog) {
	defer b.running.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(b.queue) > 0 {
		batch := b.takeAll()
		s.mu.Unlock()
		for len(batch) > 0 && s.writeOut(b, batch[0].data) {
			batch[0].release()
			batch = batch[1:]
		}
		releaseAll(batch)
		s.mu.Lock()
	}
	if s.state == Disconnecting { // nothing is queued any more
		s.mu.Unlock()
		s.closeWrite()
		s.mu.Lock()
	}
	s.writer.backlog = nil
}

// closeAfterBacklog ends our side of the connection when all is written. The caller
// holds the lock.
func (s *Session) closeAfterBacklog() {
	_, secure := s.conn.(*sockets.Secure)
	switch {
	case s.writer.backlog != nil: // the writer does so at its end
	case secure: // it may have to wait for the peer
		s.writer.backlog = &backlog{}
		s.startWriter()
	default:
		s.closeWrite()
	}
}

// closeWrite ends our side of the connection.
func (s *Session) closeWrite() {
	if c, ok := s.conn.(sockets.CloseWriter); ok {
		_ = c.CloseWrite()
	}
}

// writeOut writes data as fast as the peer takes them. It is false if the
// connection is broken.
func (s *Session) writeOut(b *backlog, data []byte) bool {
	for len(data) > 0 {
		n, err := s.conn.Write(data[:min(len(data), s.bounds.mayWrite())])
		s.mu.Lock()
		s.wrote(n)
		b.size -= n
		if err != nil && s.rare.writeErr == nil {
			s.cannotWrite(err)
		}
		broken := s.rare.writeErr != nil
		s.mu.Unlock()
		if broken {
			return false
		}
		data = data[n:]
		s.hasWritten(n)
	}
	return true
}

// wrote counts what the socket took. The caller holds the lock.
func (s *Session) wrote(n int) {
	if n == 0 {
		return
	}
	s.counters.bytesOut += uint64(n)
	s.lastWrite = s.store.age()
	if s.idle != nil || s.rare.sendIdle != nil {
		now := s.store.clock.Now()
		s.idle.touch(now)
		s.rare.sendIdle.touch(now)
	}
}

// cannotWrite takes note that the connection is broken. The reader learns of it
// too, and ends the session, also one that is paused, or waits for the end of our
// side. The caller holds the lock.
func (s *Session) cannotWrite(err error) {
	s.own().writeErr = err
	s.resume()
	s.endSide()
}
