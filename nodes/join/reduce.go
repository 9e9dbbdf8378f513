package join

import (
	"cmp"
	"errors"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/typed"
)

// Reducer is a join node in mode reduce.
type Reducer struct {
	env     flow.Env
	reduce  typed.Expression
	fixup   typed.Expression // nil is none
	init    typed.Getter
	right   bool
	limit   sequence.Limit
	pending sequence.Pending
}

// compiler is typed.Place.Expression.
type compiler func(property, text string) (typed.Expression, error)

func newReducer(c Config, place typed.Place, limit sequence.Limit, compile compiler) (*Reducer, error) {
	r := &Reducer{env: place.Env, right: c.ReduceRight, limit: limit}
	var err error
	if r.reduce, err = compile("reduceExp", c.ReduceExp); err != nil {
		return nil, err
	}
	if c.ReduceFixup != "" {
		if r.fixup, err = compile("reduceFixup", c.ReduceFixup); err != nil {
			return nil, err
		}
	}
	r.init, err = place.Compile("reduceInit", c.ReduceInit, c.ReduceInitType)
	return r, err
}

// Handle holds the message until its sequence is whole. A message that is in no
// sequence passes.
func (r *Reducer) Handle(msg *flow.Message, out flow.Outlet) error {
	if !msg.Has(sequence.Property) {
		out.Send(0, msg)
		return nil
	}
	s := r.pending.Add(sequence.Keep(msg, out))
	if s.Whole() {
		r.pending.Take(s)
		result, err := r.reduceSequence(s)
		if err != nil {
			sequence.Fail(s.Kept, msg, err)
			return nil
		}
		out.Send(0, result)
		sequence.Complete(s.Kept)
		return nil
	}
	if r.limit.Exceeded(r.pending.Len()) {
		err := errors.New(r.env.Text("join.too-many", "too many pending messages in join node"))
		sequence.Fail(r.pending.Clear(), msg, err)
	}
	return nil
}

// reduceSequence returns the message that stands for a sequence.
func (r *Reducer) reduceSequence(s *sequence.Sequence) (*flow.Message, error) {
	result, err := r.init(flow.NewMessage())
	if err != nil {
		return nil, err
	}
	msgs := r.ordered(s.Kept)
	for _, msg := range msgs {
		if result, err = r.reduce(msg.Snapshot(), flow.NewObject("I", index(msg), "N", s.Count, "A", result)); err != nil {
			return nil, err
		}
	}
	if r.fixup != nil {
		if result, err = r.fixup(&flow.Object{}, flow.NewObject("N", s.Count, "A", result)); err != nil {
			return nil, err
		}
	}
	last := msgs[len(msgs)-1]
	last.Set("payload", result)
	return last, nil
}

// ordered returns the messages in the order of their indices.
func (r *Reducer) ordered(kept []sequence.Kept) []*flow.Message {
	msgs := make([]*flow.Message, len(kept))
	for i, k := range kept {
		msgs[i] = k.Msg
	}
	slices.SortStableFunc(msgs, func(a, b *flow.Message) int {
		order := cmp.Compare(flow.Number(index(a)), flow.Number(index(b)))
		if r.right {
			return -order
		}
		return order
	})
	return msgs
}

func index(msg *flow.Message) flow.Value {
	parts, ok := msg.Get(sequence.Property).(*flow.Object)
	if !ok {
		return nil
	}
	return parts.Get("index")
}
