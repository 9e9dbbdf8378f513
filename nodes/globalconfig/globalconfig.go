// Package globalconfig is the config node type global-config: environment
// variables for all flows.
package globalconfig

import "github.com/flowrun/flowrun/flow"

// Config is the node's configuration. Package flowfile reads env itself, when it
// evaluates the environment.
type Config struct {
	Env     flow.Value `json:"env" doc:"the variables: a list of {name, value, type}; type is str, num, bool, json, bin, env, jsonata, date or cred, whose value is in the credentials, in map"`
	Modules flow.Value `json:"modules" doc:"settings of the editor's palette; not used here"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "global-config", Category: "config",
	Summary: "Has environment variables that nodes of all flows see.",
	Default: func() Config { return Config{Env: flow.Array{}, Modules: &flow.Object{}} },
	New:     func(Config, flow.Env) (flow.Node, error) { return Node{}, nil },
})

// Node is a global-config node.
type Node struct{}

// Handle implements [flow.Node]; nothing is ever sent here.
func (Node) Handle(*flow.Message, flow.Outlet) error { return nil }
