package delay

import (
	"container/list"
	"context"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/timers"
)

// badgePause is the least time between two badges that show how long a queue is.
const badgePause = 500 * time.Millisecond

// base is what the nodes of all modes have.
type base struct {
	env    flow.Env
	timers *timers.Group
	queue  list.List // of *held, what leaves next first

	badgePending bool
}

// held is a message that waits.
type held struct {
	msg   *flow.Message
	done  func(error)   // completes it
	timer *timers.Timer // ends its time, if that is its own
}

func hold(msg *flow.Message, out flow.Outlet) *held { return &held{msg: msg, done: out.Keep()} }

// send lets the message go. It has left the queue.
func (h *held) send(out flow.Outlet) {
	h.timer.Stop()
	out.Send(0, h.msg)
	h.done(nil)
}

// pop takes the first message out of the queue.
func (b *base) pop() *held { return b.queue.Remove(b.queue.Front()).(*held) }

// drop completes all messages in the queue without sending them.
func (b *base) drop() {
	for b.queue.Len() > 0 {
		h := b.pop()
		h.timer.Stop()
		h.done(nil)
	}
}

// Stop gives up all that is held: nothing is sent after it.
func (b *base) Stop(context.Context, flow.StopReason) error {
	b.timers.Stop()
	b.queue.Init()
	b.env.Status(&flow.Object{})
	return nil
}

// showDepth shows how many messages are held.
func (b *base) showDepth() {
	b.env.Status(flow.NewObject("fill", "blue", "shape", "dot", "text", float64(b.queue.Len())))
}

func (b *base) showReset() {
	b.env.Status(flow.NewObject("fill", "blue", "shape", "ring", "text", 0.0))
}

// showDepthSoon shows it after a while, as the queue will be then, so that a
// fast flow does not make a badge for each message.
func (b *base) showDepthSoon() {
	if b.badgePending {
		return
	}
	b.badgePending = true
	b.timers.After(badgePause, func(flow.Outlet) error {
		b.badgePending = false
		b.showDepth()
		return nil
	})
}

// flushCount returns how many of n messages msg.flush asks for.
func flushCount(flush flow.Value, n int) int {
	if count, ok := flush.(float64); ok {
		if !(count > 0) {
			return 0
		}
		return int(min(math.Floor(count), float64(n)))
	}
	return n
}

// hasMore tells whether a message has other properties than these and its id.
func hasMore(msg *flow.Message, than ...string) bool {
	n := msg.Object().Len()
	for _, key := range append(than, flow.MsgID) {
		if msg.Has(key) {
			n--
		}
	}
	return n > 0
}

// without returns the message without properties that were meant for this node.
func without(msg *flow.Message, keys ...string) *flow.Message {
	m := msg
	for _, key := range keys {
		if m == msg && msg.Has(key) {
			m = msg.Clone()
		}
		m.Delete(key)
	}
	return m
}
