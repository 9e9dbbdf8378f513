// Package join is the node type join: it makes one message of a sequence of
// messages.
package join

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/timers"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// Config is the node's configuration. The defaults are those of a node that
// lacks the property; the editor writes others into new nodes.
type Config struct {
	Mode         string     `json:"mode" doc:"auto (undo a split), custom or reduce"`
	Build        string     `json:"build" doc:"custom: what to make of the parts: string, buffer, array, object (by key) or merged (the properties of all parts in one object)"`
	Property     string     `json:"property" doc:"custom: the property to take from each message, and to set in the result"`
	PropertyType string     `json:"propertyType" doc:"custom: msg (a property), or full for the whole message"`
	Key          string     `json:"key" doc:"custom: the property that holds the key of a part of an object"`
	Joiner       string     `json:"joiner" doc:"custom: what stands between the parts of text or a Buffer"`
	JoinerType   string     `json:"joinerType" doc:"what joiner is: str (text with the escapes \\n, \\r, \\t, \\f and \\0) or bin (a JSON list of bytes)"`
	UseParts     bool       `json:"useparts" doc:"custom: whether msg.parts says how many parts there are, if count does not"`
	Accumulate   bool       `json:"accumulate" doc:"custom: whether the parts are kept after a result has been sent; each later part sends another"`
	Timeout      float64    `json:"timeout" doc:"custom: seconds after the first part when the result is sent anyway; 0 is never"`
	Count        flow.Value `json:"count" doc:"custom: how many parts make a result (keys for an object); 0 is no number, empty text the one in msg.parts"`

	ReduceRight    bool       `json:"reduceRight" doc:"reduce: begin with the last message"`
	ReduceExp      string     `json:"reduceExp" doc:"reduce: a JSONata expression that is evaluated for each message, with $A (the result so far), $I (the index) and $N (the number of messages)"`
	ReduceInit     flow.Value `json:"reduceInit" doc:"reduce: $A for the first message"`
	ReduceInitType string     `json:"reduceInitType" doc:"reduce: the type of reduceInit"`
	ReduceFixup    string     `json:"reduceFixup" doc:"reduce: a JSONata expression that makes the result of $A and $N at the end; empty is none"`
}

// Type returns the node type; its nodes use the context in the stores. A node in
// mode reduce holds at most NodeMessageBufferMaxLength messages.
func Type(stores *state.Stores, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "join", Category: "sequence", Inputs: 1, Outputs: 1,
		Summary:    "Joins a sequence of messages into one message.",
		OutputDocs: []string{"the last message of the sequence, with the properties that only earlier ones have, and the result in place of its part"},
		InputDocs: []flow.Doc{
			{Name: "parts", Text: "the place of the message in its sequence, as split makes it"},
			{Name: "complete", Text: "if there, the result is sent with this message"},
			{Name: "reset", Text: "if there, the parts so far are dropped, and this message too"},
			{Name: "restartTimeout", Text: "if there, the timeout begins again"},
		},
		Notes: "Mode auto undoes a split: parts are put in their order, whatever order they come in, and the result has the `parts` that the message had before the split. " +
			"Mode custom makes text, a Buffer, a list or an object of a number of messages, or of those that come in a time. " +
			"Mode reduce evaluates an expression for each message of a sequence, in the order of the sequence.",
		Differences: []string{"A part whose index is more than 1048576 behind those that are there is an error."},
		Default: func() Config {
			return Config{
				Mode: "auto", Build: "array", Property: "payload", PropertyType: "msg",
				Key: "topic", JoinerType: "str", UseParts: true,
			}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			if c.Mode == "reduce" {
				place := typed.Place{Env: env, Stores: stores}
				return newReducer(c, place, sequence.NewLimit(live), place.Expression)
			}
			return New(c, env)
		},
	})
}

// maxGap bounds how far behind the parts that are there the index of another may
// be: it is what a bad index may cost in memory.
const maxGap = 1 << 20

// Node is a join node in mode auto or custom.
type Node struct {
	env        flow.Env
	auto       bool
	build      string
	property   string
	path       flow.Path // of property
	full       bool      // the whole message is the part
	key        string
	keyPath    flow.Path
	joiner     flow.Value // text or a Buffer
	useParts   bool
	accumulate bool
	timeout    time.Duration // 0 is none
	count      float64       // 0 is none
	partsCount bool          // the count of custom mode is that of msg.parts

	timers *timers.Group
	groups map[string]*group
}

