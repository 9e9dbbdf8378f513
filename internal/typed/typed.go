// Package typed evaluates typed values: a value in a node's configuration
// together with the name of its type, such as {"to":"payload.x","tot":"msg"}
// (Node-RED's evaluateNodeProperty). A value is compiled once, when the node is
// made, and evaluated for each message.
//
// The types are str, num, bool, json, bin, re, date, msg, flow, global, env and
// jsonata; a value of another type stands for itself.
package typed

import (
	"errors"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
	"github.com/flowrun/flowrun/internal/moment"
	"github.com/flowrun/flowrun/runtime/state"
)

// Place is where values are evaluated: a node, and the context it can reach.
type Place struct {
	Env    flow.Env
	Stores *state.Stores
}

// Getter returns a compiled value. Only the types msg, flow, global and jsonata
// look at the message, and only they return errors: a *flow.MissingParentError,
// a *flow.PathError, an *ExpressionError.
type Getter func(msg *flow.Message) (flow.Value, error)

// OrUndefined evaluates a value that may be missing: undefined is what it is if
// it cannot be had, as in Node-RED. Only a JSONata expression may be an error,
// an *ExpressionError. A nil Getter is undefined.
func (get Getter) OrUndefined(msg *flow.Message) (flow.Value, error) {
	if get == nil {
		return nil, nil
	}
	v, err := get(msg)
	if x, ok := errors.AsType[*ExpressionError](err); ok {
		return nil, x
	}
	if err != nil {
		return nil, nil
	}
	return v, nil
}

// Constant returns a getter of a value that never changes.
func Constant(v flow.Value) Getter {
	return func(*flow.Message) (flow.Value, error) { return v, nil }
}

// Compile compiles a value. The property is where it stands in the node's
// configuration, for the error, which is a *flow.ConfigError.
func (p Place) Compile(property string, value flow.Value, typ string) (Getter, error) {
	get, err := p.compile(value, typ)
	if err != nil {
		return nil, &flow.ConfigError{Property: property, Reason: err.Error()}
	}
	return get, nil
}

func (p Place) compile(value flow.Value, typ string) (Getter, error) {
	text := ""
	if value != nil {
		text = flow.Text(value)
	}
	switch typ {
	case "str":
		return Constant(text), nil
	case "num":
		return Constant(flow.Number(value)), nil
	case "bool":
		return Constant(strings.EqualFold(text, "true")), nil
	case "json", "bin":
		v, err := parseJSON(value)
		if err == nil && typ == "bin" {
			v, err = toBuffer(v)
		}
		return Constant(v), err
	case "re":
		re, err := jsregexp.Compile(text, "")
		return Constant(re), err
	case "date":
		return dateGetter(p.Env.Clock, text), nil
	case "msg":
		path, err := flow.ParseMessagePath(text)
		return path.In, err
	case "flow", "global":
		key, err := p.contextKey(text, typ)
		if err != nil {
			return nil, err
		}
		return key.get, nil
	case "env":
		return func(*flow.Message) (flow.Value, error) { return ExpandEnv(text, p.Env.Getenv), nil }, nil
	case "jsonata":
		expr, err := p.compileJSONata(text)
		return expr.onMessage, err
	}
	return Constant(value), nil
}

// parseJSON reads JSON text. What is no text is taken as it is: somebody wrote
// a number or an object instead of text.
func parseJSON(value flow.Value) (flow.Value, error) {
	text, ok := value.(string)
	if !ok && value != nil {
		return value, nil
	}
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		return nil, errors.New("invalid JSON: " + err.Error())
	}
	return v, nil
}

// toBuffer makes a Buffer of an array of bytes or of text, as Buffer.from does.
func toBuffer(v flow.Value) (flow.Value, error) {
	switch v := v.(type) {
	case string:
		return flow.Buffer(v), nil
	case flow.Buffer:
		return v, nil
	case flow.Array:
		return flow.BufferOf(v), nil
	}
	return nil, errors.New("a binary value must be JSON: text or a list of bytes")
}

func dateGetter(clock flow.Clock, format string) Getter {
	return func(*flow.Message) (flow.Value, error) {
		now := clock.Now()
		switch format {
		case "":
			return float64(now.UnixMilli()), nil
		case "object":
			return flow.Date(now.UnixMilli()), nil
		case "iso":
			return flow.Timestamp(now), nil
		}
		return moment.Format(now, format), nil
	}
}

// ExpandEnv returns the value of an environment variable. The text is its name,
// plain or as ${NAME}, whose value keeps its type; in other text each ${NAME}
// is replaced. A variable that is not set is "" (Node-RED's
// evaluateEnvProperty).
func ExpandEnv(text string, getenv func(string) (flow.Value, bool)) flow.Value {
	value := func(name string) flow.Value {
		if getenv != nil {
			if v, ok := getenv(name); ok && v != nil {
				return v
			}
		}
		return ""
	}
	var out strings.Builder
	rest := text
	for {
		before, after, found := strings.Cut(rest, "${")
		name, after, closed := strings.Cut(after, "}")
		if !found || !closed || name == "" {
			break
		}
		if before == "" && after == "" && out.Len() == 0 {
			return value(name)
		}
		out.WriteString(before)
		out.WriteString(flow.Text(value(name)))
		rest = after
	}
	if rest == text {
		return value(text)
	}
	return out.String() + rest
}
