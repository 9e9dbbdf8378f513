package flow_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// calls notes what a clock's alarms say.
type calls struct {
	mu   sync.Mutex
	made []string
}

func (c *calls) call(name string) func() {
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.made = append(c.made, name)
	}
}

func (c *calls) expect(t *testing.T, names ...string) {
	t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.made, names) {
		t.Errorf("called %q, want %q", c.made, names)
	}
	c.made = nil
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, c, start := new(flow.SystemClock), &calls{}, time.Now()
		at := func(ms int, f func()) flow.Alarm { return clock.At(start.Add(time.Duration(ms)*time.Millisecond), f) }
		pass := func(d time.Duration) { time.Sleep(d) } // the bubble sleeps
		at(20, c.call("second"))
		at(20, c.call("third"))
		first := at(30, c.call("first"))
		at(5, c.call("never")).Stop()
		first.Reset(start.Add(10 * time.Millisecond))
		pass(9 * time.Millisecond)
		c.expect(t)
		pass(time.Second)
		c.expect(t, "first", "second", "third")

		// What is late comes at once, and what a call sets is in order too.
		at(30, func() {
			c.call("one")()
			at(20, c.call("two"))
			first.Reset(start)
		})
		at(31, c.call("three")).Stop()
		c.expect(t, "one", "first", "two")

		hour := time.Now().Add(time.Hour)
		clock.At(hour.Add(time.Nanosecond), c.call("after it"))
		clock.At(hour, c.call("in an hour"))
		clock.SkipTo(clock.Next())
		if now := clock.Now(); !now.Equal(hour) {
			t.Errorf("it is %v, want %v", now, hour)
		}
		c.expect(t, "in an hour")
		pass(time.Nanosecond)
		c.expect(t, "after it")
		if clock.Next() != nil {
			t.Error("no alarm is set")
		}
	})
}

// Calls do not meet, also if several want to ring at the same time.
func TestClockInOrder(t *testing.T) {
	clock, start := new(flow.SystemClock), time.Now()
	const n = 2000
	var got []int // not guarded: calls come one after the other
	done := make(chan struct{})
	var skipping sync.WaitGroup
	for i := range n {
		clock.At(start.Add(50*time.Millisecond+time.Duration(i/2)), func() {
			if got = append(got, i); len(got) == n {
				close(done)
			}
		})
	}
	for range 4 {
		skipping.Go(func() {
			if next := clock.Next(); next != nil {
				clock.SkipTo(next)
			}
		})
	}
	skipping.Wait()
	<-done
	if !slices.IsSorted(got) {
		t.Errorf("calls in the order %v", got)
	}
}
