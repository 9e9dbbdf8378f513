package session

import (
	"bytes"
	"slices"
	"sync"

	"github.com/flowrun/flowrun/flow"
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
	batch   *batch // to be written when the flow is done with what it handles; may be nil
	batched bool   // the flow has been asked to call Flush

	busy    bool // a goroutine writes; everything goes to the queue
	queue   []queued
	size    int            // bytes of the queue that the socket has not taken yet
	running sync.WaitGroup // the goroutine
	err     error          // the first error; nothing is written after it
}

// batch is small data that go out together.
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

// takeAll empties the queue.
func (w *writer) takeAll() []queued {
	q := w.queue
	w.queue = nil
	return q
}

// unsentSize returns how many bytes wait for the successor. The caller holds the
// lock.
func (s *Session) unsentSize() int {
	n := 0
	for _, q := range s.rare.unsent {
		n += len(q.data)
	}
	return n
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
	case w.err != nil || len(data) == 0:
	case w.busy:
		s.enqueue(data, cause)
	case batcher == nil || len(data) >= directSize:
		s.writeBatch()
		if rest := s.writeNow(data); len(rest) > 0 {
			s.enqueue(rest, cause)
		}
	default:
		if w.batch == nil {
			w.batch = batches.Get().(*batch)
		}
		w.batch.add(data, cause)
		if !w.batched {
			w.batched = true
			batcher.AtEnd(s)
		}
		if len(w.batch.data) >= writeSize {
			s.writeBatch()
		}
	}
}

// Flush implements [flow.Flusher]: the flow is done with its batch.
func (s *Session) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer.batched = false
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
	if all.data = s.writeNow(b.data); len(all.data) > 0 && s.writer.err == nil {
		s.writer.push(queued{bytes.Clone(all.data), slices.Clone(all.causes)})
		s.startWriter()
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
		s.writer.err = err // the reader learns of it too, and ends the session
		return nil
	}
	return data[n:]
}

// enqueue puts a copy of data at the end of the queue and holds their cause. The
// caller holds the lock.
func (s *Session) enqueue(data []byte, cause *flow.Cause) {
	w := &s.writer
	if last := len(w.queue) - 1; last >= 0 && len(w.queue[last].data) < writeSize && slices.Contains(w.queue[last].causes, cause) {
		w.size += len(data)
		w.queue[last].data = append(w.queue[last].data, data...)
	} else {
		cause.Hold()
		w.push(queued{bytes.Clone(data), []*flow.Cause{cause}})
	}
	s.startWriter()
}

func (w *writer) push(q queued) {
	w.size += len(q.data)
	w.queue = append(w.queue, q)
}

// startWriter has the queue written, unless somebody does so already.
func (s *Session) startWriter() {
	if !s.writer.busy {
		s.writer.busy = true
		s.writer.running.Add(1)
		go s.drain()
	}
}

// drain writes until the queue is empty. If the session is to be closed by
// then, it ends our side.
func (s *Session) drain() {
	defer s.writer.running.Done()
	for {
		s.mu.Lock()
		batch := s.writer.takeAll()
		if len(batch) == 0 {
			s.writer.busy = false
			if s.state == Disconnecting {
				s.closeWrite()
			}
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for len(batch) > 0 && s.writeOut(batch[0].data) {
			batch[0].release()
			batch = batch[1:]
		}
		releaseAll(batch)
	}
}

// writeOut writes data as fast as the peer takes them. It is false if the
// connection is broken.
func (s *Session) writeOut(data []byte) bool {
	for len(data) > 0 {
		n, err := s.conn.Write(data[:min(len(data), s.bounds.mayWrite())])
		s.mu.Lock()
		s.wrote(n)
		s.writer.size -= n
		if err != nil && s.writer.err == nil {
			s.writer.err = err
		}
		broken := s.writer.err != nil
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
	if s.idle != nil || s.sendIdle != nil {
		now := s.store.clock.Now()
		s.idle.touch(now)
		s.sendIdle.touch(now)
	}
}
