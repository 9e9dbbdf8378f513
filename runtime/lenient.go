package runtime

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// What Options.Conformance changes: Node-RED's tests expect that flows with a
// fault are deployed all the same.

// faulty stands in for a node that could not be made. It reports why when it
// starts, and is inert.
type faulty struct{ err error }

// Handle implements [flow.Node].
func (faulty) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start implements [flow.Starter].
func (f faulty) Start(context.Context) error {
	if bad, ok := errors.AsType[*flow.ConfigError](f.err); ok {
		return errors.New(bad.Reason)
	}
	return f.err
}

// withoutMissing returns the types that flows need and that there are not, and
// the flows to run: none at all if a type is missing.
func (r *Runtime) withoutMissing(flows *flowfile.Flows) (*flowfile.Flows, []string) {
	if !r.opts.Conformance {
		return flows, nil
	}
	var missing []string
	for _, n := range flows.Nodes {
		_, known := r.opts.Registry.Lookup(n.Type)
		switch n.Type {
		case "tab", "group", "subflow":
			known = true
		}
		if known || strings.HasPrefix(n.Type, "subflow:") || slices.Contains(missing, n.Type) {
			continue
		}
		missing = append(missing, n.Type)
	}
	if missing != nil {
		flows, _ = flowfile.FromValue(flow.Array{})
	}
	return flows, missing
}

// text returns what the engine says to people, or the key that Node-RED's
// message catalog has for it.
func (r *Runtime) text(key, format string, args ...any) string {
	return flow.Env{MessageKeys: r.opts.Conformance}.Text(key, format, args...)
}
