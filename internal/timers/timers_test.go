package timers

import (
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// host keeps what is posted until the test runs it.
type host struct {
	flow.Host
	mu    sync.Mutex
	tasks []flow.Task
}

func (h *host) Post(_ *flow.Cause, t flow.Task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tasks = append(h.tasks, t)
}

func (h *host) run(t *testing.T) {
	t.Helper()
	for synctest.Wait(); ; synctest.Wait() {
		h.mu.Lock()
		tasks := h.tasks
		h.tasks = nil
		h.mu.Unlock()
		if len(tasks) == 0 {
			return
		}
		for _, task := range tasks {
			if err := task.Run(flow.Outlet{}); err != nil {
				t.Error(err)
			}
		}
	}
}

// pass lets the time pass; what is due is posted and not run.
func pass(d time.Duration) {
	time.Sleep(d) // the bubble sleeps
	synctest.Wait()
}

func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		g := NewGroup(flow.Env{Host: h, Clock: new(flow.SystemClock)})
		var ran []string
		after := func(d time.Duration, name string) *Timer {
			return g.After(d, func(flow.Outlet) error { ran = append(ran, name); return nil })
		}
		expect := func(names ...string) {
			t.Helper()
			h.run(t)
			if !slices.Equal(ran, names) {
				t.Errorf("ran %q, want %q", ran, names)
			}
		}
		second := after(2*time.Second, "second")
		after(time.Second, "first")
		never := after(3*time.Second, "never")
		if !never.Stop() || never.Stop() {
			t.Error("Stop must tell whether the task was still to come")
		}
		pass(time.Second)
		expect("first")
		pass(time.Second)
		if !second.Stop() { // it is posted, but has not run
			t.Error("a posted task can still be stopped")
		}
		expect("first")
		after(time.Second, "never")
		g.Stop()
		after(time.Second, "never")
		pass(5 * time.Second)
		expect("first")
		var none *Timer
		if none.Stop() {
			t.Error("no timer was stopped")
		}
	})
}

// Messages that wait for the same time must not overtake each other, also in
// different nodes.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		env := flow.Env{Host: h, Clock: new(flow.SystemClock)}
		groups := []*Group{NewGroup(env), NewGroup(env), NewGroup(env)}
		var ran []int
		for i := range 1000 {
			d := time.Duration(i/100) * time.Second
			groups[i%3].After(d, func(flow.Outlet) error { ran = append(ran, i); return nil })
		}
		pass(time.Minute)
		h.run(t)
		if len(ran) != 1000 || !slices.IsSorted(ran) {
			t.Errorf("%d tasks ran in the order %v", len(ran), ran)
		}
	})
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		g := NewGroup(flow.Env{Host: h, Clock: new(flow.SystemClock)})
		defer g.Stop()
		start := time.Now()
		var at []time.Duration
		timer := g.Every(10*time.Millisecond, func(flow.Outlet) error {
			at = append(at, time.Since(start)/time.Millisecond)
			return nil
		})
		expect := func(want ...time.Duration) {
			t.Helper()
			if !slices.Equal(at, want) {
				t.Errorf("ran at %d ms, want %d", at, want)
			}
			at = nil
		}
		sleep := func(d time.Duration) { // in steps, as the loop runs what is posted at once
			for end := time.Now().Add(d); time.Now().Before(end); pass(time.Millisecond) {
				h.run(t)
			}
			h.run(t)
		}
		sleep(25 * time.Millisecond)
		expect(10, 20)
		pass(28 * time.Millisecond) // the flow is busy
		sleep(10 * time.Millisecond)
		expect(53, 53, 53, 60)
		pass(237 * time.Millisecond)
		sleep(15 * time.Millisecond)
		expect(300, 300, 310)
		pass(10 * time.Millisecond)
		if !timer.Stop() {
			t.Error("a timer that repeats is always still to come")
		}
		sleep(time.Second)
		expect()
	})
}

// A task that is posted when its group stops does not run any more.
func TestStopGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		g := NewGroup(flow.Env{Host: h, Clock: new(flow.SystemClock)})
		never := func(flow.Outlet) error { t.Error("a task ran after Stop"); return nil }
		g.After(time.Second, never)
		g.Every(time.Second, never)
		late := g.After(time.Hour, never)
		pass(time.Second)
		g.Stop()
		late.Stop()
		pass(2 * time.Hour)
		h.run(t)
	})
}

func TestMilliseconds(t *testing.T) {
	for ms, want := range map[float64]time.Duration{
		1.5: 1500 * time.Microsecond, 0: 0, -1: 0, math.NaN(): 0, math.Inf(1): longest, 1e300: longest,
		31 * 24 * 3600 * 1000: 31 * 24 * time.Hour,
	} {
		if got := Milliseconds(ms); got != want {
			t.Errorf("%v ms is %s, want %s", ms, got, want)
		}
	}
	for _, tc := range []struct {
		value flow.Value
		want  float64
		ok    bool
	}{
		{250.0, 250, true}, {-1.0, -1, true}, {math.NaN(), 0, false}, {" 12.5s", 12.5, true}, {"-.5e1x", -5, true},
		{"1.", 1, true}, {"Infinity", math.Inf(1), true}, {"1e999", math.Inf(1), true}, {flow.Array{7.0, 8.0}, 7, true},
		{"", 0, false}, {"s12", 0, false}, {".", 0, false}, {nil, 0, false}, {flow.Null{}, 0, false}, {true, 0, false},
	} {
		got, ok := FromMessage(tc.value)
		if ok != tc.ok || ok && got != tc.want {
			t.Errorf("%v: got %v, %v; want %v, %v", tc.value, got, ok, tc.want, tc.ok)
		}
	}
}
