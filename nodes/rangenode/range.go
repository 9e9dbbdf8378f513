// Package rangenode is the node type range: it maps numbers from one range to
// another.
package rangenode

import (
	"fmt"
	"math"

	"github.com/flowrun/flowrun/flow"
)

// Config is the node's configuration.
type Config struct {
	Action   string  `json:"action" doc:"what to do with numbers outside of the input range: scale lets them be, clamp moves them to its end, roll wraps them around (modulo), drop drops their messages"`
	MinIn    float64 `json:"minin" doc:"the input range from"`
	MaxIn    float64 `json:"maxin" doc:"to"`
	MinOut   float64 `json:"minout" doc:"the output range from"`
	MaxOut   float64 `json:"maxout" doc:"to"`
	Round    bool    `json:"round" doc:"round results to whole numbers"`
	Property string  `json:"property" doc:"the property of the message"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "range", Category: "function", Inputs: 1, Outputs: 1,
	Summary:    "Maps a number from one range to another.",
	OutputDocs: []string{"the message with the number mapped, or as it is if it has no such property"},
	Notes: "A range may run downwards. Text that is a number is taken for one; " +
		"a message with anything else is dropped, and that is logged.",
	Default: func() Config { return Config{Action: "scale", Property: "payload"} },
	New:     New,
})

// Node is a range node.
type Node struct {
	Config
	env      flow.Env
	property flow.Path
}

// New makes a node. A bad property name or action is a *flow.ConfigError.
func New(c Config, env flow.Env) (flow.Node, error) {
	switch c.Action {
	case "scale", "clamp", "roll", "drop":
	case "":
		c.Action = "scale"
	default:
		return nil, &flow.ConfigError{Property: "action", Reason: fmt.Sprintf("expected scale, clamp, roll or drop, got %q", c.Action)}
	}
	if c.Property == "" {
		c.Property = "payload"
	}
	property, err := flow.ConfigPath("property", c.Property)
	if err != nil {
		return nil, err
	}
	if c.MinIn > c.MaxIn {
		c.MinIn, c.MaxIn = c.MaxIn, c.MinIn
		c.MinOut, c.MaxOut = c.MaxOut, c.MinOut
	}
	if c.Round {
		c.MinOut, c.MaxOut = math.Ceil(c.MinOut), math.Floor(c.MaxOut)
	}
	return &Node{Config: c, env: env, property: property}, nil
}

// Handle maps the number and sends the message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	value, err := n.property.In(msg)
	if err != nil {
		return err
	}
	if value == nil {
		out.Send(0, msg)
		return nil
	}
	x := flow.Number(value)
	if math.IsNaN(x) {
		n.env.Report(flow.LevelInfo, n.env.Text("range.errors.notnumber", "Not a number")+": "+flow.Text(value), nil)
		return nil
	}
	y, ok := n.scale(x)
	if !ok {
		return nil
	}
	if _, err := msg.SetPath(n.property, y, true); err != nil {
		return err
	}
	out.Send(0, msg)
	return nil
}

// scale maps a number; it is not ok if the number is to be dropped.
func (n *Node) scale(x float64) (y float64, ok bool) {
	switch n.Action {
	case "drop":
		if x < n.MinIn || x > n.MaxIn {
			return 0, false
		}
	case "clamp":
		x = min(max(x, n.MinIn), n.MaxIn)
	case "roll":
		width := n.MaxIn - n.MinIn
		x = math.Mod(math.Mod(x-n.MinIn, width)+width, width) + n.MinIn
	}
	y = (x-n.MinIn)/(n.MaxIn-n.MinIn)*(n.MaxOut-n.MinOut) + n.MinOut
	if n.Round {
		y = round(y)
	}
	return y, true
}

// round is Math.round of JavaScript, which rounds halves up.
func round(x float64) float64 {
	down := math.Floor(x)
	if x-down >= 0.5 {
		return down + 1
	}
	return down
}
