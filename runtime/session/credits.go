package session

import (
	"sync/atomic"
	"time"
)

// credits bound how many chunks of a session may be on their way through the
// flows. One goroutine takes them, any may give them back.
type credits struct {
	left  atomic.Int32  // -1: the taker waits
	freed chan struct{} // what it waits for; made when it first has to
}

func (c *credits) init(n int) { c.left.Store(int32(n)) }

// take takes a credit. If there is none it waits until one comes back. It is
// false, and the credits are of no use any more, if one of the other two
// channels ended the wait.
func (c *credits) take(quit func() <-chan struct{}, patience <-chan time.Time) bool {
	if c.freed == nil && c.left.Load() <= 0 {
		c.freed = make(chan struct{}, 1)
	}
	if c.left.Add(-1) >= 0 {
		return true
	}
	select {
	case <-c.freed:
		return true
	case <-quit():
	case <-patience:
	}
	return false
}

// spare returns how many credits the taker could take without waiting.
func (c *credits) spare() int { return max(0, int(c.left.Load())) }

// give gives a credit back.
func (c *credits) give() {
	if c.left.Add(1) <= 0 {
		c.freed <- struct{}{} // does not block: there is one taker
	}
}
