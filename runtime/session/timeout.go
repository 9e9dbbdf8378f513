package session

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

// idleTimer tells when nothing has happened for a while. While things happen
// it costs no more than to keep the time of the last: the timer is set anew
// only when it goes off. The session's lock guards all of it. A nil idleTimer is
// one that is off.
type idleTimer struct {
	clock  flow.Clock
	after  time.Duration // 0: off
	last   time.Time     // when something happened
	timer  flow.Alarm    // nil until it is needed
	asleep bool          // it has gone off; it is set again when something happens
	expire func()        // called by the timer, without the lock; calls expired
}

// set changes the time that may pass, from now on; 0 switches the timer off.
func (t *idleTimer) set(after time.Duration) {
	switch {
	case t == nil:
		return
	case after <= 0:
		t.after = 0
		if t.timer != nil {
			t.timer.Stop()
		}
		return
	}
	changed := after != t.after
	t.after, t.last = after, t.clock.Now()
	switch {
	case t.timer == nil:
		t.timer = t.clock.At(t.last.Add(after), t.expire)
	case changed || t.asleep:
		t.timer.Reset(t.last.Add(after))
	}
	t.asleep = false
}

// touch says that something has happened.
func (t *idleTimer) touch(now time.Time) {
	if t == nil || t.after == 0 {
		return
	}
	t.last = now
	if t.asleep {
		t.asleep = false
		t.timer.Reset(now.Add(t.after))
	}
}

// expired is called when the timer has gone off. It tells whether the time has
// passed with nothing happening, once for each such time.
func (t *idleTimer) expired() bool {
	if t == nil || t.after == 0 || t.asleep {
		return false
	}
	if due := t.last.Add(t.after); due.After(t.clock.Now()) {
		t.timer.Reset(due)
		return false
	}
	t.asleep = true
	return true
}
