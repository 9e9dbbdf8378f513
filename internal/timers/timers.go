// Package timers runs tasks on a node's flow when their time has come.
package timers

import (
	"container/heap"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// catchUp is how far behind its schedule a repeated task may be and still make
// up for it.
const catchUp = 100 * time.Millisecond

// Group is the timers of one node. Tasks run in the order of their times, and
// those of the same time in the order in which they were given. All methods but
// Stop belong to the node's loop.
type Group struct {
	host  flow.Host
	clock flow.Clock

	mu      sync.Mutex
	pending schedule
	alarm   flow.Alarm // rings when the first of pending is due; nil until there is one
	given   uint64     // how many timers were added to pending so far
	stopped bool
}

// NewGroup returns the timers of a node. They go by the node's clock.
func NewGroup(env flow.Env) *Group { return &Group{host: env.Host, clock: env.Time()} }

// Timer is a task that waits for its time.
type Timer struct {
	group *Group
	task  flow.TaskFunc
	every time.Duration // 0: the task runs once

	// The group's mu guards the fields below.
	due     time.Time
	number  uint64 // orders timers that are due at the same time
	index   int    // in the group's pending, -1 if it is not there
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
	t.index = -1
	if !g.stopped {
		g.push(t, g.clock.Now().Add(d))
	}
	return t
}

// push adds a timer to those that wait. The caller holds mu.
func (g *Group) push(t *Timer, due time.Time) {
	g.given++
	t.due, t.number = due, g.given
	heap.Push(&g.pending, t)
	if t.index == 0 {
		g.arm()
	}
}

// arm sets the alarm for the first timer. The caller holds mu.
func (g *Group) arm() {
	d := g.pending[0].due.Sub(g.clock.Now())
	if g.alarm == nil {
		g.alarm = g.clock.AfterFunc(d, g.ring)
	} else {
		g.alarm.Reset(d)
	}
}

// ring posts what is due. The alarm calls it.
func (g *Group) ring() {
	g.mu.Lock()
	defer g.mu.Unlock() // Stop waits until the tasks are posted
	now := g.clock.Now()
	for len(g.pending) > 0 && !g.pending[0].due.After(now) {
		g.host.Post(nil, heap.Pop(&g.pending).(*Timer))
	}
	if len(g.pending) > 0 {
		g.arm()
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
	if g.stopped || t.stopped {
		return false
	}
	if t.every == 0 {
		t.stopped = true
		return true
	}
	next := t.due.Add(t.every)
	if now := g.clock.Now(); now.Sub(next) > catchUp {
		next = now
	}
	g.push(t, next)
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
	if t.index >= 0 {
		heap.Remove(&g.pending, t.index)
	}
	return true
}

// Stop takes all tasks back, and those that come later too. It is called where
// the node's Stop is.
func (g *Group) Stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	if g.alarm != nil {
		g.alarm.Stop()
	}
	for _, t := range g.pending {
		t.index = -1
	}
	g.pending = nil
}

// schedule is a heap of timers, the next one first.
type schedule []*Timer

func (s schedule) Len() int { return len(s) }

func (s schedule) Less(i, j int) bool {
	if s[i].due.Equal(s[j].due) {
		return s[i].number < s[j].number
	}
	return s[i].due.Before(s[j].due)
}

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements [heap.Interface].
func (s *schedule) Push(t any) {
	timer := t.(*Timer)
	timer.index = len(*s)
	*s = append(*s, timer)
}

// Pop implements [heap.Interface].
func (s *schedule) Pop() any {
	last := len(*s) - 1
	timer := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	timer.index = -1
	return timer
}
