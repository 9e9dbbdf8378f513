package session

import (
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

const (
	// writeSize is how much is written at once by the writer, so that progress
	// is seen (inactivity timers) and small writes travel together.
	writeSize = 64 << 10
)

// writer is what a socket did not take at once. The session's lock guards it.
type writer struct {
	busy    bool // a goroutine writes; everything goes to the queue
	queue   []queued
	size    int            // bytes that the socket has not taken yet
	running sync.WaitGroup // the goroutine
	err     error          // the first error; nothing is written after it
}

// queued is data of one cause, which waits for them to be written.
type queued struct {
	data  []byte
	cause *flow.Cause
}

// takeAll empties the queue.
func (w *writer) takeAll() []queued {
	q := w.queue
	w.queue = nil
	return q
}

func releaseAll(list []queued) {
	for _, q := range list {
		q.cause.Done()
	}
}

// write sends data, or queues what the socket does not take. The caller holds
// the lock.
func (s *Session) write(data []byte, cause *flow.Cause) {
	s.counters.messagesOut++
	if s.writer.err != nil || len(data) == 0 {
		return
	}
	if !s.writer.busy {
		n, err := s.socket.tryWrite(data)
		s.wrote(n)
		if err != nil {
			s.writer.err = err // the reader learns of it too, and ends the session
			return
		}
		data = data[n:]
	}
	if len(data) > 0 {
		s.enqueue(data, cause)
	}
}

func (s *Session) enqueue(data []byte, cause *flow.Cause) {
	w := &s.writer
	w.size += len(data)
	if last := len(w.queue) - 1; last >= 0 && w.queue[last].cause == cause && len(w.queue[last].data) < writeSize {
		w.queue[last].data = append(w.queue[last].data, data...)
	} else {
		cause.Hold()
		w.queue = append(w.queue, queued{append([]byte(nil), data...), cause})
	}
	if !w.busy {
		w.busy = true
		w.running.Add(1)
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
			batch[0].cause.Done()
			batch = batch[1:]
		}
		releaseAll(batch)
	}
}

// writeOut writes data as fast as the peer takes them. It is false if the
// connection is broken.
func (s *Session) writeOut(data []byte) bool {
	for len(data) > 0 {
		n, err := s.conn.Write(data[:min(len(data), writeSize)])
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
	}
	return true
}

// wrote counts what the socket took. The caller holds the lock.
func (s *Session) wrote(n int) {
	if n == 0 {
		return
	}
	s.counters.bytesOut += uint64(n)
	if s.idle.after != 0 || s.sendIdle.after != 0 {
		now := time.Now()
		s.idle.touch(now)
		s.sendIdle.touch(now)
	}
}
