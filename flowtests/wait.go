package flowtests

import (
	"context"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// The times that nothing must happen before the clock skips what follows.
const (
	// briefly is enough where no bytes are on their way: what nodes do else
	// counts as under way.
	briefly = 2 * time.Millisecond
	// patience is for a step that waits for something while sockets are open:
	// what it waits for may be late, and a timeout of the flow must not come
	// before it.
	patience = time.Second
	// lastly is how long such a step waits when no timer is left that might
	// bring it.
	lastly = 30 * time.Second
)

const forever = 1<<63 - 1

// pass lets a time of the flow pass, or until done, which is called under the
// board's lock, is true. It takes as long as the flow has something to do.
func (r *run) pass(ctx context.Context, d time.Duration, done func() bool) bool {
	return r.wait(ctx, d, settle, 0, done)
}

// await waits until done, which is called under the board's lock, is true, for a
// time of the flow at most. Where nothing goes on it does not wait for timers.
func (r *run) await(ctx context.Context, d time.Duration, done func() bool) bool {
	return r.wait(ctx, d, patience, lastly, done)
}

// wait waits for done, at most for d. While nothing happens it skips the time
// until the next timer of the flow; bytes that may be on their way have the time
// calm to arrive before that. If d ends before the next timer is due it skips
// that too, after the time last without anything.
func (r *run) wait(ctx context.Context, d, calm, last time.Duration, done func() bool) bool {
	ctx, cancel := context.WithCancel(ctx)
	var skipping sync.WaitGroup
	defer skipping.Wait()
	defer cancel()
	end := flow.After(r.clock, d, cancel)
	defer end.Stop()
	over := false // under the board's lock: done may take what it has found
	isOver := func() bool {
		over = over || done()
		return over
	}
	if !r.test.Setup.RealTime {
		skipping.Go(func() { r.skip(ctx, end, calm, last, isOver) })
	}
	return r.board.Wait(ctx, forever, isOver)
}

// skip looks itself whether the wait is over: who waits may be slow to wake up, and no
// timer must go off meanwhile.
func (r *run) skip(ctx context.Context, end flow.Alarm, calm, last time.Duration, isOver func() bool) {
	for ctx.Err() == nil {
		next, need := r.clock.Next(), briefly
		if r.hasSockets() {
			need = calm
		}
		if next == end {
			need = max(need, last)
		}
		isCalm, over := r.board.calm(ctx, r.rt, need), false
		r.board.Look(func() { over = isOver() })
		if over {
			return
		}
		if isCalm && next != nil && r.clock.Next() == next {
			r.clock.SkipTo(next)
		}
	}
}

// hasSockets tells whether bytes may be on their way outside of the flow.
func (r *run) hasSockets() bool {
	return len(r.peers.byName)+len(r.peers.servers)+len(r.site.byName)+len(r.sessions.Snapshot()) > 0
}
