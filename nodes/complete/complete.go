// Package complete is the node type complete: it sends the messages that other
// nodes have handled.
package complete

import "github.com/flowrun/flowrun/flow"

// Config is the node's configuration. The engine reads scope itself when it
// decides who gets a message.
type Config struct {
	Scope []flow.Value `json:"scope" doc:"ids of the nodes whose messages to send"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "complete", Category: "common", Outputs: 1,
	Summary:    "Sends the messages that other nodes have handled.",
	OutputDocs: []string{"the message as the node left it, with complete: {source: {id, type, name}}"},
	New:        func(Config, flow.Env) (flow.Node, error) { return Node{}, nil },
})

// Node is a complete node.
type Node struct{}

// Handle sends the message, which the engine has prepared.
func (Node) Handle(msg *flow.Message, out flow.Outlet) error {
	out.Send(0, msg)
	return nil
}
