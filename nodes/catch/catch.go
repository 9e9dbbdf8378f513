// Package catch is the node type catch: it sends the messages whose handling
// failed in other nodes.
package catch

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/scope"
)

// Config is the node's configuration. The engine reads scope and uncaught
// itself when it decides who gets an error.
type Config struct {
	Scope    flow.Value `json:"scope" doc:"whose errors: null for all nodes of the flow, a list of node ids, or \"group\" for the nodes of its group"`
	Uncaught bool       `json:"uncaught" doc:"only errors that no other catch node gets"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "catch", Category: "common", Outputs: 1,
	Summary: "Sends the messages whose handling failed in other nodes.",
	OutputDocs: []string{"the message that could not be handled, with error: {message, source: {id, type, name, count}}, " +
		"and code, stack and cause if the error has them; an error that the message had before is in _error"},
	New: New,
})

// Node is a catch node.
type Node struct{}

// New makes a node. A scope of the wrong kind is a *flow.ConfigError.
func New(c Config, _ flow.Env) (flow.Node, error) {
	return Node{}, scope.Check(c.Scope)
}

// Handle sends the message, which the engine has prepared.
func (Node) Handle(msg *flow.Message, out flow.Outlet) error {
	out.Send(0, msg)
	return nil
}
