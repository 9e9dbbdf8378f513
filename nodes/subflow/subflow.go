// Package subflow has the node types that stand for an instance of a subflow.
// The nodes of the subflow are in the flows as they run (flowfile's Expand), and
// so is the wiring; these two are its way in and its face.
package subflow

import (
	"context"
	"unicode/utf16"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/inspect"
)

// Instance is the type of all nodes of a type subflow:….
var Instance = flow.Define(flow.Spec[struct{}]{
	Name: "subflow", Category: "subflows", Inputs: 1, Outputs: 1,
	Summary:     "Stands for an instance of a subflow, whose type is subflow: and the id of the definition.",
	OutputDocs:  []string{"what the subflow sends to its outputs"},
	Notes:       "A property env, a list of {name, value, type}, overrides the variables of the definition.",
	Differences: []string{"All instances together may come to 200000 nodes."},
	New:         func(_ struct{}, env flow.Env) (flow.Node, error) { return &instance{env}, nil },
})

// Status is the type of the node to which the status output of a subflow is
// wired. Its badge is that of the instance.
var Status = flow.Define(flow.Spec[struct{}]{
	Name: "subflow-status", Category: "subflows", Inputs: 1,
	Summary: "Shows the messages of a subflow's status output as the status of the instance.",
	InputDocs: []flow.Doc{
		{Name: "payload", Text: "the text to show, or a status {fill, shape, text}; an empty object clears it"},
		{Name: "status", Text: "the status to show if there is no payload"},
	},
	New: func(_ struct{}, env flow.Env) (flow.Node, error) { return status{env}, nil },
})

// instance passes messages on to what the subflow's input is wired to.
type instance struct{ env flow.Env }

// Handle implements [flow.Node].
func (*instance) Handle(msg *flow.Message, out flow.Outlet) error {
	out.Send(0, msg)
	return nil
}

// Stop clears the status of the instance.
func (n *instance) Stop(context.Context, flow.StopReason) error {
	n.env.Status(&flow.Object{})
	return nil
}

type status struct{ env flow.Env }

// Handle implements [flow.Node].
func (n status) Handle(msg *flow.Message, _ flow.Outlet) error {
	if badge := badgeOf(msg); badge != nil {
		n.env.Status(badge)
	}
	return nil
}

// badgeOf returns what a message shows, nil for nothing.
func badgeOf(msg *flow.Message) *flow.Object {
	switch payload := msg.Get("payload").(type) {
	case nil:
		badge, _ := msg.Get("status").(*flow.Object)
		return badge
	case string:
		return flow.NewObject("text", payload)
	case *flow.Object:
		if payload.Len() == 0 || has(payload, "text") || has(payload, "fill") || has(payload, "shape") {
			return payload
		}
		return flow.NewObject("text", shorten(inspect.Value(payload, inspect.DefaultDepth)))
	default:
		return flow.NewObject("text", shorten(inspect.Value(payload, inspect.DefaultDepth)))
	}
}

func has(o *flow.Object, key string) bool { _, ok := o.Lookup(key); return ok }

// maxText is how long a text may be that nobody meant for a badge, in UTF-16
// units.
const maxText = 32

func shorten(text string) string {
	if units := utf16.Encode([]rune(text)); len(units) > maxText {
		return string(utf16.Decode(units[:maxText])) + "..."
	}
	return text
}
