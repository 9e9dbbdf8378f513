package conformance

import (
	"context"
	"sync"
	"time"
)

// board is where the driver's goroutines note what they saw, and wait for it.
type board struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
}

func newBoard() *board { return &board{changed: make(chan struct{})} }

// update runs fn under the lock and wakes everybody who waits.
func (b *board) update(fn func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn()
	close(b.changed)
	b.changed = make(chan struct{})
}

// peek runs fn, which changes nothing, under the lock.
func (b *board) peek(fn func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn()
}

// wait waits until done, which is called under the lock, returns true. It
// returns false when that takes longer than d or ctx ends.
func (b *board) wait(ctx context.Context, d time.Duration, done func() bool) bool {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		var ok bool
		var changed chan struct{}
		b.peek(func() { ok, changed = done(), b.changed })
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-timeout.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
