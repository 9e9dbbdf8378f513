// Package scope checks the scope of catch and status nodes: which nodes they
// listen to.
package scope

import "github.com/flowrun/flowrun/flow"

// Check returns a *flow.ConfigError unless the scope is null (all nodes of the
// flow), a list of node ids, or "group".
func Check(scope flow.Value) error {
	switch scope {
	case nil, flow.Null{}, "group", "":
		return nil
	}
	if _, isList := scope.(flow.Array); isList {
		return nil
	}
	return &flow.ConfigError{Property: "scope", Reason: `expected null, a list of node ids or "group", got ` + flow.JSON(scope)}
}
