package mqttin

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
)

// Handle does what a message's action says.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	switch msg.Get("action") {
	case "connect", "disconnect":
		done := out.Keep()
		mqtt.Control(n.env, n.broker, msg, func(err error) {
			n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error { done(err); return nil }))
		})
		return nil
	case "subscribe":
		list, err := n.named(msg.Get("topic"))
		if err != nil {
			return err
		}
		for _, s := range list {
			n.subscribe(s)
		}
		msg.Set("topic", filled(msg.Get("topic"), list))
		msg.Set("subscriptions", n.list())
		return nil
	case "unsubscribe":
		list, err := n.named(msg.Get("topic"))
		if msg.Get("topic") == true {
			list, err = slices.Clone(n.dynamic), nil
		}
		if err != nil {
			return err
		}
		for _, s := range list {
			n.unsubscribe(flow.Text(s.Get("topic")))
		}
		msg.Set("subscriptions", n.list())
		return nil
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
	sub := mqtt.Subscription{Filter: name, QoS: level(s, "qos", 2)}
	if n.broker.Client().Options().Version == 5 {
		sub.RetainHandling = level(s, "rh", 0)
		sub.RetainAsPublished, sub.NoLocal = flag(s, "rap", true), flag(s, "nl", false)
	}
	datatype, _ := s.Get("datatype").(string)
	if datatype == "" {
		datatype = n.config.Datatype
	}
	n.broker.Client().Subscribe(n.env.ID, sub, n.handler(datatype))
	n.dynamic = append(n.dynamic, s)
}

// level returns an option from 0 to 2, and notes it: if there is none the default,
// and as in Node-RED undefined, which means 0, if it is something else.
func level(s *flow.Object, name string, def byte) byte {
	v, there := s.Lookup(name)
	if !there {
		v = float64(def)
	}
	n := mqtt.Quality(v, none)
	if n == none {
		s.Set(name, nil)
		return 0
	}
	s.Set(name, float64(n))
	return n
}

// none is no QoS.
const none = 3

// flag returns an option that is on or off, and notes it as level does; one that
// is off by itself is not noted.
func flag(s *flow.Object, name string, def bool) bool {
	v := s.Get(name)
	if _, null := v.(flow.Null); def && (v == nil || null) {
		v = true
	}
	on := mqtt.Bool(v, false)
	switch {
	case on == mqtt.Bool(v, true):
		s.Set(name, on)
	case def:
		s.Set(name, nil)
	default:
		s.Delete(name)
	}
	return on
}

// filled returns a message's topic whose objects have all options.
func filled(topic flow.Value, list []*flow.Object) flow.Value {
	switch topic := topic.(type) {
	case flow.Array:
		all := slices.Clone(topic)
		for i, v := range all {
			if _, ok := v.(*flow.Object); ok {
				all[i] = list[i]
			}
		}
		return all
	case *flow.Object:
		return list[0]
	}
	return topic
}

// unsubscribe ends a subscription of messages.
func (n *Node) unsubscribe(name string) {
	n.broker.Client().Unsubscribe(n.env.ID, name)
	n.dynamic = slices.DeleteFunc(n.dynamic, func(s *flow.Object) bool { return s.Get("topic") == name })
}
