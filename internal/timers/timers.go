// Package timers runs tasks on a node's flow when their time has come.
package timers

import (
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// catchUp is how far behind its schedule a repeated task may be and still make
// up for it.
const catchUp = 100 * time.Millisecond

// Group is the timers of one node. Tasks run in the order of their times, and
// those of the same time in the order in which they were given, also those of
// different nodes of a flow. All methods but Stop belong to the node's loop.
type Group struct {
	host  flow.Host
	clock flow.Clock

	mu  sync.Mutex
	set map[*Timer]struct{} // whose alarms may go off; nil when the group has stopped
}

// NewGroup returns the timers of a node. They go by the node's clock.
func NewGroup(env flow.Env) *Group {
	return &Group{host: env.Host, clock: env.Clock, set: map[*Timer]struct{}{}}
}

// Timer is a task that waits for its time.
type Timer struct {
	group *Group
	task  flow.TaskFunc
	every time.Duration // 0: the task runs once

	// The group's mu guards the fields below.
	due     time.Time
	alarm   flow.Alarm
	stopped bool
}

// After runs the task on the loop after d, with a cause of its own: what waits
// for a timer does not keep its source waiting.
func (g *Group) After(d time.Duration, task flow.TaskFunc) *Timer {
	return g.add(&Timer{group: g, task: task}, d)
}

// Every runs the task on the loop each d, at least a microsecond, for the first
// time after d. The times are those of the schedule: that the task ran late
// once does not make it late for ever. If the flow was busy for so long that
// the task is more than 100 ms behind, the times missed are left out.
func (g *Group) Every(d time.Duration, task flow.TaskFunc) *Timer {
	d = max(d, time.Microsecond)
	return g.add(&Timer{group: g, task: task, every: d}, d)
}

func (g *Group) add(t *Timer, d time.Duration) *Timer {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.set != nil {
		t.due = g.clock.Now().Add(d)
		t.alarm = g.clock.At(t.due, t.ring)
		g.set[t] = struct{}{}
	}
	return t
}

// ring posts the task, which is due. The alarm calls it.
func (t *Timer) ring() {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock() // Stop waits until the task is posted
	if _, isSet := g.set[t]; isSet {
		g.host.Post(nil, t)
	}
}

// Run implements [flow.Task].
func (t *Timer) Run(out flow.Outlet) error {
	if !t.begin() {
		return nil
	}
	return t.task(out)
}

// begin tells whether the task may run, and sets its next time.
func (t *Timer) begin() bool {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.set == nil || t.stopped {
		return false
	}
	if t.every == 0 {
		t.stopped = true
		delete(g.set, t)
		return true
	}
	t.due = t.due.Add(t.every)
	if now := g.clock.Now(); now.Sub(t.due) > catchUp {
		t.due = now
	}
	t.alarm.Reset(t.due)
	return true
}

// Stop takes the task back: once Stop has returned it does not run any more. It
// tells whether the task was still to come. A nil timer is a stopped one.
func (t *Timer) Stop() bool {
	if t == nil {
		return false
	}
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.stopped {
		return false
	}
	t.stopped = true
	g.unset(t)
	return true
}

// unset takes a timer's alarm back. The caller holds mu.
func (g *Group) unset(t *Timer) {
	if t.alarm != nil {
		t.alarm.Stop()
		delete(g.set, t)
	}
}

// Stop takes all tasks back, and those that come later too. It is called where
// the node's Stop is.
func (g *Group) Stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for t := range g.set {
		g.unset(t)
	}
	g.set = nil
}
