package flow

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the time that nodes go by. It is the machine's, unless somebody tests
// flows and does not want to wait (package flowtests).
type Clock interface {
	Now() time.Time
	// At calls f, which must not block, when the time t has come. Calls come one
	// after the other, in the order of their times and those of the same time in
	// the order in which they were set, as the timers of Node.js do.
	At(t time.Time, f func()) Alarm
}

// Alarm is a call that waits for its time.
type Alarm interface {
	// Reset has f called at t, also if it was called before.
	Reset(t time.Time)
	// Stop takes the call back. It may be under way all the same.
	Stop()
}

// After calls f when d has passed; see [Clock].
func After(c Clock, d time.Duration, f func()) Alarm { return c.At(c.Now().Add(d), f) }

// SystemClock is the time of the machine, and can be put forward. The zero value
// is ready.
type SystemClock struct {
	skipped atomic.Int64 // nanoseconds

	mu      sync.Mutex
	alarms  schedule
	set     uint64      // how many alarms were set so far
	timer   *time.Timer // goes off when the first of alarms is due; nil until there is one
	ringing bool        // a goroutine makes the calls that are due
}

// SystemAlarm is an alarm of a [SystemClock].
type SystemAlarm struct {
	clock *SystemClock
	f     func()

	// The clock's mu guards the fields below.
	due    time.Time
	number uint64 // orders alarms that are due at the same time
	index  int    // in the clock's alarms, -1 if it is not set
}

// Now implements [Clock].
func (c *SystemClock) Now() time.Time { return time.Now().Add(time.Duration(c.skipped.Load())) }

// At implements [Clock].
func (c *SystemClock) At(t time.Time, f func()) Alarm {
	a := &SystemAlarm{clock: c, f: f, index: -1}
	a.Reset(t)
	return a
}

// Next returns the alarm that is due first, nil if none is set.
func (c *SystemClock) Next() *SystemAlarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.alarms) == 0 {
		return nil
	}
	return c.alarms[0]
}

// SkipTo puts the clock forward to when an alarm is due.
func (c *SystemClock) SkipTo(a *SystemAlarm) {
	c.mu.Lock()
	if d := a.due.Sub(c.Now()); d > 0 {
		c.skipped.Add(int64(d))
	}
	c.mu.Unlock()
	c.ring()
}

// ring makes the calls that are due.
func (c *SystemClock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ringing {
		return // who is at it goes on until nothing is due
	}
	c.ringing = true
	for len(c.alarms) > 0 && !c.alarms[0].due.After(c.Now()) {
		f := heap.Pop(&c.alarms).(*SystemAlarm).f
		c.mu.Unlock()
		f()
		c.mu.Lock()
	}
	c.ringing = false
	c.arm()
}

// arm sets the timer for the first alarm. The caller holds mu.
func (c *SystemClock) arm() {
	switch {
	case len(c.alarms) == 0 || c.ringing:
	case c.timer == nil:
		c.timer = time.AfterFunc(c.alarms[0].due.Sub(c.Now()), c.ring)
	default:
		c.timer.Reset(c.alarms[0].due.Sub(c.Now()))
	}
}

// Reset implements [Alarm].
func (a *SystemAlarm) Reset(t time.Time) {
	c := a.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(a)
	c.set++
	a.due, a.number = t, c.set
	heap.Push(&c.alarms, a)
	if a.index == 0 {
		c.arm()
	}
}

// Stop implements [Alarm].
func (a *SystemAlarm) Stop() {
	a.clock.mu.Lock()
	defer a.clock.mu.Unlock()
	a.clock.remove(a)
}

// remove takes an alarm out of those that are set, if it is. The timer goes off
// for nothing if it was the first, unless it was the last one too.
func (c *SystemClock) remove(a *SystemAlarm) {
	if a.index < 0 {
		return
	}
	heap.Remove(&c.alarms, a.index)
	if len(c.alarms) == 0 {
		c.timer.Stop()
	}
}

// schedule is a heap of alarms, the next one first.
type schedule []*SystemAlarm

func (s schedule) Len() int { return len(s) }

func (s schedule) Less(i, j int) bool {
	if s[i].due.Equal(s[j].due) {
		return s[i].number < s[j].number
	}
	return s[i].due.Before(s[j].due)
}

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements [heap.Interface].
func (s *schedule) Push(a any) {
	alarm := a.(*SystemAlarm)
	alarm.index = len(*s)
	*s = append(*s, alarm)
}

// Pop implements [heap.Interface].
func (s *schedule) Pop() any {
	last := len(*s) - 1
	alarm := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	alarm.index = -1
	return alarm
}
