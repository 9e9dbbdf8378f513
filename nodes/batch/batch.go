// Package batch is the node type batch: it groups messages into sequences.
package batch

import (
	"cmp"
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
)

// Config is the node's configuration. The defaults are those of a node that
// lacks the property; the editor writes others into new nodes.
type Config struct {
	Mode       string  `json:"mode" doc:"count (a number of messages), interval (what comes in a time) or concat (sequences, one behind the other)"`
	Count      int     `json:"count" doc:"count: how many messages a sequence has"`
	Overlap    int     `json:"overlap" doc:"count: how many messages of a sequence are in the next one too"`
	HonorParts bool    `json:"honourParts" doc:"count: whether the last message of a sequence that comes in ends the one that goes out"`
	Interval   float64 `json:"interval" doc:"interval: seconds from one sequence to the next; 0 is never"`
	AllowEmpty bool    `json:"allowEmptySequence" doc:"interval: whether a message with the payload null is sent when none has come"`
	Topics     []Topic `json:"topics" doc:"concat: the sequences by their topics, in the order in which they are sent; each has topic"`
}

// Topic is the topic of a sequence.
type Topic struct {
	Topic flow.Value `json:"topic"`
}

// Type returns the node type. A node holds at most NodeMessageBufferMaxLength
// messages; with one more it drops all.
func Type(live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "batch", Category: "sequence", Inputs: 1, Outputs: 1,
		Summary:    "Groups messages into sequences.",
		OutputDocs: []string{"the messages of a sequence, with `parts` that say so; the sequence's id is that of its first message"},
		InputDocs: []flow.Doc{
			{Name: "parts", Text: "concat: the place of the message in its sequence"},
			{Name: "reset", Text: "if there, the messages so far are dropped, and this message too"},
		},
		Notes:   "Concat waits until there is a whole sequence of each topic. Messages of other topics are dropped.",
		Default: func() Config { return Config{Mode: "count", Count: 1} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, env, sequence.NewLimit(live))
		},
	})
}

// New makes a node. A count that is no larger than the overlap is a
// *flow.ConfigError.
func New(c Config, env flow.Env, limit sequence.Limit) (flow.Node, error) {
	switch cmp.Or(c.Mode, "count") {
	case "count":
		count := cmp.Or(c.Count, 1)
		if count <= c.Overlap {
			return nil, &flow.ConfigError{
				Property: "count",
				Reason:   env.Text("batch.count.invalid", "Invalid count and overlap: %d messages overlap in %d", c.Overlap, count),
			}
		}
		return &counter{env: env, limit: limit, count: count, overlap: max(c.Overlap, 0), honorParts: c.HonorParts}, nil
	case "interval":
		return newInterval(c, env, limit), nil
	case "concat":
		return newConcat(c, env, limit), nil
	}
	return nil, &flow.ConfigError{
		Property: "mode",
		Reason:   env.Text("batch.unexpected", "unexpected mode %q: expected count, interval or concat", c.Mode),
	}
}

func tooMany(env flow.Env) error {
	return errors.New(env.Text("batch.too-many", "too many pending messages in batch node"))
}

// send sends messages as a sequence. They stay as they are.
func send(kept []sequence.Kept, out flow.Outlet) {
	id := kept[0].Msg.Get(flow.MsgID)
	for i, k := range kept {
		msg := k.Msg.Clone()
		parts, _ := msg.Get(sequence.Property).(*flow.Object)
		msg.Set(sequence.Property, sequence.With(parts, "id", id, "index", float64(i), "count", float64(len(kept))))
		out.Send(0, msg)
	}
}

// counter makes sequences of a number of messages.
type counter struct {
	env        flow.Env
	limit      sequence.Limit
	count      int
	overlap    int
	honorParts bool
	queue      []sequence.Kept
	fresh      int // how many of the queue are in no sequence yet
}

// Handle implements [flow.Node].
func (n *counter) Handle(msg *flow.Message, out flow.Outlet) error {
	if msg.Has("reset") {
		n.clear()
		return nil
	}
	n.queue = append(n.queue, sequence.Keep(msg, out))
	n.fresh++
	switch {
	case len(n.queue) == n.count || n.honorParts && isLast(msg):
		send(n.queue, out)
		over := max(0, len(n.queue)-n.overlap)
		sequence.Complete(n.queue[:over])
		n.queue = append([]sequence.Kept(nil), n.queue[over:]...)
		n.fresh = 0
	case n.limit.Exceeded(n.fresh):
		sequence.Fail(n.queue, msg, tooMany(n.env))
		n.queue, n.fresh = nil, 0
	}
	return nil
}

func (n *counter) clear() {
	sequence.Complete(n.queue)
	n.queue, n.fresh = nil, 0
}

// isLast tells whether a message is the last of its sequence.
func isLast(msg *flow.Message) bool {
	parts, ok := msg.Get(sequence.Property).(*flow.Object)
	return ok && flow.Number(parts.Get("index"))+1 == flow.Number(parts.Get("count"))
}
