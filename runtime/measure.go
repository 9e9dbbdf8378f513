package runtime

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Reading the clock takes about as long as the engine needs for a delivery, so
// what happens often is measured now and then: the first measured times of a
// node or flow all, then one in sampled, which counts for as many.
const (
	measured = 256
	sampled  = 16
)

// weight returns how much the nth time counts; 0 if it is not measured.
func weight(n uint64) uint64 {
	switch {
	case n <= measured:
		return 1
	case n%sampled == 0:
		return sampled
	}
	return 0
}

// now is the time on the runtime's clock.
func (r *Runtime) now() time.Duration { return time.Since(r.epoch) }

// stopwatch measures one call of a node.
type stopwatch struct {
	weight uint64
	began  time.Duration
}

func (p *place) startClock() stopwatch {
	p.runs++
	w := weight(p.runs)
	if w == 0 {
		return stopwatch{}
	}
	return stopwatch{w, p.loop.rt.now()}
}

func (p *place) stopClock(s stopwatch) {
	if s.weight > 0 {
		p.stats.busy.Add(int64(s.weight) * int64(p.loop.rt.now()-s.began))
	}
}

// LatencyBounds are the upper bounds of the classes in a [Latency].
func LatencyBounds() []time.Duration { return slices.Clone(latencyBounds[:]) }

var latencyBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 10 * time.Second,
}

// Latency is how long a flow took with what came in: from when it was put into
// the flow's inbox until all that came of it was done, in this flow and others.
type Latency struct {
	Flow   string   // id of the tab; empty for nodes outside of all
	Counts []uint64 // by class of LatencyBounds, and one more for what took longer
	Sum    time.Duration
}

// Latencies returns the latency of all flows that run, in no order. Of a flow
// (and, for [NodeStatus].Busy, of a node) the first 256 times are measured, and
// then one in 16, which counts 16 times.
func (r *Runtime) Latencies() []Latency {
	var list []Latency
	for _, l := range r.runningLoops() {
		one := Latency{Flow: l.flowID, Counts: make([]uint64, len(l.latency.counts)), Sum: time.Duration(l.latency.sum.Load())}
		for i := range l.latency.counts {
			one.Counts[i] = l.latency.counts[i].Load()
		}
		list = append(list, one)
	}
	return list
}

// latency is a histogram that causes write and Latencies reads.
type latency struct {
	counts [len(latencyBounds) + 1]atomic.Uint64
	sum    atomic.Int64 // nanoseconds
}

func (l *latency) observe(took time.Duration, weight uint64) {
	class, _ := slices.BinarySearch(latencyBounds[:], took)
	l.counts[class].Add(weight)
	l.sum.Add(int64(weight) * int64(took))
}

// cameIn counts a cause that has come into the flow, and returns whom it tells of
// its end.
func (l *loop) cameIn() flow.Releaser {
	open := l.rt.causes.add()
	w := weight(l.causes.Add(1))
	if w == 0 {
		return open
	}
	return &journey{loop: l, open: open, weight: w, began: l.rt.now()}
}

// journey is a cause that is measured.
type journey struct {
	loop   *loop
	open   *generation
	weight uint64
	began  time.Duration
}

// Release implements [flow.Releaser]: the cause has ended.
func (j *journey) Release() {
	j.loop.latency.observe(j.loop.rt.now()-j.began, j.weight)
	j.open.Release()
}
