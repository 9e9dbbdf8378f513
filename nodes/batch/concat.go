package batch

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
)

// concat makes one sequence of a sequence of each topic.
type concat struct {
	env    flow.Env
	limit  sequence.Limit
	order  []*topic // in which sequences are sent; one may stand there twice
	topics []*topic // each once
}

// topic holds the messages of a topic.
type topic struct {
	name flow.Value
	sequence.Pending
}

func newConcat(c Config, env flow.Env, limit sequence.Limit) *concat {
	n := &concat{env: env, limit: limit}
	for _, t := range c.Topics {
		known := n.topic(t.Topic)
		if known == nil {
			known = &topic{name: t.Topic}
			n.topics = append(n.topics, known)
		}
		n.order = append(n.order, known)
	}
	return n
}

// topic returns the topic of a name, nil if there is none. The number 1 is not
// the text 1.
func (n *concat) topic(name flow.Value) *topic {
	for _, t := range n.topics {
		if flow.Equal(t.name, name) {
			return t
		}
	}
	return nil
}

// Handle implements [flow.Node].
func (n *concat) Handle(msg *flow.Message, out flow.Outlet) error {
	if msg.Has("reset") {
		for _, t := range n.topics {
			sequence.Complete(t.Clear())
		}
		return nil
	}
	t := n.topic(msg.Get("topic"))
	if t == nil {
		return nil
	}
	if parts := sequence.Parts(msg); parts == nil || parts.Get("count") == nil {
		return errors.New(n.env.Text("batch.no-parts", "no parts property in message"))
	}
	t.Add(sequence.Keep(msg, out))
	if n.limit.Exceeded(n.held()) {
		n.dropAll()
	} else if n.whole() {
		n.send(out)
	}
	return nil
}

func (n *concat) held() int {
	held := 0
	for _, t := range n.topics {
		held += t.Len()
	}
	return held
}

// whole tells whether the oldest sequence of each topic is whole.
func (n *concat) whole() bool {
	for _, t := range n.topics {
		if s := t.Oldest(); s == nil || !s.Whole() {
			return false
		}
	}
	return true
}

func (n *concat) send(out flow.Outlet) {
	var all []sequence.Kept
	for _, t := range n.order {
		all = append(all, t.Oldest().Kept...)
	}
	send(all, out)
	for _, t := range n.topics {
		s := t.Oldest()
		t.Take(s)
		sequence.Complete(s.Kept)
	}
}

// dropAll drops all messages. As in Node-RED each of them is an error.
func (n *concat) dropAll() {
	for _, t := range n.topics {
		for _, k := range t.Clear() {
			k.Done(tooMany(n.env))
		}
	}
}
