// Package comment is the node type comment, which does nothing: it is there to
// be read.
package comment

import "github.com/flowrun/flowrun/flow"

// Config is the node's configuration.
type Config struct {
	Info string `json:"info" doc:"the text, in Markdown"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "comment", Category: "common",
	Summary: "Text for whoever reads the flow.",
	New:     func(Config, flow.Env) (flow.Node, error) { return Node{}, nil },
})

// Node is a comment.
type Node struct{}

// Handle does nothing: no message comes here.
func (Node) Handle(*flow.Message, flow.Outlet) error { return nil }
