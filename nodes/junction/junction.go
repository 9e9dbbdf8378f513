// Package junction is the node type junction: a point where wires meet.
package junction

import "github.com/flowrun/flowrun/flow"

// Type is the node type.
var Type = flow.Define(flow.Spec[struct{}]{
	Name: "junction", Category: "common", Inputs: 1, Outputs: 1,
	Summary:    "Passes messages on: a point where wires meet.",
	OutputDocs: []string{"the message"},
	New:        func(struct{}, flow.Env) (flow.Node, error) { return Node{}, nil },
})

// Node is a junction.
type Node struct{}

// Handle passes the message on.
func (Node) Handle(msg *flow.Message, out flow.Outlet) error {
	out.Send(0, msg)
	return nil
}
