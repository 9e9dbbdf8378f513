package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// The methods below do to a node from outside what a flow or the node itself
// would do. They post a task to the node's flow and return at once. done, which
// may be nil, is called when it has been carried out, on the flow's goroutine, or
// with [ErrNoNode] if a deploy has removed the node before its turn. The error is
// ErrNoNode too.

// Receive delivers a message to a node's input, before what waits there.
func (r *Runtime) Receive(id string, msg *flow.Message, done func(error)) error {
	return r.act(id, done, func(p *place, out flow.Outlet) {
		out.Cause().Hold() // deliver lets go of it
		p.loop.deliver(delivery{p, out.Cause(), msg})
	})
}

// Send sends messages as if the node had sent them; see [flow.Outlet.SendAll].
func (r *Runtime) Send(id string, ports [][]*flow.Message, done func(error)) error {
	return r.act(id, done, func(_ *place, out flow.Outlet) { out.SendAll(ports) })
}

// Report reports as if the node had done it; see [flow.Host].
func (r *Runtime) Report(id string, level flow.Level, what flow.Value, msg *flow.Message, done func(error)) error {
	return r.act(id, done, func(p *place, _ flow.Outlet) { p.Report(level, what, msg) })
}

// ShowStatus shows a badge as if the node had done it; see [flow.Host].
func (r *Runtime) ShowStatus(id string, badge *flow.Object, done func(error)) error {
	return r.act(id, done, func(p *place, _ flow.Outlet) { p.Status(badge) })
}

// Complete ends the handling of a message as if the node had done it. An error
// goes to the catch nodes.
func (r *Runtime) Complete(id string, msg *flow.Message, err error, done func(error)) error {
	return r.act(id, done, func(p *place, out flow.Outlet) { p.finish(err, msg, out.Cause()) })
}

func (r *Runtime) act(id string, done func(error), do func(*place, flow.Outlet)) error {
	p, err := r.place(id)
	if err != nil {
		return err
	}
	if done == nil {
		done = func(error) {}
	}
	a := &action{place: p, do: do, done: done}
	p.Post(flow.NewCause(a), a)
	return nil
}

// action is a task from outside, and its cause.
type action struct {
	place *place
	do    func(*place, flow.Outlet)
	done  func(error)
	ran   bool
}

// Run implements [flow.Task].
func (a *action) Run(out flow.Outlet) error {
	a.ran = true
	a.do(a.place, out)
	a.done(nil)
	return nil
}

// Release implements [flow.Releaser]: the cause has ended.
func (a *action) Release() {
	if !a.ran {
		a.done(fmt.Errorf("node %q: %w", a.place.info.ID, ErrNoNode))
	}
}

// RunningNode is a node that runs, and where its wires lead.
type RunningNode struct {
	Info
	Wires [][]string
}

// Nodes returns the nodes that run, sorted by id.
func (r *Runtime) Nodes() []RunningNode {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]RunningNode, 0, len(r.places))
	for _, p := range r.places {
		list = append(list, RunningNode{p.info, p.wireIDs})
	}
	slices.SortFunc(list, func(a, b RunningNode) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Info returns what is known of a node that runs. The error is [ErrNoNode].
func (r *Runtime) Info(id string) (Info, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if p := r.places[id]; p != nil {
		return p.info, nil
	}
	return Info{}, fmt.Errorf("node %q: %w", id, ErrNoNode)
}
