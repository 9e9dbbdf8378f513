// Package inject is the node type inject: it makes messages when its button is
// pressed, when the flow starts, at an interval or by a cron expression.
package inject

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
)

// userProps is the property of a message that replaces the node's own
// properties for once.
const userProps = "__user_inject_props__"

// Config is the node's configuration.
type Config struct {
	Props       []Prop     `json:"props" doc:"properties of the message; each has p (the name), v and vt (the value and its type)"`
	Payload     flow.Value `json:"payload" doc:"value of a payload in props that has none, and of the payload if there are no props"`
	PayloadType string     `json:"payloadType" doc:"type of payload: str, num, bool, json, bin, date, flow, global, env or jsonata"`
	Topic       flow.Value `json:"topic" doc:"value of a topic in props that has none, and of the topic if there are no props"`
	Once        bool       `json:"once" doc:"send a message when the flow starts"`
	OnceDelay   float64    `json:"onceDelay" doc:"seconds from the start to that message"`
	Repeat      float64    `json:"repeat" doc:"seconds from one message to the next; 0 is never"`
	Crontab     string     `json:"crontab" doc:"when to send messages, in local time, if repeat is 0: five fields, or six with seconds first"`
}

// Prop is one property of the message.
type Prop struct {
	Name  string     `json:"p"`
	Value flow.Value `json:"v"`
	Type  string     `json:"vt"`
}

// Type returns the node type; its nodes use the context in the stores.
func Type(stores *state.Stores) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "inject", Category: "common", Outputs: 1,
		Summary:    "Sends a message at a press of its button, at the start, at an interval or by the clock.",
		OutputDocs: []string{"the message made of props"},
		InputDocs: []flow.Doc{{Name: userProps,
			Text: "in the body of an inject command: a list like props that replaces props for this message; the rest of the body is the message to start with"}},
		Default: func() Config { return Config{OnceDelay: 0.1} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores})
		},
	})
}

// Node is an inject node.
type Node struct {
	place typed.Place
	props []prop
	timer *timer
}

// prop is a compiled Prop.
type prop struct {
	target *typed.Target
	value  typed.Getter
}

// New makes a node. A bad value or cron expression is a *flow.ConfigError.
func New(c Config, place typed.Place) (flow.Node, error) {
	props, err := compile(c.allProps(), place)
	if err != nil {
		return nil, err
	}
	t, err := newTimer(c, place.Env)
	if err != nil {
		return nil, err
	}
	n := &Node{place: place, props: props, timer: t}
	t.task = flow.TaskFunc(func(out flow.Outlet) error {
		_ = n.send(flow.NewMessage(), out) // catch nodes have the error
		return nil
	})
	return n, nil
}

// allProps adds what stands outside of props: all of them in old flows, and
// what the editor leaves out.
func (c Config) allProps() []Prop {
	if c.Props == nil {
		return []Prop{{"payload", c.Payload, c.PayloadType}, {"topic", c.Topic, "str"}}
	}
	props := append([]Prop(nil), c.Props...)
	for i, p := range props {
		switch {
		case p.Value != nil:
		case p.Name == "payload":
			props[i].Value, props[i].Type = c.Payload, c.PayloadType
		case p.Name == "topic" && p.Type == "str":
			props[i].Value = c.Topic
		}
	}
	return props
}

func compile(list []Prop, place typed.Place) ([]prop, error) {
	var props []prop
	for i, p := range list {
		if p.Name == "" {
			continue
		}
		if p.Type == "" {
			p.Type = "str"
		}
		if p.Value == nil {
			p.Value = ""
		}
		at := fmt.Sprintf("props[%d]", i)
		target, err := place.Target(at+".p", p.Name, "msg")
		if err != nil {
			return nil, err
		}
		value, err := place.Compile(at+".v", p.Value, p.Type)
		if err != nil {
			return nil, err
		}
		props = append(props, prop{target, value})
	}
	return props, nil
}

// Handle sets the properties in the message and sends it. If some of them
// cannot be evaluated, nothing is sent and all of their errors are reported.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	props := n.props
	if list, ok := msg.Get(userProps).(flow.Array); ok {
		var c Config
		err := flow.Decode(flow.NewObject("props", list), &c)
		if err == nil {
			props, err = compile(c.Props, n.place)
		}
		if err != nil {
			return err
		}
	}
	msg.Delete(userProps)
	var failures []string
	for _, p := range props {
		v, err := p.value(msg)
		if err == nil {
			_, err = p.target.Set(msg, v)
		}
		if err != nil {
			failures = append(failures, n.text(err))
		}
	}
	if failures != nil {
		return errors.New(strings.Join(failures, "; "))
	}
	out.Send(0, msg)
	return nil
}

// text returns what to report of a property that has no value.
func (n *Node) text(err error) string {
	if x, ok := errors.AsType[*typed.ExpressionError](err); ok {
		return n.place.Env.Text("inject.errors.invalid-expr", "%v", x)
	}
	return err.Error()
}

// Command knows "inject", the button. The body, if there is one, is the message
// to start with.
func (n *Node) Command(name string, body *flow.Object, out flow.Outlet) error {
	if name != "inject" {
		return fmt.Errorf("an inject node has no command %q", name)
	}
	msg := flow.NewMessage()
	if body != nil {
		msg = flow.MessageOf(body)
	}
	ensureID(msg)
	return n.send(msg, out)
}

func ensureID(msg *flow.Message) {
	if !msg.Has(flow.MsgID) {
		msg.Set(flow.MsgID, flow.NewID())
	}
}

// send handles a message that nobody has sent to the node: catch nodes get it with
// what is wrong.
func (n *Node) send(msg *flow.Message, out flow.Outlet) error {
	err := n.Handle(msg, out)
	if err != nil {
		ensureID(msg)
		n.place.Env.Error(err, msg)
	}
	return err
}

// Start arms the timers.
func (n *Node) Start(context.Context) error {
	n.timer.start()
	return nil
}

// Pause stops the timers; none fires after it.
func (n *Node) Pause() { n.timer.stop() }

// Stop stops the timers, too.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.timer.stop()
	return nil
}
