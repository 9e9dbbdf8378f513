package timers

import (
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
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, task := range h.tasks {
		if err := task.Run(flow.Outlet{}); err != nil {
			t.Error(err)
		}
	}
	h.tasks = nil
}

func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		g := NewGroup(h)
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
		time.Sleep(time.Second)
		expect("first")
		time.Sleep(time.Second)
		synctest.Wait()
		if !second.Stop() { // it is posted, but has not run
			t.Error("a posted task can still be stopped")
		}
		expect("first")
		after(time.Second, "never")
		g.Stop()
		after(time.Second, "never")
		time.Sleep(5 * time.Second)
		expect("first")
		var none *Timer
		if none.Stop() {
			t.Error("no timer was stopped")
		}
	})
}
