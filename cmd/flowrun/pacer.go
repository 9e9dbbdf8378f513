package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// heapFloor is how many bytes the heap may have before the garbage collector
	// starts a cycle. With the 4 MB of Go a cycle is due every few hundred messages of
	// a flow with a function, and each shrinks the stacks that the next messages make
	// grow again.
	heapFloor = 16 << 20
	// usualPercent is the collector's usual setting: how much may be allocated until
	// the next cycle, in percent of what is in use. With floorPercent, Go's own floor is
	// heapFloor.
	usualPercent = 100
	floorPercent = usualPercent * heapFloor / (4 << 20)
)

// pacer has the garbage collector start no cycle before the heap has heapFloor bytes,
// and otherwise when it has doubled, as usual. Go has no setting for that, so the one
// that it has (GOGC) is worked out anew after each cycle.
type pacer struct {
	mu      sync.Mutex
	percent int
	stopped bool
}

// paceCollector starts a pacer. If there is a GOGC in the environment it does nothing:
// who sets that knows better.
func paceCollector() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	p := &pacer{percent: floorPercent}
	before := debug.SetGCPercent(p.percent)
	p.afterCycle()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stopped = true
		debug.SetGCPercent(before)
	}
}

// afterCycle has adjust run when the collector has gone through a cycle: it finds then
// that nothing refers to the object.
func (p *pacer) afterCycle() {
	type unreferenced struct{ p *pacer }
	runtime.SetFinalizer(&unreferenced{p}, func(u *unreferenced) { u.p.adjust() })
}

func (p *pacer) adjust() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(m)
	if percent := percentFor(m[0].Value.Uint64(), m[1].Value.Uint64()+m[2].Value.Uint64()); percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
	p.afterCycle()
}

// percentFor returns the setting with so many bytes in use on the heap, and so many
// others that the collector goes through: Go allows that percentage of both until the next
// cycle. It goes by steps, for to change it stops everything for a moment.
func percentFor(live, others uint64) int {
	const step = 10
	if live >= heapFloor {
		return usualPercent
	}
	percent := (heapFloor - live) * 100 / max(live+others, 1)
	return int(min(max(percent/step*step, usualPercent), floorPercent))
}
