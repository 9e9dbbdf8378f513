// Package trigger is the node type trigger: a message makes it send one
// message, and after a time, if it was not reset, another one.
package trigger

import (
	"context"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/timers"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// allTopics is the topic of all messages if topics make no difference, and of
// those without one.
const allTopics = "_none"

// Config is the node's configuration.
type Config struct {
	Op1           flow.Value `json:"op1" doc:"the first payload"`
	Op2           flow.Value `json:"op2" doc:"the second payload"`
	Op1Type       string     `json:"op1type" doc:"type of op1: str, num, bool, json, bin, date, env, flow, global or jsonata; val (text, or what true, false and null stand for); pay (the payload of the message as it is) or nul (nothing is sent)"`
	Op2Type       string     `json:"op2type" doc:"type of op2, as for op1; pay is the payload of the message that triggered, payl the latest message"`
	Duration      float64    `json:"duration" doc:"time from the first message to the second; 0: the node waits for a reset and sends no second one; negative: the first is sent again and again, at this interval"`
	Units         string     `json:"units" doc:"unit of duration: ms, s, min or hr"`
	Extend        bool       `json:"extend" doc:"whether each message in between starts the time anew"`
	OverrideDelay bool       `json:"overrideDelay" doc:"whether msg.delay replaces the duration, in milliseconds"`
	Reset         string     `json:"reset" doc:"a payload that resets, as text"`
	ByTopic       string     `json:"bytopic" doc:"all: one time for all messages; topic: one for each value of the property topic"`
	Topic         string     `json:"topic" doc:"that property of the message"`
	Outputs       int        `json:"outputs" doc:"2: the second message leaves on an output of its own"`
}

// Type returns the node type; its nodes use the context in the stores.
func Type(stores *state.Stores) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "trigger", Category: "function", Inputs: 1, Outputs: 1,
		Summary:    "Sends a message when triggered, and after a time another one.",
		OutputDocs: []string{"the message with the first payload, and after the time with the second", "with outputs 2: the second message"},
		InputDocs: []flow.Doc{
			{Name: "reset", Text: "if it is there: the second message, or the next of those repeated, is not sent, and the node can be triggered again"},
			{Name: "delay", Text: "with overrideDelay: milliseconds instead of duration"},
		},
		Notes: "Text with {{…}} is a mustache template whose names are properties of the message. " +
			"Values of the types flow, global and date are those of the moment when the second message is sent.",
		Differences: []string{"Times of more than 24.8 days work."},
		Default: func() Config {
			return Config{Op1: "1", Op2: "0", Op1Type: "str", Op2Type: "str",
				Duration: 250, Units: "ms", ByTopic: "all", Topic: "topic", Outputs: 1}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores})
		},
	})
}

// Node is a trigger node.
type Node struct {
	env           flow.Env
	timers        *timers.Group
	first, second *payload
	duration      time.Duration // 0 is for ever
	loop          bool
	extend        bool
	overrideDelay bool
	reset         string
	topic         flow.Path // nil if topics make no difference
	secondPort    int

	triggered map[string]*trigger // by topic
}

// trigger is what a message has set off.
type trigger struct {
	timer  *timers.Timer // nil if only a reset ends it
	base   *flow.Message // what the second message is made of
	second flow.Value    // its payload, if that is known already
}

