// Package unknown is the node type unknown: what Node-RED's editor puts in the
// place of a node whose type it does not know.
package unknown

import "github.com/flowrun/flowrun/flow"

// Type is the node type.
var Type = flow.Define(flow.Spec[struct{}]{
	Name: "unknown", Category: "common", Inputs: 1, Outputs: 1,
	Summary:    "Drops all messages: a placeholder of Node-RED's editor.",
	OutputDocs: []string{"nothing"},
	New:        func(struct{}, flow.Env) (flow.Node, error) { return Node{}, nil },
})

// Node is a placeholder.
type Node struct{}

// Handle drops the message.
func (Node) Handle(*flow.Message, flow.Outlet) error { return nil }
