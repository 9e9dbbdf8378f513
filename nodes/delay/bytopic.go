package delay

import (
	"container/list"
	"context"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/timers"
)

// noTopic is the topic of messages without one.
const noTopic = "_none_"

// byTopic holds the latest message of each topic: the modes queue and timed.
type byTopic struct {
	base
	rates
	all     bool // sends the whole queue at a time
	second  bool
	tick    *timers.Timer
	waiting map[flow.Value]*list.Element // in the queue, by topic
}

// Start begins to send.
func (n *byTopic) Start(context.Context) error {
	n.start()
	return nil
}

func (n *byTopic) start() {
	n.tick.Stop()
	n.tick = n.timers.Every(n.current, func(out flow.Outlet) error {
		if n.queue.Len() == 0 {
			return nil
		}
		count := 1
		if n.all {
			count = n.queue.Len()
		}
		n.send(count, out)
		n.showDepthSoon()
		return nil
	})
}

// Handle queues the message, and sees to msg.flush and msg.reset. A message
// that has nothing else is not queued: it would replace one without a topic.
func (n *byTopic) Handle(msg *flow.Message, out flow.Outlet) error {
	if n.follow(msg) {
		n.start()
	}
	resets, flushes, flush := msg.Has("reset"), msg.Has("flush"), msg.Get("flush")
	if !resets && !flushes || hasMore(msg, "reset", "flush", "topic") {
		n.take(msg, out)
	}
	if flushes {
		n.send(flushCount(flush, n.queue.Len()), out)
		n.env.Status(&flow.Object{})
	}
	if resets {
		n.drop()
		clear(n.waiting)
		n.current = n.configured
		n.start()
		n.env.Status(flow.NewObject("text", "reset"))
	}
	return nil
}

// take queues the message, in the place of an older one of its topic.
func (n *byTopic) take(msg *flow.Message, out flow.Outlet) {
	if !msg.Has("topic") {
		msg.Set("topic", noTopic)
	}
	topic, comparable := topicKey(msg.Get("topic"))
	if e := n.waiting[topic]; comparable && e != nil {
		old := e.Value.(*held)
		if n.second {
			out.Send(1, old.msg)
		}
		old.done(nil)
		e.Value = hold(msg, out)
		return
	}
	e := n.queue.PushBack(hold(msg, out))
	if comparable {
		n.waiting[topic] = e
	}
	n.showDepthSoon()
}

// send sends the first messages of the queue.
func (n *byTopic) send(count int, out flow.Outlet) {
	for range count {
		h := n.pop()
		if topic, comparable := topicKey(h.msg.Get("topic")); comparable {
			delete(n.waiting, topic)
		}
		h.msg = without(h.msg, "flush", "reset")
		h.send(out)
	}
}

// topicKey returns what stands for a topic in a map, and whether it can equal
// that of another message. As with === in JavaScript no two objects are equal,
// and NaN is not.
func topicKey(topic flow.Value) (key flow.Value, ok bool) {
	switch t := topic.(type) {
	case nil, flow.Null, bool, string:
		return topic, true
	case float64:
		return topic, t == t
	}
	return nil, false
}
