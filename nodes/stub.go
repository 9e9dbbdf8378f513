package nodes

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

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

// CatalogWithStubs is [Catalog] with stubs for the types named, whether there are
// such types or not, and with more types.
func CatalogWithStubs(deps Deps, stubs []string, more ...flow.Type) (*flow.Registry, error) {
	catalog, err := Catalog(deps)
	if err != nil {
		return nil, err
	}
	types := slices.Clone(more)
	for _, t := range catalog.Types() {
		if !slices.Contains(stubs, t.Name) {
			types = append(types, t)
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(stubs))) {
		types = append(types, Stub(name))
	}
	return flow.NewRegistry(types...)
}
