package session

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func TestIdleTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		var mu sync.Mutex
		timer := idleTimer{clock: new(flow.SystemClock)}
		timer.expire = func() {
			mu.Lock()
			defer mu.Unlock()
			if timer.expired() {
				at = append(at, time.Since(start))
			}
		}
		pass := func(d time.Duration) {
			mu.Unlock()
			time.Sleep(d) // the bubble sleeps
			synctest.Wait()
			mu.Lock()
		}
		mu.Lock()
		defer mu.Unlock()
		timer.set(time.Second)
		for range 5 { // something happens all the time
			pass(900 * time.Millisecond)
			timer.touch(time.Now())
		}
		pass(10 * time.Second) // 5.5 s: once
		timer.touch(time.Now())
		pass(10 * time.Second) // 15.5 s
		timer.set(2 * time.Second)
		pass(time.Second)
		timer.set(2 * time.Second) // counts from now
		pass(10 * time.Second)     // 27.5 s
		timer.touch(time.Now())
		timer.set(0)
		pass(10 * time.Second)

		want := []time.Duration{5500 * time.Millisecond, 15500 * time.Millisecond, 27500 * time.Millisecond}
		if len(at) != len(want) {
			t.Fatalf("it expired at %v, want %v", at, want)
		}
		for i := range at {
			if at[i] != want[i] {
				t.Errorf("it expired at %v, want %v", at, want)
			}
		}
	})
}
