// Package rbe is the node type rbe, filter in the editor: it lets messages pass
// whose value changed (report by exception), or changed enough.
package rbe

import (
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
	c.Func, c.Inout = or(c.Func, "rbe"), or(c.Inout, "out")
	n := &Node{Config: c, env: env, previous: map[string]flow.Value{}}
	switch c.Func {
	case "rbe", "rbei", "deadband", "deadbandEq", "narrowband", "narrowbandEq":
	default:
		return nil, &flow.ConfigError{Property: "func", Reason: fmt.Sprintf("expected rbe, rbei, deadband, deadbandEq, narrowband or narrowbandEq, got %q", c.Func)}
	}
	var err error
	if n.property, err = flow.ParseMessagePath(or(c.Property, "payload")); err != nil {
		return nil, &flow.ConfigError{Property: "property", Reason: err.Error()}
	}
	if n.topic, err = flow.ParseMessagePath(or(c.Topic, "topic")); err != nil {
		return nil, &flow.ConfigError{Property: "topi", Reason: err.Error()}
	}
	if n.percent = strings.HasSuffix(c.Gap, "%"); n.percent {
		n.gap = parseFloat(c.Gap)
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
	} else if x := parseFloat(flow.Text(value)); !math.IsNaN(x) {
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
	if isObject(value) && !isObject(previous) {
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

// isObject tells whether typeof says "object" in JavaScript.
func isObject(v flow.Value) bool {
	switch v.(type) {
	case nil, bool, float64, string:
		return false
	}
	return true
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// parseFloat is that of JavaScript: the number at the start of the text, NaN if
// there is none.
func parseFloat(s string) float64 {
	s = flow.TrimSpace(s)
	n := numberLength(s)
	if n == 0 {
		return math.NaN()
	}
	return flow.Number(s[:n])
}

// numberLength returns the length of the decimal number at the start of s, 0 if
// there is none (StrDecimalLiteral of ECMA-262).
func numberLength(s string) int {
	sign := signLength(s)
	if strings.HasPrefix(s[sign:], "Infinity") {
		return sign + len("Infinity")
	}
	n := sign + digits(s[sign:])
	found := n > sign
	if n < len(s) && s[n] == '.' {
		fraction := digits(s[n+1:])
		if found = found || fraction > 0; found {
			n += 1 + fraction
		}
	}
	if !found {
		return 0
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		exponent := n + 1 + signLength(s[n+1:])
		if d := digits(s[exponent:]); d > 0 {
			n = exponent + d
		}
	}
	return n
}

func signLength(s string) int {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return 1
	}
	return 0
}

// digits returns how many digits s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
