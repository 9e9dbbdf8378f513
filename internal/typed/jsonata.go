package typed

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
)

// ErrJSONata says that a value is a JSONata expression.
var ErrJSONata = errors.New("jsonata is not supported yet")

// Expression is a compiled JSONata expression. Its input is a message's
// properties for the most part, or whatever a node evaluates. The variables are
// those it may use besides, by their names without the dollar; nil is none. The
// error is an *ExpressionError.
type Expression func(input flow.Value, variables *flow.Object) (flow.Value, error)

// ExpressionError says why a JSONata expression has no value. Nodes report it,
// where other values that cannot be had are undefined.
type ExpressionError struct{ Err error }

// Error has Node-RED's words.
func (e *ExpressionError) Error() string { return "Invalid JSONata expression: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *ExpressionError) Unwrap() error { return e.Err }

// Expression compiles a JSONata expression, which reaches the place's context
// and environment by $flowContext, $globalContext and $env. The property is
// where it stands in the node's configuration, for the error, which is a
// *flow.ConfigError.
func (p Place) Expression(property, text string) (Expression, error) {
	expr, err := p.compileJSONata(text)
	if err != nil {
		return nil, &flow.ConfigError{Property: property, Reason: err.Error()}
	}
	return expr, nil
}

// compileJSONata is where the engine goes. All JSONata of all nodes comes
// through here.
func (p Place) compileJSONata(string) (Expression, error) { return nil, ErrJSONata }

// onMessage evaluates the expression on a message. No message is undefined.
func (x Expression) onMessage(msg *flow.Message) (flow.Value, error) {
	if msg == nil {
		return x(nil, nil)
	}
	return x(msg.Snapshot(), nil)
}
