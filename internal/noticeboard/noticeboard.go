// Package noticeboard is where goroutines note what they saw, and wait for what
// others note.
package noticeboard

import (
	"context"
	"sync"
	"time"
)

// Board guards what the goroutines know together. The zero Board is ready to use.
type Board struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change; nil while nobody waits
}

// Update runs fn under the lock and wakes everybody who waits.
func (b *Board) Update(fn func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn()
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// Look runs fn, which changes nothing, under the lock.
func (b *Board) Look(fn func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn()
}

// Wait waits until done, which is called under the lock, is true. It is false if
// that takes longer than d or the context ends.
func (b *Board) Wait(ctx context.Context, d time.Duration, done func() bool) bool {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		ok, changed := b.look(done)
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

// look tells whether done is true, and else what is closed at the next change.
func (b *Board) look(done func() bool) (ok bool, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if done() {
		return true, nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return false, b.changed
}
