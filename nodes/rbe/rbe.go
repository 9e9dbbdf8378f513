// Package rbe is the node type rbe, filter in the editor: it lets messages pass
// whose value changed (report by exception), or changed enough.
package rbe

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Config is the node's configuration.
type Config struct {
	Func      string `json:"func" doc:"what passes: rbe what differs from the value before, rbei the same without the first value, deadband and deadbandEq what differs by more than gap (Eq: or by gap), narrowband and narrowbandEq what does not differ by more than gap (Eq: nor by gap)"`
	Gap       string `json:"gap" doc:"the difference, or a share of the value before, such as 10%"`
	Start     string `json:"start" doc:"the value before the first one, for narrowband and narrowbandEq"`
	Inout     string `json:"inout" doc:"the value before is: out the last one that passed, in the last one that came"`
	SepTopics bool   `json:"septopics" doc:"whether each topic has a value of its own"`
	Property  string `json:"property" doc:"the property of the message that is the value"`
	Topic     string `json:"topi" doc:"the property of the message that is the topic"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "rbe", Category: "function", Inputs: 1, Outputs: 1,
	Summary:    "Passes messages on only if their value has changed, or changed enough.",
	OutputDocs: []string{"the messages that pass"},
	InputDocs:  []flow.Doc{{Name: "reset", Text: "if it is there, forget the value of the message's topic, or of all topics if it has none"}},
	Notes: "Objects are compared by what is in them. For a difference, text that begins with a number is taken for that number; " +
		"other values are dropped with a warning. A message without the property is dropped.",
	Differences: []string{"Its messages complete; those of Node-RED's never do."},
	Default: func() Config {
		return Config{Func: "rbe", Inout: "out", SepTopics: true, Property: "payload", Topic: "topic"}
	},
	New: New,
})

// noTopic is the topic of messages without one.
const noTopic = "_no_topic"

// Node is an rbe node.
type Node struct {
	Config
	env             flow.Env
	property, topic flow.Path
	gap             float64
	percent         bool                  // gap is a share of the value before
	previous        map[string]flow.Value // by topic
}

// New makes a node. A bad function or property name is a *flow.ConfigError.
func New(c Config, env flow.Env) (flow.Node, error) {
	c.Func, c.Inout = cmp.Or(c.Func, "rbe"), cmp.Or(c.Inout, "out")
	n := &Node{Config: c, env: env, previous: map[string]flow.Value{}}
	switch c.Func {
	case "rbe", "rbei", "deadband", "deadbandEq", "narrowband", "narrowbandEq":
	default:
		return nil, &flow.ConfigError{Property: "func", Reason: fmt.Sprintf("expected rbe, rbei, deadband, deadbandEq, narrowband or narrowbandEq, got %q", c.Func)}
	}
	var err error
	if n.property, err = flow.ConfigPath("property", cmp.Or(c.Property, "payload")); err != nil {
		return nil, err
	}
	if n.topic, err = flow.ConfigPath("topi", cmp.Or(c.Topic, "topic")); err != nil {
		return nil, err
	}
	if n.percent = strings.HasSuffix(c.Gap, "%"); n.percent {
		n.gap = flow.ParseFloat(c.Gap)
	} else {
		n.gap = flow.Number(c.Gap)
	}
	return n, nil
}

// Handle sends the message if its value passes.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	topic, _ := n.topic.In(msg) // a missing parent is a missing topic
	if msg.Has("reset") {
		n.reset(topic)
	}
	value, err := n.property.In(msg)
	if err != nil || value == nil {
		return nil
	}
	key := noTopic
	if n.SepTopics && flow.Truthy(topic) {
		key = flow.Text(topic)
	}
	passes := false
	if n.Func == "rbe" || n.Func == "rbei" {
		passes = n.changed(key, value)
	} else if x := flow.ParseFloat(flow.Text(value)); !math.IsNaN(x) {
		passes = n.inBand(key, x)
	} else {
		n.env.Warn(n.env.Text("rbe.warn.nonumber", "no number found in payload"))
	}
	if passes {
		out.Send(0, msg)
	}
	return nil
}

func (n *Node) reset(topic flow.Value) {
	if name, ok := topic.(string); ok && name != "" && n.SepTopics {
		delete(n.previous, name)
	} else {
		clear(n.previous)
	}
}

// changed tells whether a value differs from the one before.
func (n *Node) changed(key string, value flow.Value) bool {
	previous, seen := n.previous[key]
	if flow.Typeof(value) == "object" && flow.Typeof(previous) != "object" {
		previous = &flow.Object{} // so a first {} is no change, as in Node-RED
	}
	if flow.Equal(value, previous) {
		n.previous[key] = previous
		return false
	}
	n.previous[key] = value
	return n.Func == "rbe" || seen
}

// inBand tells whether a number differs from the one before as func wants it.
func (n *Node) inBand(key string, x float64) bool {
	narrow := strings.HasPrefix(n.Func, "narrowband")
	before, known := n.previous[key]
	previous := flow.Number(before)
	if !known && narrow {
		previous, known = x, true
		if n.Start != "" {
			previous = flow.Number(n.Start)
		}
	}
	gap := n.gap
	if n.percent {
		if gap = math.Abs(previous * n.gap / 100); math.IsNaN(gap) {
			gap = 0
		}
	}
	if !known {
		previous = x - gap - 1 // the first value is always far away
	}
	difference := math.Abs(x - previous)
	passes := false
	switch n.Func {
	case "deadband":
		passes = difference > gap
	case "deadbandEq":
		passes = difference >= gap
	case "narrowband":
		passes = difference <= gap
	case "narrowbandEq":
		passes = difference < gap
	}
	if passes || n.Inout == "in" {
		previous = x
	}
	n.previous[key] = previous
	return passes
}
