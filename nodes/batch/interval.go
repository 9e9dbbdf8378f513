package batch

import (
	"context"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/timers"
)

// interval makes sequences of the messages that come in a time.
type interval struct {
	env        flow.Env
	limit      sequence.Limit
	seconds    float64
	allowEmpty bool
	timers     *timers.Group
	timer      *timers.Timer
	queue      []sequence.Kept
}

func newInterval(c Config, env flow.Env, limit sequence.Limit) *interval {
	return &interval{
		env: env, limit: limit, seconds: c.Interval, allowEmpty: c.AllowEmpty, timers: timers.NewGroup(env),
	}
}

// Start implements [flow.Starter].
func (n *interval) Start(context.Context) error {
	n.restart()
	return nil
}

// Stop implements [flow.Stopper]: the messages that are held are dropped.
func (n *interval) Stop(context.Context, flow.StopReason) error {
	n.timers.Stop()
	return nil
}

func (n *interval) restart() {
	n.timer.Stop()
	if n.seconds > 0 {
		n.timer = n.timers.Every(timers.Milliseconds(n.seconds*1000), n.tick)
	}
}

// tick sends what has come since the last one.
func (n *interval) tick(out flow.Outlet) error {
	switch {
	case len(n.queue) > 0:
		send(n.queue, out)
		n.complete()
	case n.allowEmpty:
		msg := flow.NewMessage()
		msg.Set("payload", flow.Null{})
		msg.Set(sequence.Property, flow.NewObject("id", flow.NewID(), "index", 0.0, "count", 1.0))
		out.Send(0, msg)
	}
	return nil
}

// Handle implements [flow.Node].
func (n *interval) Handle(msg *flow.Message, out flow.Outlet) error {
	if msg.Has("reset") {
		n.complete()
		n.restart()
		return nil
	}
	n.queue = append(n.queue, sequence.Keep(msg, out))
	if n.limit.Exceeded(len(n.queue)) {
		sequence.Fail(n.queue, msg, tooMany(n.env))
		n.queue = nil
	}
	return nil
}

func (n *interval) complete() {
	sequence.Complete(n.queue)
	n.queue = nil
}
