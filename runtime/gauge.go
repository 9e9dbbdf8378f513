package runtime

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// gauge counts causes that have not ended.
type gauge struct {
	mu    sync.Mutex
	count atomic.Int64
	idle  chan struct{} // closed when the count is 0; nil if nobody waits
}

func (g *gauge) add() { g.count.Add(1) }

// Release implements flow.Releaser: one cause has ended.
func (g *gauge) Release() {
	if g.count.Add(-1) > 0 {
		return
	}
	g.mu.Lock()
	if g.idle != nil && g.count.Load() <= 0 {
		close(g.idle)
		g.idle = nil
	}
	g.mu.Unlock()
}

// wait waits until no cause is open, or the context ends.
func (g *gauge) wait(ctx context.Context) error {
	g.mu.Lock()
	if g.count.Load() <= 0 {
		g.mu.Unlock()
		return nil
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d messages from outside are still under way: %w", g.count.Load(), ctx.Err())
	}
}
