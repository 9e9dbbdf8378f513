package typed

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/jsonata"
	"github.com/flowrun/flowrun/runtime/state"
)

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

// The limits of one evaluation: the flow waits for it.
const (
	evaluationTime   = 5 * time.Second
	evaluationMemory = 256 << 20 // bytes
)

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

// legacyMessage finds msg in an expression. Such an expression is one of
// Node-RED before 0.17, where msg was a property of the input.
var legacyMessage = regexp.MustCompile(`(^|[^a-zA-Z0-9_'".])msg([^a-zA-Z0-9_'"]|$)`)

// compileJSONata compiles an expression. All JSONata of all nodes comes through
// here.
func (p Place) compileJSONata(text string) (Expression, error) {
	functions, err := p.functions()
	if err != nil {
		return nil, err
	}
	compiled, err := jsonata.Compile(text, jsonata.Functions(functions...),
		jsonata.MaxTime(evaluationTime), jsonata.MaxMemory(evaluationMemory))
	if err != nil {
		return nil, errors.New("invalid JSONata expression: " + err.Error())
	}
	legacy, moments := legacyMessage.MatchString(text), strings.Contains(text, "$moment")
	return func(input flow.Value, variables *flow.Object) (flow.Value, error) {
		if legacy {
			input = flow.NewObject("msg", input)
		}
		var bindings jsonata.Bindings
		if variables != nil {
			bindings = maps.Collect(variables.All())
		}
		v, err := compiled.Eval(context.Background(), input, bindings)
		if err != nil {
			return nil, &ExpressionError{err}
		}
		if moments {
			v = withDates(v)
		}
		return v, nil
	}, nil
}

// functions are those that Node-RED adds to the language.
func (p Place) functions() ([]*jsonata.Function, error) {
	list := []struct {
		name, signature string
		call            func(args []flow.Value) (flow.Value, error)
	}{
		{"flowContext", "", func(args []flow.Value) (flow.Value, error) {
			if p.Stores == nil || p.Env.Flow == "" {
				return nil, nil
			}
			return contextValue(p.Stores.FlowOf(p.Env), args)
		}},
		{"globalContext", "", func(args []flow.Value) (flow.Value, error) {
			if p.Stores == nil {
				return nil, nil
			}
			return contextValue(p.Stores.Global(), args)
		}},
		{"env", "", func(args []flow.Value) (flow.Value, error) {
			if len(args) > 0 && p.Env.Getenv != nil {
				if v, ok := p.Env.Getenv(flow.Text(args[0])); ok && v != nil {
					return v, nil
				}
			}
			return "", nil
		}},
		{"moment", "", func(args []flow.Value) (flow.Value, error) {
			m, err := momentOf(args)
			if err != nil {
				return nil, err
			}
			return momentObject(m)
		}},
		// Values do not change, so a clone is the value itself.
		{"clone", "<(oa)-:o>", func(args []flow.Value) (flow.Value, error) { return args[0], nil }},
	}
	functions := make([]*jsonata.Function, len(list))
	for i, f := range list {
		made, err := jsonata.NewFunction(f.name, f.signature, func(_ jsonata.Call, args []flow.Value) (flow.Value, error) {
			return f.call(args)
		})
		if err != nil {
			return nil, err
		}
		functions[i] = made
	}
	return functions, nil
}

// contextValue returns a context value: the arguments are its key and, if there
// is a second one, the store.
func contextValue(scope *state.Scope, args []flow.Value) (flow.Value, error) {
	if len(args) == 0 {
		return nil, nil
	}
	key := flow.Text(args[0])
	if len(args) > 1 && args[1] != nil {
		key = state.JoinKey(flow.Text(args[1]), key)
	}
	return scope.Get(key)
}

// onMessage evaluates the expression on a message. No message is undefined.
func (x Expression) onMessage(msg *flow.Message) (flow.Value, error) {
	if msg == nil {
		return x(nil, nil)
	}
	return x(msg.Snapshot(), nil)
}
