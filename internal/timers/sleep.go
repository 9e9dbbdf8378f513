package timers

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Sleep lets d pass on a clock. It is false if done was closed before. It is for
// goroutines of their own: nodes wait with [Group.After].
func Sleep(clock flow.Clock, d time.Duration, done <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	over := make(chan struct{})
	alarm := flow.After(clock, d, func() { close(over) })
	defer alarm.Stop()
	select {
	case <-over:
		return true
	case <-done:
		return false
	}
}
