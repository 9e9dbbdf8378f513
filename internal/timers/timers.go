// Package timers runs tasks on a node's flow when their time has come.
package timers

import (
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Group is the timers of one node. All methods but Stop belong to the node's
// loop.
type Group struct {
	host flow.Host

	mu      sync.Mutex
	pending map[*Timer]struct{}
	stopped bool
}

// NewGroup returns the timers of the node that the host belongs to.
func NewGroup(host flow.Host) *Group {
	return &Group{host: host, pending: map[*Timer]struct{}{}}
}

// Timer is a task that waits for its time.
type Timer struct {
	group   *Group
	task    flow.TaskFunc
	timer   *time.Timer
	stopped bool // belongs to the loop
}

// After runs the task on the loop after d, with a cause of its own: what waits
// for a timer does not keep its source waiting.
func (g *Group) After(d time.Duration, task flow.TaskFunc) *Timer {
	t := &Timer{group: g, task: task}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return t
	}
	g.pending[t] = struct{}{}
	t.timer = time.AfterFunc(d, t.due)
	return t
}

// due is called on a goroutine of the timer's.
func (t *Timer) due() {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock() // Stop waits until the task is posted
	if _, ok := g.pending[t]; ok {
		delete(g.pending, t)
		g.host.Post(nil, t)
	}
}

// Run implements [flow.Task].
func (t *Timer) Run(out flow.Outlet) error {
	if t.stopped {
		return nil
	}
	t.stopped = true
	return t.task(out)
}

// Stop takes the task back: once Stop has returned it does not run any more. It
// tells whether the task was still to come. A nil timer is a stopped one.
func (t *Timer) Stop() bool {
	if t == nil || t.stopped {
		return false
	}
	t.stopped = true
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	delete(t.group.pending, t)
	return true
}

// Stop takes all tasks back, and those that come later too. It is called where
// the node's Stop is.
func (g *Group) Stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	for t := range g.pending {
		t.timer.Stop()
	}
	clear(g.pending)
}
