package mqttin

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
)

// Handle does what a message's action says.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	if n.broker == nil {
		return nil
	}
	switch msg.Get("action") {
	case "connect", "disconnect":
		done := out.Keep()
		mqtt.Control(n.env, n.broker, msg, func(err error) {
			n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error { done(err); return nil }))
		})
		return nil
	case "subscribe":
		list, err := n.named(msg.Get("topic"))
		for _, s := range list {
			n.subscribe(s)
		}
		msg.Set("subscriptions", n.list())
		return err
	case "unsubscribe":
		list, err := n.named(msg.Get("topic"))
		if msg.Get("topic") == true {
			list, err = slices.Clone(n.dynamic), nil
		}
		for _, s := range list {
			n.unsubscribe(flow.Text(s.Get("topic")))
		}
		msg.Set("subscriptions", n.list())
		return err
	case "getSubscriptions":
		msg.Set("topic", "subscriptions")
		msg.Set("payload", n.list())
		out.Send(0, msg)
		return nil
	}
	return mqtt.ErrAction(n.env)
}

// list returns the subscriptions of messages.
func (n *Node) list() flow.Array {
	list := make(flow.Array, len(n.dynamic))
	for i, s := range n.dynamic {
		list[i] = s
	}
	return list
}

// named returns the subscriptions that a message names, as objects of their own.
func (n *Node) named(topic flow.Value) ([]*flow.Object, error) {
	values, isList := topic.(flow.Array)
	if !isList {
		values = flow.Array{topic}
	}
	var list []*flow.Object
	for _, v := range values {
		var s *flow.Object
		switch v := v.(type) {
		case string:
			s = flow.NewObject("topic", v)
		case *flow.Object:
			s = v.Clone()
		default:
			return nil, &flow.Error{Message: n.env.Text("mqtt.errors.invalid-action-badsubscription", "msg.topic is missing or invalid")}
		}
		if name, _ := s.Get("topic").(string); !mqtt.ValidFilter(name) {
			return nil, &flow.Error{Message: n.env.Text("mqtt.errors.invalid-topic", "Invalid topic specified")}
		}
		list = append(list, s)
	}
	return list, nil
}

// subscribe subscribes to what a message says, and notes the options that it has
// not.
func (n *Node) subscribe(s *flow.Object) {
	name := flow.Text(s.Get("topic"))
	n.unsubscribe(name)
	sub := mqtt.Subscription{Filter: name, QoS: mqtt.Quality(s.Get("qos"), 2)}
	s.Set("qos", float64(sub.QoS))
	if n.broker.Client().Options().Version == 5 {
		sub.RetainHandling = mqtt.Quality(s.Get("rh"), 0)
		sub.RetainAsPublished = mqtt.Bool(s.Get("rap"), true)
		sub.NoLocal = mqtt.Bool(s.Get("nl"), false)
		s.Set("rh", float64(sub.RetainHandling))
		s.Set("rap", sub.RetainAsPublished)
		s.Set("nl", sub.NoLocal)
	}
	datatype, _ := s.Get("datatype").(string)
	if datatype == "" {
		datatype = n.config.Datatype
	}
	n.broker.Client().Subscribe(n.env.ID, sub, n.handler(datatype))
	n.dynamic = append(n.dynamic, s)
}

// unsubscribe ends a subscription of messages.
func (n *Node) unsubscribe(name string) {
	n.broker.Client().Unsubscribe(n.env.ID, name)
	n.dynamic = slices.DeleteFunc(n.dynamic, func(s *flow.Object) bool { return s.Get("topic") == name })
}
