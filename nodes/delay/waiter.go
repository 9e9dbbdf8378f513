package delay

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

// waiter holds each message for a time of its own: the modes delay, delayv and
// random. Its queue is in the order in which the messages came.
type waiter struct {
	base
	wait  func(*flow.Message) time.Duration
	shows bool // how many messages it holds; short times are not worth a badge
}

// Handle holds the message, and sees to msg.reset or msg.flush.
func (n *waiter) Handle(msg *flow.Message, out flow.Outlet) error {
	if msg.Has("reset") {
		n.drop()
		n.showReset()
		return nil
	}
	flushes := msg.Has("flush")
	if !flushes || hasMore(msg, "flush") {
		n.hold(msg, out)
	}
	if flushes {
		for range flushCount(msg.Get("flush"), n.queue.Len()) {
			n.pop().send(out)
		}
	}
	if flushes || n.shows {
		n.showDepth()
	}
	return nil
}

func (n *waiter) hold(msg *flow.Message, out flow.Outlet) {
	wait := n.wait(msg)
	h := hold(msg, out)
	e := n.queue.PushBack(h)
	h.timer = n.timers.After(wait, func(out flow.Outlet) error {
		n.queue.Remove(e)
		if n.shows {
			n.showDepth()
		}
		h.send(out)
		return nil
	})
}