// New makes a node in mode auto or custom.
func New(c Config, env flow.Env) (*Node, error) {
	c.Mode = cmp.Or(c.Mode, "auto")
	n := &Node{
		env: env, auto: c.Mode == "auto", build: cmp.Or(c.Build, "array"), full: c.PropertyType == "full",
		property: cmp.Or(c.Property, "payload"), key: cmp.Or(c.Key, "topic"),
		useParts: c.UseParts, accumulate: c.Accumulate,
		timers: timers.NewGroup(env), groups: map[string]*group{},
	}
	if c.Mode != "auto" && c.Mode != "custom" {
		return nil, &flow.ConfigError{Property: "mode", Reason: fmt.Sprintf("unknown mode %q: expected auto, custom or reduce", c.Mode)}
	}
	if n.full {
		n.property = "payload"
	}
	var err error
	if n.path, err = flow.ConfigPath("property", n.property); err != nil {
		return nil, err
	}
	if n.keyPath, err = flow.ConfigPath("key", n.key); err != nil {
		return nil, err
	}
	if n.joiner, err = parseJoiner(c.Joiner, c.JoinerType); err != nil {
		return nil, &flow.ConfigError{Property: "joiner", Reason: err.Error()}
	}
	if !n.auto {
		n.timeout = timers.Milliseconds(c.Timeout * 1000)
	}
	n.partsCount = c.Count == ""
	if n.count = flow.Number(c.Count); math.IsNaN(n.count) {
		n.count = 0
	}
	return n, nil
}

func parseJoiner(text, kind string) (flow.Value, error) {
	if kind != "bin" {
		return sequence.Unescape(text), nil
	}
	if text == "" {
		text = "[]"
	}
	_, b, err := sequence.ParseBytes(text)
	return flow.Buffer(b), err
}

// Stop implements [flow.Stopper]: the parts that are held are dropped.
func (n *Node) Stop(_ context.Context, _ flow.StopReason) error {
	n.timers.Stop()
	return nil
}

// Handle adds the message to its group, and sends the group's result if it is
// complete with that.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	p, err := n.partOf(msg)
	if err != nil || p == nil {
		return err
	}
	g := n.groups[p.group]
	if msg.Has("restartTimeout") && g != nil {
		n.startTimer(g)
	}
	if msg.Has("reset") {
		n.drop(g)
		return nil
	}
	if p.build == "object" && isEmptyKey(p.key) {
		n.withoutKey(g, msg, out)
		return nil
	}
	if g == nil {
		g = newGroup(p, msg)
		n.groups[p.group] = g
		n.startTimer(g)
	}
	if err := n.add(g, p, msg); err != nil {
		return err
	}
	g.kept = append(g.kept, sequence.Keep(msg, out))
	if g.whole() || msg.Has("complete") {
		n.finish(g, out)
	}
	return nil
}

// withoutKey handles a message that cannot become part of an object. It may
// still complete it.
func (n *Node) withoutKey(g *group, msg *flow.Message, out flow.Outlet) {
	switch {
	case n.auto:
		n.env.Warn("Message missing 'msg.parts.key' property - cannot add to object")
	case !msg.Has("complete"):
		n.env.Warn("Message missing key property 'msg." + n.key + "' - cannot add to object")
	case g != nil:
		g.msg.Set("complete", msg.Get("complete"))
		n.finish(g, out)
	}
}

// startTimer starts the group's timeout, if there is one, from the beginning.
func (n *Node) startTimer(g *group) {
	g.timer.Stop()
	if n.timeout > 0 {
		g.timer = n.timers.After(n.timeout, func(out flow.Outlet) error {
			n.finish(g, out)
			return nil
		})
	}
}

// drop forgets a group; nil is none.
func (n *Node) drop(g *group) {
	if g != nil {
		g.timer.Stop()
		delete(n.groups, g.id)
		sequence.Complete(g.kept)
	}
}

// finish sends the result of a group.
func (n *Node) finish(g *group, out flow.Outlet) {
	g.timer.Stop()
	stays := !n.auto && n.accumulate && !g.msg.Has("complete")
	if !stays {
		delete(n.groups, g.id)
	}
	kept := g.kept
	g.kept = nil
	result, err := g.result(stays)
	if err == nil {
		_, err = g.msg.SetPath(g.path, result, true)
	}
	if err != nil {
		sequence.Fail(kept, g.last, err)
		return
	}
	sequence.Unnest(g.msg)
	g.msg.Delete("complete")
	out.Send(0, g.msg.Clone())
	sequence.Complete(kept)
}
