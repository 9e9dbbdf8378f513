// Package status is the node type status: it sends the status badges of other
// nodes as messages.
package status

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/scope"
)

// Config is the node's configuration. The engine reads scope itself when it
// decides who gets a badge.
type Config struct {
	Scope flow.Value `json:"scope" doc:"whose badges: null for all nodes of the flow, a list of node ids, or \"group\" for the nodes of its group"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "status", Category: "common", Outputs: 1,
	Summary:     "Sends the status badges of other nodes as messages.",
	OutputDocs:  []string{"status: {fill, shape, text, source: {id, type, name}}"},
	Differences: []string{"A status arrives after the messages that were sent before it, not in the middle of the handler that sets it."},
	New:         New,
})

// Node is a status node.
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
