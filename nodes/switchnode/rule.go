package switchnode

import (
	"fmt"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/typed"
)

// rule is a compiled Rule. A rule without a test is an else.
type rule struct {
	test   func(operands) (bool, error)
	v1, v2 typed.Getter // nil if the operator has none
}

// operands are what a rule compares.
type operands struct {
	value, v1, v2 flow.Value
	parts         *flow.Object // nil if the message is no part of a sequence
}

func (r *rule) matches(msg *flow.Message, value flow.Value, parts *flow.Object) (bool, error) {
	o := operands{value: value, parts: parts}
	var err error
	if o.v1, err = r.v1.OrUndefined(msg); err != nil {
		return false, err
	}
	if o.v2, err = r.v2.OrUndefined(msg); err != nil {
		return false, err
	}
	return r.test(o)
}

func (n *Node) compile(at string, r Rule, place typed.Place) (rule, error) {
	var c rule
	if r.Operator == "else" {
		return c, nil
	}
	op, known := operatorNamed(r.Operator)
	if !known {
		return c, &flow.ConfigError{Property: at + ".t", Reason: fmt.Sprintf("unknown operator %q", r.Operator)}
	}
	c.test = op.test
	var err error
	if op.arity > 0 {
		if c.v1, err = n.compileValue(at+".v", r.Operator, r.V, r.VType, place); err != nil {
			return c, err
		}
	}
	if op.arity > 1 {
		if c.v2, err = n.compileValue(at+".v2", r.Operator, r.V2, r.V2Type, place); err != nil {
			return c, err
		}
	}
	if r.Operator == "regex" {
		c.test, err = regexTest(at+".v", r, c.v1)
	}
	return c, err
}

func (n *Node) compileValue(at, operator string, v flow.Value, typ string, place typed.Place) (typed.Getter, error) {
	if operator == "istype" {
		// The name of the wanted type stands in both v and vt, or in vt only.
		if typ == "json" || typ == "null" {
			return typed.Constant(typ), nil
		}
		return typed.Constant(v), nil
	}
	switch typ {
	case "prev":
		return func(*flow.Message) (flow.Value, error) { return n.previous, nil }, nil
	case "jsonata":
		if operator == "jsonata_exp" {
			return compileCondition(at, v, place)
		}
	case "":
		typ = "str"
		if !math.IsNaN(flow.Number(v)) {
			typ = "num"
		}
	}
	return place.Compile(at, v, typ)
}

// compileCondition compiles a JSONata expression that is a rule of its own: $I
// and $N are the message's index in its sequence and the sequence's length.
func compileCondition(at string, v flow.Value, place typed.Place) (typed.Getter, error) {
	expr, err := place.Expression(at, flow.Text(v))
	if err != nil {
		return nil, err
	}
	return func(msg *flow.Message) (flow.Value, error) {
		var variables *flow.Object
		if parts := sequence.Parts(msg); parts != nil {
			variables = flow.NewObject("I", parts.Get("index"), "N", parts.Get("count"))
		}
		return expr(msg.Snapshot(), variables)
	}, nil
}

// regexTest compiles a pattern that is known now, so that a bad one is found
// now, and leaves one that comes with each message to that message.
func regexTest(at string, r Rule, v1 typed.Getter) (func(operands) (bool, error), error) {
	flags := ""
	if r.IgnoreCase {
		flags = "i"
	}
	switch r.VType {
	case "msg", "flow", "global", "prev", "env", "jsonata":
		return func(o operands) (bool, error) {
			re, err := jsregexp.Compile(patternText(o.v1), flags)
			if err != nil {
				return false, err
			}
			return re.MatchString(flow.Text(o.value)), nil
		}, nil
	}
	v, err := v1(nil)
	if err != nil {
		return nil, err
	}
	re, err := jsregexp.Compile(patternText(v), flags)
	if err != nil {
		return nil, &flow.ConfigError{Property: at, Reason: err.Error()}
	}
	return func(o operands) (bool, error) { return re.MatchString(flow.Text(o.value)), nil }, nil
}

func patternText(v flow.Value) string {
	if re, ok := v.(*jsregexp.Regexp); ok {
		return re.String()
	}
	return flow.Text(v)
}
