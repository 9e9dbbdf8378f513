// Package debug is the node type debug: it shows messages in the sidebar, in
// the log and in its status badge.
package debug

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/inspect"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// Config is the node's configuration.
type Config struct {
	Active     bool   `json:"active" doc:"whether the sidebar gets anything"`
	ToSidebar  bool   `json:"tosidebar" doc:"show values in the sidebar"`
	Console    bool   `json:"console" doc:"log values"`
	ToStatus   bool   `json:"tostatus" doc:"show values in the node's badge"`
	Complete   string `json:"complete" doc:"what to show: a property of the message, true for the whole message, false for the payload"`
	TargetType string `json:"targetType" doc:"type of complete: msg, full, or jsonata for an expression"`
	StatusVal  string `json:"statusVal" doc:"the property to show in the badge, for statusType msg, or the expression for jsonata"`
	StatusType string `json:"statusType" doc:"what to show in the badge: auto (as complete, or an error or status of the message), counter, msg or jsonata"`
}

// Sink gets what debug nodes show in the sidebar. It is called on the loops of
// flows, from several goroutines, and must not block.
type Sink func(Frame)

// consoleDepth is how deep Node-RED looks into objects for the log.
const consoleDepth = 10

// Type returns the node type; its nodes use the context in the stores. The sink
// may be nil.
func Type(stores *state.Stores, sink Sink) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "debug", Category: "common", Inputs: 1,
		Summary:     "Shows messages in the sidebar, in the log and in its badge.",
		Notes:       "The commands enable and disable switch the sidebar on and off.",
		Differences: []string{"There is no editor: what goes to its sidebar is shown on the page /debug/view/view.html of the admin API, in the log at level debug, and to whoever listens on /comms."},
		Default: func() Config {
			return Config{Active: true, ToSidebar: true, Complete: "false", StatusType: "auto"}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores}, sink)
		},
	})
}

// Node is a debug node.
type Node struct {
	env      flow.Env
	active   bool
	sink     Sink // nil if nothing goes to the sidebar
	console  bool
	whole    bool         // show the whole message
	property typed.Getter // or this
	frame    Frame        // what all frames have in common
	badge    *badge       // nil without one
}

// New makes a node. A bad property name or expression is a *flow.ConfigError.
func New(c Config, place typed.Place, sink Sink) (flow.Node, error) {
	isExpression := c.TargetType == "jsonata"
	n := &Node{env: place.Env, active: c.Active, console: c.Console, whole: c.Complete == "true" && !isExpression}
	if c.ToSidebar {
		n.sink = sink
	}
	kind := "jsonata"
	if !isExpression {
		kind = "msg"
		if c.Complete == "" || c.Complete == "false" || n.whole {
			c.Complete = "payload"
		}
	}
	var err error
	if n.property, err = place.Compile("complete", c.Complete, kind); err != nil {
		return nil, err
	}
	env := place.Env
	n.frame = Frame{ID: env.ID, Flow: env.Flow, Alias: env.Alias, Path: parent(env.Path), Name: env.Name}
	if !n.whole && !isExpression {
		n.frame.Property = c.Complete
	}
	if c.ToStatus {
		n.badge, err = newBadge(c, place)
	}
	return n, err
}

// Start shows the first badge.
func (n *Node) Start(context.Context) error {
	if n.badge != nil {
		n.badge.start()
	}
	return nil
}

// Stop clears the badge.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	if n.badge != nil {
		n.badge.stop()
	}
	return nil
}

// Handle shows the message. A message that reports this node's own badge is
// passed over, because showing it would make the next one.
func (n *Node) Handle(msg *flow.Message, _ flow.Outlet) error {
	if msg.Has("status") && n.isOwnBadge(msg) {
		return nil
	}
	value, err := n.property.OrUndefined(msg)
	if err != nil {
		// As in Node-RED no catch node gets it, and nothing is shown.
		n.env.Error(expressionError(n.env, err), nil)
		return nil
	}
	if n.badge != nil {
		n.badge.show(msg, value)
	}
	if n.whole {
		value = msg.Snapshot()
	}
	if n.console {
		n.env.Report(flow.LevelInfo, consoleText(value), nil)
	}
	if n.active && n.sink != nil {
		frame := n.frame
		frame.Topic, frame.Value = msg.Get("topic"), value
		n.sink(frame)
	}
	return nil
}

// expressionError returns what to report of an expression that has no value.
func expressionError(env flow.Env, err error) error {
	return errors.New(env.Text("debug.invalid-exp", "%v", err))
}

func (n *Node) isOwnBadge(msg *flow.Message) bool {
	id, err := msg.Path("status.source.id")
	return err == nil && id == n.env.ID
}

// parent cuts the last part of a path of ids.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

// consoleText is what Node-RED logs: text as it is, objects as Node.js inspects
// them, and what has several lines on lines of its own.
func consoleText(v flow.Value) string {
	text, isText := v.(string)
	switch v.(type) {
	case nil, bool, float64:
		return inspect.Value(v, consoleDepth)
	}
	if !isText {
		return "\n" + inspect.Value(v, consoleDepth)
	}
	if strings.Contains(text, "\n") {
		return "\n" + text
	}
	return text
}

// Command knows "enable" and "disable".
func (n *Node) Command(name string, _ *flow.Object, _ flow.Outlet) error {
	if name != "enable" && name != "disable" {
		return fmt.Errorf("a debug node has no command %q", name)
	}
	n.active = name == "enable"
	return nil
}
