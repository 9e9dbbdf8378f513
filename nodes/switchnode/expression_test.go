package switchnode

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// A JSONata expression that fails in the property is a warning and the end of
// the message, one in a rule goes to the catch nodes.
func TestExpressionErrors(t *testing.T) {
	failing := func(*flow.Message) (flow.Value, error) {
		return nil, &typed.ExpressionError{Err: errors.New("no such function")}
	}
	const english, key = "Invalid JSONata expression: no such function", "switch.errors.invalid-expr"
	for _, tc := range []struct {
		name  string
		level flow.Level
		fail  func(*Node)
	}{
		{"property", flow.LevelWarn, func(n *Node) { n.property = failing }},
		{"first value", flow.LevelError, func(n *Node) { n.rules[0].v1 = failing }},
		{"second value", flow.LevelError, func(n *Node) { n.rules[0].v2 = failing }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := flowtest.New(t, Type(state.New(), nil), `{"rules":[{"t":"btwn","v":1,"v2":5},{"t":"else"}]}`)
			n := d.Node.(*Node)
			tc.fail(n)
			d.Handle(`{"payload":3}`)
			n.env.MessageKeys = true
			d.Handle(`{"payload":3}`)
			if len(d.Sent(0))+len(d.Sent(1)) != 0 {
				t.Errorf("sent %q and %q", d.Sent(0), d.Sent(1))
			}
			for i, want := range []string{english, key} {
				if len(d.Log) != 2 || d.Log[i].Level != tc.level || d.Log[i].What != want {
					t.Fatalf("logged %v, want %s at level %d", d.Log, want, tc.level)
				}
				if isError := tc.level == flow.LevelError; isError != (d.Done[i] != nil) || isError != (d.Log[i].Msg != nil) {
					t.Errorf("done with %v, logged %v", d.Done, d.Log)
				}
			}
		})
	}
}
