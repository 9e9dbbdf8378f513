package switchnode

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
)

// hold holds a message that is part of a sequence. If its sequence is whole now,
// it returns the sequence's messages in the order in which they came, each with
// the count in its parts. If more messages than the limit are held, all of them
// are dropped.
func (n *Node) hold(msg *flow.Message) ([]*flow.Message, error) {
	s := n.pending.Add(sequence.Kept{Msg: msg})
	if n.limit.Exceeded(n.pending.Len()) {
		n.pending.Clear()
		return nil, errors.New(n.env.Text("switch.errors.too-many", "too many pending messages in switch node"))
	}
	if !s.Whole() {
		return nil, nil
	}
	n.pending.Take(s)
	msgs := make([]*flow.Message, len(s.Kept))
	for i, k := range s.Kept {
		k.Msg.Set(sequence.Property, sequence.With(sequence.Parts(k.Msg), "count", s.Count))
		msgs[i] = k.Msg
	}
	return msgs, nil
}

// routeRepaired routes a whole sequence so that what leaves on an output is a
// sequence of its own, with a new id, new indices and a new count.
func (n *Node) routeRepaired(whole []*flow.Message, out flow.Outlet) {
	type routed struct {
		msg   *flow.Message
		ports []int
	}
	var list []routed
	counts := make([]int, len(n.rules))
	for _, msg := range whole {
		matched, err := n.match(msg)
		if err != nil {
			n.env.Error(err, msg)
			continue
		}
		list = append(list, routed{msg, append([]int(nil), matched...)})
		for _, port := range matched {
			counts[port]++
		}
	}
	ids := make([]flow.Value, len(n.rules))
	indices := make([]int, len(n.rules))
	for _, r := range list {
		ports := make([][]*flow.Message, len(n.rules))
		for _, port := range r.ports {
			if indices[port] == 0 {
				ids[port] = flow.NewID()
			}
			msg := r.msg.Clone()
			msg.Set(sequence.Property, sequence.With(sequence.Parts(msg),
				"id", ids[port], "index", float64(indices[port]), "count", float64(counts[port])))
			ports[port] = []*flow.Message{msg}
			indices[port]++
		}
		out.SendAll(ports)
	}
}
