// Package change is the node type change: it sets, changes, deletes and moves
// properties of messages and of the flow's and the global context.
package change

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// Config is the node's configuration. The last five properties are those of old
// flows, which had one rule.
type Config struct {
	Rules    []Rule     `json:"rules" doc:"what to do, in this order; each has t (set, change, delete or move), p and pt (the property: msg, flow or global), to and tot (the new value, or where to move), and for change from and fromt"`
	Action   string     `json:"action" doc:"t of the only rule, if there are no rules (replace means set)"`
	Property string     `json:"property" doc:"p of that rule"`
	From     string     `json:"from" doc:"from of that rule"`
	To       flow.Value `json:"to" doc:"to of that rule"`
	Reg      flow.Value `json:"reg" doc:"whether from of that rule is a regular expression"`
}

// Rule is one step of the node.
type Rule struct {
	Action   string     `json:"t"`
	Name     string     `json:"p"`
	Type     string     `json:"pt"`
	From     flow.Value `json:"from"`
	FromType string     `json:"fromt"`
	IsRegexp bool       `json:"re"` // the old form of fromt: re
	To       flow.Value `json:"to"`
	ToType   string     `json:"tot"`
	DeepCopy bool       `json:"dc"` // nothing to do: values are never changed in place
}

// Type returns the node type; its nodes use the context in the stores.
func Type(stores *state.Stores) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "change", Category: "function", Inputs: 1, Outputs: 1,
		Summary:    "Sets, changes, deletes and moves properties of messages and context.",
		OutputDocs: []string{"the message, changed"},
		Notes: "The rules are applied in their order, and each sees what those before it did. " +
			"A rule whose value lies below something that is not there is skipped. " +
			"Change replaces text inside of text, by from as text or as a regular expression (fromt: re), where `to` may hold $1 and $&; " +
			"a number or a boolean is replaced if it equals from.",
		Differences: []string{
			"Two properties never share an object: what is changed in one does not show in the other.",
			"A name of a property that is none is an error of the deploy.",
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores})
		},
	})
}

// Node is a change node.
type Node struct {
	env   flow.Env
	rules []rule
}

// rule is a compiled Rule.
type rule struct {
	action string
	name   string
	target *typed.Target
	to     typed.Getter  // set and change: the new value
	moveTo *typed.Target // move
	toName string        // move
	toBool bool          // change: text that comes out as true or false becomes a boolean
	from   func(msg *flow.Message) (*pattern, error)
}

// New makes a node. Constant values, patterns and property names are compiled
// here; a bad one is a *flow.ConfigError.
func New(c Config, place typed.Place) (flow.Node, error) {
	n := &Node{env: place.Env}
	for i, r := range c.allRules() {
		compiled, err := compile(fmt.Sprintf("rules[%d]", i), r.withDefaults(), place)
		if err != nil {
			return nil, err
		}
		n.rules = append(n.rules, compiled)
	}
	return n, nil
}

func (c Config) allRules() []Rule {
	if c.Rules != nil || c.Action == "" {
		return c.Rules
	}
	_, isNull := c.Reg.(flow.Null)
	r := Rule{
		Action: c.Action, Name: c.Property, From: c.From, To: c.To,
		IsRegexp: c.Action == "change" && (isNull || flow.Truthy(c.Reg)),
	}
	if r.Action == "replace" {
		r.Action = "set"
	}
	if r.Action == "move" {
		r.ToType = "msg"
	}
	return []Rule{r}
}

func (r Rule) withDefaults() Rule {
	if r.Type == "" {
		r.Type = "msg"
	}
	if r.Action == "change" && r.IsRegexp {
		r.FromType = "re"
	}
	if r.FromType == "" {
		r.FromType = "str"
	}
	if r.ToType == "" {
		r.ToType = "str"
		if to, ok := r.To.(string); ok && r.Action == "set" && strings.HasPrefix(to, "msg.") {
			r.ToType = "msg"
		}
	}
	return r
}

func compile(at string, r Rule, place typed.Place) (rule, error) {
	c := rule{action: r.Action, name: r.Name}
	var err error
	if c.target, err = place.Target(at+".p", r.Name, r.Type); err != nil {
		return c, err
	}
	switch r.Action {
	case "set":
		c.to, err = place.Compile(at+".to", r.To, r.ToType)
	case "change":
		c.toBool = r.ToType == "bool" && r.Type == "msg"
		if c.to, err = place.Compile(at+".to", r.To, r.ToType); err == nil {
			c.from, err = compileFrom(at+".from", r, place)
		}
	case "move":
		c.toName = flow.Text(r.To)
		c.moveTo, err = place.Target(at+".to", c.toName, r.ToType)
	case "delete":
	default:
		err = &flow.ConfigError{Property: at + ".t", Reason: fmt.Sprintf("unknown action %q: expected set, change, delete or move", r.Action)}
	}
	return c, err
}

// Handle applies the rules and sends the message. An error of a rule goes to
// the catch nodes, and the message with it.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	for i := range n.rules {
		if err := n.apply(&n.rules[i], msg); err != nil {
			return err
		}
	}
	out.Send(0, msg)
	return nil
}

func (n *Node) apply(r *rule, msg *flow.Message) error {
	switch r.action {
	case "set":
		value, err := r.to(msg)
		if err != nil {
			return n.failed(err)
		}
		return n.set(r.target, r.name, msg, value)
	case "move":
		value, err := r.target.Get(msg)
		if err != nil {
			return skipMissing(err)
		}
		// In this order a property can move to its own parent or child.
		if _, err := r.target.Set(msg, nil); err != nil {
			return err
		}
		return n.set(r.moveTo, r.toName, msg, value)
	case "change":
		return n.change(r, msg)
	}
	_, err := r.target.Set(msg, nil)
	return skipMissing(err)
}

func (n *Node) set(target *typed.Target, name string, msg *flow.Message, value flow.Value) error {
	ok, err := target.Set(msg, value)
	if err == nil && !ok {
		n.env.Warn(n.env.Text("change.errors.no-override", "Cannot set property of non-object type: %s", name))
	}
	return skipMissing(err)
}

// failed returns what to report of an error in a rule's new value.
func (n *Node) failed(err error) error {
	if x, ok := errors.AsType[*typed.ExpressionError](err); ok {
		return errors.New(n.env.Text("change.errors.invalid-expr", "%v", x))
	}
	return skipMissing(err)
}

// skipMissing hides that a property has no parent, or that a part of its name
// is not in the message: Node-RED skips such a rule without a word.
func skipMissing(err error) error {
	if err == nil {
		return nil
	}
	_, isMissing := errors.AsType[*flow.MissingParentError](err)
	_, isPath := errors.AsType[*flow.PathError](err)
	if isMissing || isPath {
		return nil
	}
	return err
}
