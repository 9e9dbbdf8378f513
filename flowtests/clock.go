package flowtests

import (
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// clock is the time of one test's flow: the machine's, and what was skipped of
// it while nothing went on. It implements [flow.Clock].
type clock struct {
	mu      sync.Mutex
	skipped time.Duration
	alarms  map[*alarm]struct{} // that are set
}

// alarm is a call that waits for its time. The clock's mu guards due; the timer
// is the machine's, for a clock that is not wound.
type alarm struct {
	clock *clock
	due   time.Time
	timer *time.Timer
	f     func()
}

func newClock() *clock { return &clock{alarms: map[*alarm]struct{}{}} }

// Now implements [flow.Clock].
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *clock) now() time.Time { return time.Now().Add(c.skipped) }

// AfterFunc implements [flow.Clock].
func (c *clock) AfterFunc(d time.Duration, f func()) flow.Alarm { return c.after(d, f) }

func (c *clock) after(d time.Duration, f func()) *alarm {
	a := &alarm{clock: c, f: f}
	a.Reset(d)
	return a
}

// Reset implements [flow.Alarm].
func (a *alarm) Reset(d time.Duration) (wasSet bool) {
	c := a.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	_, wasSet = c.alarms[a]
	c.alarms[a] = struct{}{}
	a.due = c.now().Add(d)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.ring)
	} else {
		a.timer.Reset(d)
	}
	return wasSet
}

// Stop implements [flow.Alarm].
func (a *alarm) Stop() (wasSet bool) {
	c := a.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	_, wasSet = c.alarms[a]
	delete(c.alarms, a)
	a.timer.Stop()
	return wasSet
}

// ring calls f if the alarm is due, and has not been called for that already.
func (a *alarm) ring() {
	c := a.clock
	c.mu.Lock()
	_, isSet := c.alarms[a]
	due := isSet && !a.due.After(c.now())
	if due {
		delete(c.alarms, a)
	}
	c.mu.Unlock()
	if due {
		a.f()
	}
}

// first returns the alarm that is due first, nil if none is set.
func (c *clock) first() *alarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *alarm
	for a := range c.alarms {
		if first == nil || a.due.Before(first.due) {
			first = a
		}
	}
	return first
}

// skipTo skips the time until an alarm is due, and rings it.
func (c *clock) skipTo(a *alarm) {
	c.mu.Lock()
	if d := a.due.Sub(c.now()); d > 0 {
		c.skipped += d
		for other := range c.alarms {
			other.timer.Reset(other.due.Sub(c.now()))
		}
	}
	c.mu.Unlock()
	a.ring()
}