// New makes a node. A bad value or property name is a *flow.ConfigError.
func New(c Config, place typed.Place) (flow.Node, error) {
	n := &Node{
		env: place.Env, timers: timers.NewGroup(place.Env),
		loop: c.Duration < 0, extend: c.Extend && c.Duration >= 0,
		overrideDelay: c.OverrideDelay, reset: c.Reset,
		triggered: map[string]*trigger{},
	}
	n.duration = span(math.Abs(c.Duration) * milliseconds(c.Units))
	if c.Outputs == 2 {
		n.secondPort = 1
	}
	var err error
	if n.first, err = compile("op1", c.Op1, c.Op1Type, "1", place); err != nil {
		return nil, err
	}
	if n.second, err = compile("op2", c.Op2, c.Op2Type, "0", place); err != nil {
		return nil, err
	}
	if c.ByTopic != "all" && c.ByTopic != "" {
		if c.Topic == "" {
			c.Topic = "topic"
		}
		if n.topic, err = flow.ConfigPath("topic", c.Topic); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func milliseconds(unit string) float64 {
	switch unit {
	case "s":
		return 1000
	case "min":
		return 60 * 1000
	case "hr":
		return 60 * 60 * 1000
	}
	return 1
}

// span returns ms milliseconds. Only 0 is 0: Node.js has no shorter time than a
// millisecond.
func span(ms float64) time.Duration {
	if ms == 0 {
		return 0
	}
	return max(timers.Milliseconds(ms), time.Millisecond)
}

// Handle triggers, extends the time, resets, or does nothing.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	topic, err := n.topicOf(msg)
	if err != nil {
		return err
	}
	if n.resets(msg) {
		n.end(topic)
		n.show()
		return nil
	}
	wait := n.duration
	if n.overrideDelay {
		if ms, ok := timers.FromMessage(msg.Get("delay")); ok {
			wait = span(ms)
		}
	}
	t := n.triggered[topic]
	if t == nil || n.loop {
		return n.trigger(topic, msg, wait, out)
	}
	extend := n.extend && wait > 0
	if extend || n.second.latest {
		t.base = msg.Clone()
	}
	if extend {
		t.timer.Stop()
		n.arm(topic, t, wait)
	}
	return nil
}

func (n *Node) topicOf(msg *flow.Message) (string, error) {
	if n.topic == nil {
		return allTopics, nil
	}
	v, err := n.topic.In(msg)
	if err != nil || !flow.Truthy(v) {
		return allTopics, err
	}
	return flow.Text(v), nil
}

func (n *Node) resets(msg *flow.Message) bool {
	if msg.Has("reset") {
		return true
	}
	switch payload := msg.Get("payload"); payload {
	case nil, flow.Null{}:
		return false
	default:
		return n.reset != "" && flow.Text(payload) == n.reset
	}
}

// trigger sends the first message and sets the time for the second.
func (n *Node) trigger(topic string, msg *flow.Message, wait time.Duration, out flow.Outlet) error {
	t := &trigger{}
	var err error
	switch {
	case n.second.latest:
		t.base = msg.Clone()
	case !n.second.late:
		if t.second, err = n.second.of(msg); err != nil {
			return err
		}
	}
	first, err := n.first.of(msg)
	if err != nil {
		return err
	}
	if !n.first.keeps {
		msg.Set("payload", first)
	}
	if t.base == nil {
		t.base = msg.Clone()
	}
	n.end(topic)
	n.triggered[topic] = t
	switch {
	case wait == 0:
	case n.loop:
		n.repeat(t, msg.Clone(), wait)
	default:
		n.arm(topic, t, wait)
	}
	n.show()
	if !n.first.nothing {
		out.Send(0, msg.Clone())
	}
	return nil
}

// repeat sends the message at an interval. A date is always that of the moment.
func (n *Node) repeat(t *trigger, msg *flow.Message, interval time.Duration) {
	if n.first.nothing {
		return
	}
	t.timer = n.timers.Every(interval, func(out flow.Outlet) error {
		m := msg.Clone()
		if n.first.date {
			now, err := n.first.of(m)
			if err != nil {
				return err
			}
			m.Set("payload", now)
		}
		out.Send(0, m)
		return nil
	})
}

// arm sets the time for the second message.
func (n *Node) arm(topic string, t *trigger, wait time.Duration) {
	t.timer = n.timers.After(wait, func(out flow.Outlet) error {
		defer n.show()
		delete(n.triggered, topic)
		return n.sendSecond(t, out)
	})
}

func (n *Node) sendSecond(t *trigger, out flow.Outlet) error {
	if n.second.nothing {
		return nil
	}
	if n.second.late {
		var err error
		if t.second, err = n.second.of(t.base); err != nil {
			return err
		}
	}
	if !n.second.latest {
		t.base.Set("payload", t.second)
	}
	out.Send(n.secondPort, t.base)
	return nil
}

// end forgets what was triggered.
func (n *Node) end(topic string) {
	if t := n.triggered[topic]; t != nil {
		t.timer.Stop()
		delete(n.triggered, topic)
	}
}

// show shows a dot while something is triggered, with a count if there are
// several.
func (n *Node) show() {
	badge := &flow.Object{}
	if count := len(n.triggered); count > 0 {
		badge = flow.NewObject("fill", "blue", "shape", "dot")
		if count > 1 {
			badge.Set("text", float64(count))
		}
	}
	n.env.Status(badge)
}

// Stop gives up what was triggered: nothing is sent after it.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.timers.Stop()
	clear(n.triggered)
	n.env.Status(&flow.Object{})
	return nil
}
