package runtime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// gauge counts causes that have not ended, so that somebody can wait for those
// there are while others keep coming in.
type gauge struct {
	current atomic.Pointer[generation] // new causes belong to it

	mu    sync.Mutex
	older []*generation // that may have causes
}

// generation is the causes that came in between two waits.
type generation struct {
	count atomic.Int64
	mu    sync.Mutex
	idle  chan struct{} // closed when the count is 0; nil if nobody waits
}

func newGauge() *gauge {
	g := &gauge{}
	g.current.Store(&generation{})
	return g
}

// add counts a cause. What it returns is to be released when the cause has ended.
func (g *gauge) add() *generation {
	for {
		now := g.current.Load()
		now.count.Add(1)
		if g.current.Load() == now {
			return now
		}
		now.Release() // somebody waits for it, but not for this cause
	}
}

// wait waits until all causes that are open now have ended, or the context does.
func (g *gauge) wait(ctx context.Context) error {
	g.mu.Lock()
	g.older = append(g.older, g.current.Swap(&generation{}))
	g.older = slices.DeleteFunc(g.older, func(o *generation) bool { return o.count.Load() <= 0 })
	open := slices.Clone(g.older)
	g.mu.Unlock()
	for _, o := range open {
		if err := o.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// quiet waits until no cause is open, or the context ends.
func (g *gauge) quiet(ctx context.Context) error {
	for !g.isQuiet() {
		if err := g.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (g *gauge) isQuiet() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	isOpen := func(o *generation) bool { return o.count.Load() > 0 }
	return !isOpen(g.current.Load()) && !slices.ContainsFunc(g.older, isOpen)
}

// Release implements [flow.Releaser]: one cause has ended.
func (o *generation) Release() {
	if o.count.Add(-1) > 0 {
		return
	}
	o.mu.Lock()
	if o.idle != nil && o.count.Load() <= 0 {
		close(o.idle)
		o.idle = nil
	}
	o.mu.Unlock()
}

func (o *generation) wait(ctx context.Context) error {
	o.mu.Lock()
	if o.count.Load() <= 0 {
		o.mu.Unlock()
		return nil
	}
	if o.idle == nil {
		o.idle = make(chan struct{})
	}
	idle := o.idle
	o.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d messages from outside are still under way: %w", o.count.Load(), ctx.Err())
	}
}
