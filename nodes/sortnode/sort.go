// Package sortnode is the node type sort: it sorts a list in a message, or the
// messages of a sequence.
package sortnode

import (
	"cmp"
	"context"
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// Config is the node's configuration.
type Config struct {
	Order      string `json:"order" doc:"ascending or descending"`
	AsNumber   bool   `json:"as_num" doc:"whether keys are compared as numbers"`
	Target     string `json:"target" doc:"the property that is sorted, if targetType is msg"`
	TargetType string `json:"targetType" doc:"what is sorted: msg (a list in a property of the message) or seq (the messages of a sequence)"`
	MsgKey     string `json:"msgKey" doc:"the key of an element, if msgKeyType is jsonata: an expression on the element"`
	MsgKeyType string `json:"msgKeyType" doc:"how a list is sorted: elem (by the elements) or jsonata (by msgKey)"`
	SeqKey     string `json:"seqKey" doc:"the key of a message in a sequence: a property, or an expression if seqKeyType is jsonata"`
	SeqKeyType string `json:"seqKeyType" doc:"what seqKey is: msg or jsonata"`
}

// Type returns the node type; its nodes use the context in the stores. A node
// holds at most NodeMessageBufferMaxLength messages of unfinished sequences;
// beyond that it drops the sequence that began first.
func Type(stores *state.Stores, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "sort", Category: "sequence", Inputs: 1, Outputs: 1,
		Summary:    "Sorts a list in a message, or the messages of a sequence.",
		OutputDocs: []string{"the message with its list sorted; or the messages of a sequence in their new order, with new `parts.index`"},
		Notes: "Keys are compared as < of JavaScript does, texts by their characters. What has the same key stays in its order. " +
			"A message whose property is no list, or that is in no sequence, is dropped.",
		Differences: []string{"Elements whose key is undefined come last; in Node-RED their place depends on the others."},
		Default: func() Config {
			return Config{
				Order: "ascending", Target: "payload", TargetType: "seq",
				MsgKey: "payload", MsgKeyType: "elem", SeqKey: "payload", SeqKeyType: "msg",
			}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			place := typed.Place{Env: env, Stores: stores}
			return newNode(c, env, sequence.NewLimit(live), place.Expression)
		},
	})
}

// Node is a sort node.
type Node struct {
	env        flow.Env
	descending bool
	asNumber   bool
	target     flow.Path        // the list to sort; nil if sequences are sorted
	key        flow.Path        // where a message in a sequence has its key
	expression typed.Expression // what the key is instead; nil is none
	limit      sequence.Limit
	pending    sequence.Pending
}

// compiler is typed.Place.Expression.
type compiler func(property, text string) (typed.Expression, error)

func newNode(c Config, env flow.Env, limit sequence.Limit, compile compiler) (*Node, error) {
	n := &Node{env: env, descending: cmp.Or(c.Order, "ascending") != "ascending", asNumber: c.AsNumber, limit: limit}
	var err error
	if c.TargetType == "msg" {
		if n.target, err = flow.ConfigPath("target", cmp.Or(c.Target, "payload")); err != nil {
			return nil, err
		}
		if c.MsgKeyType == "jsonata" {
			n.expression, err = compile("msgKey", c.MsgKey)
		}
		return n, err
	}
	if c.SeqKeyType == "jsonata" {
		n.expression, err = compile("seqKey", c.SeqKey)
		return n, err
	}
	if n.key, err = flow.ConfigPath("seqKey", cmp.Or(c.SeqKey, "payload")); err != nil {
		return nil, err
	}
	return n, nil
}

// Handle sorts the list of the message, or holds the message until its sequence
// is whole.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	if n.target != nil {
		return n.sortList(msg, out)
	}
	if sequence.Parts(msg) == nil {
		return nil
	}
	s := n.pending.Add(sequence.Keep(msg, out))
	switch {
	case s.Whole():
		n.pending.Take(s)
		if err := n.sortSequence(s, out); err != nil {
			sequence.Fail(s.Kept, msg, err)
		}
	case n.limit.Exceeded(n.pending.Len()):
		oldest := n.pending.Oldest()
		n.pending.Take(oldest)
		err := errors.New(n.env.Text("sort.too-many", "Too many pending messages in sort node"))
		sequence.Fail(oldest.Kept, oldest.Kept[len(oldest.Kept)-1].Msg, err)
	}
	return nil
}

// Stop implements [flow.Stopper]: the messages that are held are dropped.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	for s := n.pending.Oldest(); s != nil; s = n.pending.Oldest() {
		n.pending.Take(s)
		n.env.Report(flow.LevelInfo, n.env.Text("sort.clear", "clear pending message in sort node"), nil)
	}
	return nil
}

func (n *Node) sortList(msg *flow.Message, out flow.Outlet) error {
	value, err := n.target.In(msg)
	if err != nil {
		return err
	}
	list, ok := value.(flow.Array)
	if !ok {
		return nil
	}
	items := make([]item[flow.Value], len(list))
	for i, element := range list {
		key := element
		if n.expression != nil {
			if key, err = n.evaluate(element); err != nil {
				return err
			}
		}
		items[i] = item[flow.Value]{key, element}
	}
	sortItems(items, n.asNumber, n.descending)
	sorted := make(flow.Array, len(items))
	for i := range items {
		sorted[i] = items[i].value
	}
	if _, err := msg.SetPath(n.target, sorted, true); err != nil {
		return err
	}
	out.Send(0, msg)
	return nil
}

func (n *Node) sortSequence(s *sequence.Sequence, out flow.Outlet) error {
	items := make([]item[sequence.Kept], len(s.Kept))
	for i, k := range s.Kept {
		key, err := n.keyOf(k.Msg)
		if err != nil {
			return err
		}
		items[i] = item[sequence.Kept]{key, k}
	}
	sortItems(items, n.asNumber, n.descending)
	for i := range items {
		msg := items[i].value.Msg
		msg.Set(sequence.Property, sequence.With(sequence.Parts(msg), "index", float64(i)))
		out.Send(0, msg)
		items[i].value.Done(nil)
	}
	return nil
}

func (n *Node) keyOf(msg *flow.Message) (flow.Value, error) {
	if n.expression != nil {
		return n.evaluate(msg.Snapshot())
	}
	return n.key.In(msg)
}

// evaluate returns the key of a message or an element.
func (n *Node) evaluate(input flow.Value) (flow.Value, error) {
	key, err := n.expression(input, nil)
	if x, ok := errors.AsType[*typed.ExpressionError](err); ok {
		err = x.Err
	}
	if err != nil {
		return nil, errors.New(n.env.Text("sort.invalid-exp", "Invalid JSONata expression in sort node: %v", err))
	}
	return key, nil
}
