package delay

import (
	"context"
	"errors"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/timers"
)

// limiter queues what comes too fast: the mode rate.
type limiter struct {
	base
	rates
	limit int           // how many messages the queue may hold, 0 for any number
	tick  *timers.Timer // sends what is queued; nil if the next message may pass at once
}

// Handle sends the message or queues it, and sees to msg.flush and msg.reset.
func (n *limiter) Handle(msg *flow.Message, out flow.Outlet) error {
	resets, flushes := msg.Has("reset"), msg.Has("flush")
	var err error
	if hasMore(msg, "flush") {
		err = n.take(msg, out)
	}
	if flushes {
		n.flush(flushCount(msg.Get("flush"), n.queue.Len()), out)
	}
	if resets {
		if !flushes {
			n.halt()
		}
		n.drop()
		n.current = n.configured
		n.showReset()
	}
	return err
}

// take sends the message or queues it. A message that resets is never sent,
// unless it flushes too.
func (n *limiter) take(msg *flow.Message, out flow.Outlet) error {
	changed := n.follow(msg)
	if n.tick == nil {
		switch {
		case !msg.Has("reset"):
			out.Send(0, without(msg, "flush"))
		case msg.Has("flush"):
			n.queue.PushBack(hold(msg, out))
		}
		n.start()
		n.showDepthSoon()
		return nil
	}
	if changed {
		n.start()
	}
	if n.limit > 0 && n.queue.Len() >= n.limit {
		n.drop()
		return errors.New(n.env.Text("delay.errors.too-many", "too many pending messages in delay node"))
	}
	h := hold(msg, out)
	h.msg = without(msg, "flush")
	if msg.Get("toFront") == true {
		n.queue.PushFront(h)
	} else {
		n.queue.PushBack(h)
	}
	n.showDepthSoon()
	return nil
}

func (n *limiter) flush(count int, out flow.Outlet) {
	if count == 0 {
		n.halt()
	} else {
		n.start()
	}
	for range count {
		h := n.pop()
		h.msg = without(h.msg, "flush", "reset")
		h.send(out)
	}
	n.showDepth()
}

// start begins to send one message each time the rate allows it. A tick that
// finds nothing to send is the last.
func (n *limiter) start() {
	n.halt()
	n.tick = n.timers.Every(n.current, func(out flow.Outlet) error {
		if n.queue.Len() > 0 {
			n.pop().send(out)
		} else {
			n.halt()
		}
		n.showDepthSoon()
		return nil
	})
}

func (n *limiter) halt() {
	n.tick.Stop()
	n.tick = nil
}

// dropper drops what comes too fast: the mode rate with drop.
type dropper struct {
	base
	rates
	second bool
	last   time.Time // when the last message was sent; zero if the next may pass
}

// Handle sends the message or drops it, and sees to msg.reset.
func (n *dropper) Handle(msg *flow.Message, out flow.Outlet) error {
	if msg.Has("reset") {
		if !msg.Has("flush") {
			n.last = time.Time{}
		}
		n.current = n.configured
		n.showReset()
		return nil
	}
	n.follow(msg)
	now := n.env.Clock.Now()
	switch {
	case n.last.IsZero() || now.Sub(n.last) > n.current:
		n.last = now
		out.Send(0, msg)
	case n.second:
		out.Send(1, msg)
	}
	return nil
}

// burst lets a number of messages through in any window of time: the mode
// burst.
type burst struct {
	base
	size   float64
	window time.Duration
	second bool
	passed int  // in the window that ends now
	red    bool // the badge
}

// Start shows that messages may pass.
func (n *burst) Start(context.Context) error {
	n.show("green", "ring")
	return nil
}

// Handle sends the message or drops it, and sees to msg.reset.
func (n *burst) Handle(msg *flow.Message, out flow.Outlet) error {
	switch {
	case msg.Has("reset"):
		n.timers.Stop()
		n.timers = timers.NewGroup(n.env)
		n.passed = 0
		n.show("green", "ring")
	case n.full():
		if n.second {
			out.Send(1, msg)
		}
		if !n.red {
			n.show("red", "dot")
		}
	default:
		n.passed++
		out.Send(0, msg)
		n.timers.After(n.window, func(flow.Outlet) error {
			if n.full() {
				n.show("green", "ring")
			}
			n.passed--
			return nil
		})
	}
	return nil
}

func (n *burst) full() bool { return float64(n.passed) >= n.size }

func (n *burst) show(fill, shape string) {
	n.red = fill == "red"
	n.env.Status(flow.Badge(fill, shape, ""))
}
