package bench

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pacerStep is how long the pacer sleeps between two looks at the clock.
const pacerStep = 100 * time.Microsecond

// schedule says when requests are due: evenly, Rate of them a second.
type schedule struct{ rate float64 }

// due returns how many requests are due when elapsed has passed.
func (s schedule) due(elapsed time.Duration) int {
	return int(elapsed.Seconds() * s.rate)
}

// RunPaced sends load.Messages requests at a rate a second, whether or not
// answers have come, in turn over the connections. The latency of a request
// counts from right before its write. It is what a client sees that does not
// wait for others, where Run tells what a server reaches at most.
func (c *Clients) RunPaced(load Load, rate float64) (Result, error) {
	talks := make([]*paced, len(c.conns))
	requests := load.Messages / len(c.conns)
	for i, conn := range c.conns {
		talks[i] = &paced{talk: newTalk(conn, i, load), sent: make([]atomic.Int64, requests)}
	}
	errs := make([]error, len(c.conns)+1)
	start := time.Now()
	var group sync.WaitGroup
	for i, t := range talks {
		group.Go(func() { errs[i] = t.receiveAll(start) })
	}
	group.Go(func() { errs[len(talks)] = pace(talks, requests, schedule{rate}, start) })
	group.Wait()
	latencies := make([][]time.Duration, len(talks))
	for i, t := range talks {
		latencies[i] = t.latencies
	}
	return newResult(start, latencies), errors.Join(errs...)
}

// paced is a connection whose requests the pacer writes.
type paced struct {
	*talk
	sent []atomic.Int64 // when each request was written, nanoseconds since the start
}

func (p *paced) receiveAll(start time.Time) error {
	p.latencies = make([]time.Duration, 0, len(p.sent))
	for i := range p.sent {
		if err := p.receive(i); err != nil {
			return err
		}
		p.latencies = append(p.latencies, time.Since(start)-time.Duration(p.sent[i].Load()))
	}
	return nil
}

// pace writes all requests when they are due. It has a thread of its own, so
// that it does not wait for a processor behind the goroutines that receive.
func pace(talks []*paced, requests int, s schedule, start time.Time) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	total := requests * len(talks)
	for sent := 0; sent < total; pause(pacerStep) {
		for due := min(s.due(time.Since(start)), total); sent < due; sent++ {
			t, i := talks[sent%len(talks)], sent/len(talks)
			setSequence(t.request, i)
			t.sent[i].Store(int64(time.Since(start)))
			if _, err := t.conn.Write(t.request); err != nil {
				return err
			}
		}
	}
	return nil
}
