package nodes

import "github.com/flowrun/flowrun/flow"

// Stub returns an inert node type: its nodes take messages and drop them. It
// stands in for a type that a flow uses and that there is not.
func Stub(name string) flow.Type {
	return flow.Define(flow.Spec[struct{}]{
		Name: name, Category: "stub", Inputs: 1,
		Summary: "Drops all messages: a stand-in for a type that is not there.",
		New:     func(struct{}, flow.Env) (flow.Node, error) { return stub{}, nil },
	})
}

type stub struct{}

// Handle implements [flow.Node].
func (stub) Handle(*flow.Message, flow.Outlet) error { return nil }
