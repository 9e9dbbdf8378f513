package switchnode

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
)

// errTooMany has Node-RED's words.
var errTooMany = errors.New("too many pending messages in switch node")

// partsOf returns the place of a message in its sequence, nil if it has none.
func partsOf(msg *flow.Message) *flow.Object {
	parts, ok := msg.Get("parts").(*flow.Object)
	if !ok {
		return nil
	}
	_, hasID := parts.Lookup("id")
	_, hasIndex := parts.Lookup("index")
	if !hasID || !hasIndex {
		return nil
	}
	return parts
}

// sequences holds messages until their sequence is whole.
type sequences struct {
	limit int // how many messages to hold in all, 0 for any number
	held  int
	byID  map[string]*sequence
}

type sequence struct {
	msgs  []*flow.Message
	count flow.Value // undefined until a message says it
}

func newSequences(limit int) *sequences {
	return &sequences{limit: limit, byID: map[string]*sequence{}}
}

// add holds a message. If its sequence is whole now, it returns the sequence's
// messages in the order in which they came, each with the count in its parts.
// If more messages than the limit are held, all of them are dropped.
func (s *sequences) add(msg *flow.Message) ([]*flow.Message, error) {
	parts := partsOf(msg)
	id := flow.Text(parts.Get("id"))
	seq := s.byID[id]
	if seq == nil {
		seq = &sequence{}
		s.byID[id] = seq
	}
	seq.msgs = append(seq.msgs, msg)
	if count, ok := parts.Lookup("count"); ok {
		seq.count = count
	}
	s.held++
	if s.limit > 0 && s.held > s.limit {
		s.held = 0
		clear(s.byID)
		return nil, errTooMany
	}
	if seq.count == nil || number(seq.count) != len(seq.msgs) {
		return nil, nil
	}
	s.held -= len(seq.msgs)
	delete(s.byID, id)
	for _, m := range seq.msgs {
		m.Set("parts", with(partsOf(m), "count", seq.count))
	}
	return seq.msgs, nil
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
			msg.Set("parts", with(partsOf(msg),
				"id", ids[port], "index", float64(indices[port]), "count", float64(counts[port])))
			ports[port] = []*flow.Message{msg}
			indices[port]++
		}
		out.SendAll(ports)
	}
}

// with returns a copy of the object with properties set: key, value, key, …
func with(o *flow.Object, pairs ...flow.Value) *flow.Object {
	o = o.Clone()
	for k, v := range flow.NewObject(pairs...).All() {
		o.Set(k, v)
	}
	return o
}
