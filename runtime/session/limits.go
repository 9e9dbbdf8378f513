package session

import (
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/timers"
)

// Limits are the properties of a node that keep each of its connections within
// bounds. Embed them in the node's configuration. The zero Limits are none.
type Limits struct {
	FirstByte flow.Value `json:"firstByteTimeout" doc:"milliseconds in which the peer must say something, or the connection is closed; 0 is any time"`
	Lifetime  flow.Value `json:"maxConnectionTime" doc:"milliseconds after which a connection is closed, also a busy one; 0 is never"`
	ReadRate  float64    `json:"readRate" doc:"bytes a second that are read from a connection; TCP slows the peer down to that; 0 is any number"`
	WriteRate float64    `json:"writeRate" doc:"bytes a second that are written to a connection; more wait in its queue; 0 is any number"`
}

// Check returns a *[flow.ConfigError] if a property makes no sense.
func (l Limits) Check() error {
	for _, p := range []struct {
		name string
		rate float64
	}{{"readRate", l.ReadRate}, {"writeRate", l.WriteRate}} {
		if p.rate < 0 {
			return &flow.ConfigError{Property: p.name, Reason: "must not be negative"}
		}
	}
	return nil
}

// bounds is what keeps a session within its limits. A nil bounds does not.
type bounds struct {
	reads, writes pacer
	timers        []flow.Alarm
	why           *sockets.Error // the session was closed; its lock guards it
}

// bind starts to keep a session within its limits.
func (s *Session) bind() {
	l := s.opts.Limits
	first, life := sockets.Milliseconds(l.FirstByte), sockets.Milliseconds(l.Lifetime)
	if first == 0 && life == 0 && l.ReadRate == 0 && l.WriteRate == 0 {
		return
	}
	b := &bounds{reads: pacer{rate: l.ReadRate}, writes: pacer{rate: l.WriteRate}}
	s.bounds = b
	clock := s.store.clock
	now := clock.Now()
	if first > 0 {
		b.timers = append(b.timers, clock.At(now.Add(first), func() {
			s.expire("First byte timeout", func() bool { return s.lastChunk == 0 })
		}))
	}
	if life > 0 {
		b.timers = append(b.timers, clock.At(now.Add(life), func() {
			s.expire("Maximum connection time", func() bool { return true })
		}))
	}
}

// expire closes the session, if it is due, which is asked with the lock held.
func (s *Session) expire(text string, due func() bool) {
	s.mu.Lock()
	expired := s.state != Closed && !s.destroyed.Load() && due()
	if expired {
		s.bounds.why = &sockets.Error{Code: timeoutCode, Text: text}
	}
	s.mu.Unlock()
	if expired {
		s.Destroy()
	}
}

// release ends the timers, and returns why the session was closed, nil if that
// was not for its limits.
func (b *bounds) release() *sockets.Error {
	if b == nil {
		return nil
	}
	for _, t := range b.timers {
		t.Stop()
	}
	return b.why
}

// pacesWrites tells whether only the writer may write, at its pace.
func (b *bounds) pacesWrites() bool { return b != nil && b.writes.rate > 0 }

// mayWrite returns how many bytes are to be written at once: with a pace, what
// fits into a tenth of a second.
func (b *bounds) mayWrite() int {
	if !b.pacesWrites() {
		return writeSize
	}
	return min(max(int(b.writes.rate/10), 1), writeSize)
}

// hasRead and hasWritten wait until more bytes may be read or written.
func (s *Session) hasRead(n int) {
	if s.bounds != nil {
		s.pause(s.bounds.reads.after(n, s.store.clock.Now()))
	}
}

func (s *Session) hasWritten(n int) {
	if s.bounds != nil {
		s.pause(s.bounds.writes.after(n, s.store.clock.Now()))
	}
}

// pause waits, or until the session is closed at once.
func (s *Session) pause(d time.Duration) { timers.Sleep(s.store.clock, d, s.quitting()) }

// pacer spreads bytes over time.
type pacer struct {
	rate float64 // bytes a second; 0: any number
	next time.Time
}

// after takes note of n bytes, and returns how long the next ones have to wait.
func (p *pacer) after(n int, now time.Time) time.Duration {
	if p.rate == 0 || n == 0 {
		return 0
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
	return p.next.Sub(now)
}
