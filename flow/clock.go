package flow

import "time"

// Clock is the time that nodes go by. It is the machine's, unless somebody tests
// flows and does not want to wait (package flowtests).
type Clock interface {
	Now() time.Time
	// AfterFunc calls f, which must not block, when d has passed.
	AfterFunc(d time.Duration, f func()) Alarm
}

// Alarm is a call that waits for its time, as a [time.Timer] of
// [time.AfterFunc] is.
type Alarm interface {
	Reset(d time.Duration) bool
	Stop() bool
}

// SystemClock is the time of the machine.
type SystemClock struct{}

// Now implements [Clock].
func (SystemClock) Now() time.Time { return time.Now() }

// AfterFunc implements [Clock].
func (SystemClock) AfterFunc(d time.Duration, f func()) Alarm { return time.AfterFunc(d, f) }

// Time returns the clock that the node goes by.
func (e Env) Time() Clock {
	if e.Clock == nil {
		return SystemClock{}
	}
	return e.Clock
}
