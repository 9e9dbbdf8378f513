// Package switchnode is the node type switch: it routes messages to outputs by
// rules on one of their properties.
package switchnode

import (
	"errors"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// Config is the node's configuration.
type Config struct {
	Property     flow.Value `json:"property" doc:"what the rules look at"`
	PropertyType string     `json:"propertyType" doc:"type of property: msg, flow, global, env or jsonata"`
	Rules        []Rule     `json:"rules" doc:"one for each output; each has t (the operator), v and vt (the value and its type), for btwn and index v2 and v2t, for regex case (true ignores case)"`
	CheckAll     bool       `json:"checkall" doc:"whether the rules after one that matched are tried too"`
	Outputs      int        `json:"outputs" doc:"how many outputs the editor draws; each rule has one in any case"`
	Repair       bool       `json:"repair" doc:"whether the messages of an output become a sequence of their own, with new parts"`
}

// Rule is the rule of one output.
type Rule struct {
	Operator   string     `json:"t"`
	V          flow.Value `json:"v"`
	VType      string     `json:"vt"`
	V2         flow.Value `json:"v2"`
	V2Type     string     `json:"v2t"`
	IgnoreCase bool       `json:"case"`
}

// Type returns the node type; its nodes use the context in the stores. A node
// holds at most NodeMessageBufferMaxLength messages of unfinished sequences.
func Type(stores *state.Stores, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "switch", Category: "function", Inputs: 1, Outputs: 1,
		Summary:    "Routes messages by rules on one of their properties.",
		OutputDocs: []string{"messages that match the first rule; each further rule has an output of its own"},
		Notes: "Operators: eq, neq, lt, lte, gt, gte, btwn, cont, regex, true, false, null, nnull, empty, nempty, istype, hask, jsonata_exp (an expression that is true, with $I and $N for index and count of msg.parts), " +
			"for sequences (msg.parts) head, tail and index, and else, which matches if no rule before it did. " +
			"Values are compared as == and < of JavaScript do. The value type prev is the property of the message before. " +
			"tail and repair wait for the whole sequence.",
		Differences: []string{"Its messages complete; those of Node-RED's never do."},
		Default: func() Config {
			return Config{Property: "payload", PropertyType: "msg", CheckAll: true, Outputs: 1}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores}, sequence.NewLimit(live))
		},
	})
}

// Node is a switch node.
type Node struct {
	env      flow.Env
	property typed.Getter
	rules    []rule
	checkAll bool
	repair   bool
	previous flow.Value // the property of the message before
	matched  []int      // the outputs of the message in hand; kept to reuse its space

	needsCount bool // whole sequences only
	limit      sequence.Limit
	pending    sequence.Pending // of unfinished sequences
}

// New makes a node. Rules are compiled here; a bad one is a *flow.ConfigError.
func New(c Config, place typed.Place, limit sequence.Limit) (flow.Node, error) {
	n := &Node{
		env: place.Env, checkAll: c.CheckAll, repair: c.Repair, previous: flow.Null{},
		needsCount: c.Repair, limit: limit,
	}
	var err error
	if n.property, err = place.Compile("property", c.Property, c.PropertyType); err != nil {
		return nil, err
	}
	for i, r := range c.Rules {
		compiled, err := n.compile(fmt.Sprintf("rules[%d]", i), r, place)
		if err != nil {
			return nil, err
		}
		n.rules = append(n.rules, compiled)
		n.needsCount = n.needsCount || r.Operator == "tail"
	}
	return n, nil
}

// Handle sends the message to the outputs whose rules match.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	if !n.needsCount || sequence.Parts(msg) == nil {
		return n.route(msg, out)
	}
	whole, err := n.hold(msg)
	if err != nil {
		return err
	}
	if n.repair {
		n.routeRepaired(whole, out)
		return nil
	}
	for _, m := range whole {
		if err := n.route(m, out); err != nil {
			n.env.Error(err, m)
		}
	}
	return nil
}

func (n *Node) route(msg *flow.Message, out flow.Outlet) error {
	matched, err := n.match(msg)
	if err != nil {
		return err
	}
	if len(matched) == 1 {
		out.Send(matched[0], msg)
		return nil
	}
	if len(matched) > 1 {
		ports := make([][]*flow.Message, matched[len(matched)-1]+1)
		for i, port := range matched {
			if i > 0 {
				msg = msg.Clone()
			}
			ports[port] = []*flow.Message{msg}
		}
		out.SendAll(ports)
	}
	return nil
}

// match returns the outputs of a message, valid until the next call.
func (n *Node) match(msg *flow.Message) ([]int, error) {
	value, err := n.property.OrUndefined(msg)
	if err != nil {
		n.env.Warn(n.failure(err).Error()) // as in Node-RED, where the message ends here
		return nil, nil
	}
	parts, _ := msg.Get("parts").(*flow.Object)
	n.matched = n.matched[:0]
	otherwise := true // no rule matched since the start, or since an else
	for i := range n.rules {
		r := &n.rules[i]
		ok := otherwise
		if r.test == nil {
			otherwise = true
		} else if ok, err = r.matches(msg, value, parts); err != nil {
			return nil, n.failure(err)
		}
		if ok {
			n.matched = append(n.matched, i)
			otherwise = false
			if !n.checkAll {
				break
			}
		}
	}
	n.previous = value
	return n.matched, nil
}

// failure returns what to report of an error in the property or in a rule.
func (n *Node) failure(err error) error {
	if x, ok := errors.AsType[*typed.ExpressionError](err); ok {
		return errors.New(n.env.Text("switch.errors.invalid-expr", "%v", x))
	}
	return err
}
