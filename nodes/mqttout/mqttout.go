// Package mqttout is the node type mqtt out: it publishes messages to an MQTT
// broker.
package mqttout

import (
	"context"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
)

// Config is the node's configuration.
type Config struct {
	Broker      string     `json:"broker" doc:"id of an mqtt-broker node"`
	Topic       string     `json:"topic" doc:"topic to publish on; empty is the message's"`
	QoS         flow.Value `json:"qos" doc:"QoS 0, 1 or 2; empty is the message's, or else 0"`
	Retain      flow.Value `json:"retain" doc:"the broker retains the messages; empty is as the message says"`
	RespTopic   string     `json:"respTopic" doc:"topic for answers; MQTT 5"`
	ContentType string     `json:"contentType" doc:"content type of the payload; MQTT 5"`
	UserProps   flow.Value `json:"userProps" doc:"user properties, an object or its JSON; MQTT 5"`
	Correlation flow.Value `json:"correl" doc:"correlation data; MQTT 5"`
	Expiry      flow.Value `json:"expiry" doc:"seconds after which the broker drops the message; MQTT 5"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "mqtt out", Category: "network", Inputs: 1, KeepsNothing: true,
	Summary: "Publishes messages to an MQTT broker.",
	InputDocs: []flow.Doc{
		{Name: "payload", Text: "what is published: text or a Buffer as it is, objects and lists as JSON. A message without it is ignored"},
		{Name: "topic", Text: "where to, if the node has no topic"},
		{Name: "qos", Text: "if the node has none"},
		{Name: "retain", Text: "if the node has none"},
		{Name: "responseTopic", Text: "also correlationData, contentType, userProperties, messageExpiryInterval, payloadFormatIndicator and topicAlias: properties of MQTT 5. Without a topic the message goes to its responseTopic"},
		{Name: "action", Text: "connect or disconnect: what to do in place of publishing. With connect, broker is an object of properties of the mqtt-broker node that change; with its force it also connects anew"},
	},
	Notes:      "A message completes when the broker has acknowledged it, with QoS 0 when it is written. Until then it holds its source back; not while there is no connection, when it waits in the broker node's queue.",
	StatusKeys: mqtt.StatusKeys(),
	Differences: []string{
		"Sent without a connection, messages wait for it; Node-RED drops them.",
		"A message completes when the broker has it, or fails when its queue is full or the broker refuses it.",
		"A message without a valid topic, of which the node warns, completes.",
		"A message that the broker has not acknowledged when the node is redeployed is sent all the same, but does not complete.",
	},
	Default: func() Config { return Config{QoS: "", Retain: "", UserProps: "", Correlation: "", Expiry: ""} },
	New:     New,
})

// Node is an mqtt out node.
type Node struct {
	config  Config
	env     flow.Env
	broker  mqtt.Broker
	last    int
	pending map[int]*pending // what is not acknowledged
}

// pending is a message that the node goes on handling.
type pending struct {
	done  func(error)
	cause *flow.Cause // whose source waits; nil if none does
}

// New makes a node.
func New(c Config, env flow.Env) (flow.Node, error) {
	broker, err := mqtt.Lookup(env, c.Broker)
	return &Node{config: c, env: env, broker: broker, pending: map[int]*pending{}}, err
}

// Start has the broker node connect.
func (n *Node) Start(context.Context) error {
	was := mqtt.Disconnected
	n.broker.Client().Attach(n.env.ID, func(s mqtt.State) {
		n.env.Status(s.Badge(n.env))
		if was == mqtt.Connected {
			n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error { n.release(); return nil }))
		}
		was = s
	})
	return nil
}

// release has no source wait any longer: what waits for a connection holds nobody
// back.
func (n *Node) release() {
	for _, p := range n.pending {
		p.cause.Done()
		p.cause = nil
	}
}

// Stop lets go of the messages under way: the broker node sends them all the
// same.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	n.broker.Client().Detach(n.env.ID, reason == flow.Removed)
	n.release()
	clear(n.pending)
	return nil
}

// Handle publishes a message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	client := n.broker.Client()
	if flow.Truthy(msg.Get("action")) {
		switch msg.Get("action") {
		case "connect", "disconnect":
			mqtt.Control(n.env, n.broker, msg, n.hold(out, nil))
			return nil
		}
		return mqtt.ErrAction(n.env)
	}
	m := n.message(msg)
	if !msg.Has("payload") {
		return nil
	}
	if !mqtt.ValidTopic(m.Topic) {
		n.env.Warn(n.env.Text("mqtt.errors.invalid-topic", "Invalid topic specified"))
		return nil
	}
	var cause *flow.Cause
	if client.State() == mqtt.Connected {
		cause = out.Cause()
	}
	client.Publish(m, n.hold(out, cause))
	return nil
}

// hold keeps a message until the function that it returns is called, from
// anywhere. The source of the cause, which may be nil, waits until then or until
// the connection is gone.
func (n *Node) hold(out flow.Outlet, cause *flow.Cause) func(error) {
	cause.Hold()
	n.last++
	n.pending[n.last] = &pending{out.Keep(), cause}
	return n.ender(n.last)
}

// ender ends a pending message, on the loop.
func (n *Node) ender(id int) func(error) {
	return func(err error) {
		n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
			if p := n.pending[id]; p != nil {
				delete(n.pending, id)
				p.done(err)
				p.cause.Done()
			}
			return nil
		}))
	}
}

// message makes what is published of a message, and sets that on it as Node-RED
// does: complete and catch nodes see it.
func (n *Node) message(msg *flow.Message) *mqtt.Message {
	c := &n.config
	if c.Topic != "" {
		msg.Set("topic", c.Topic)
	}
	m := &mqtt.Message{QoS: mqtt.Quality(c.QoS, mqtt.Quality(msg.Get("qos"), 0))}
	msg.Set("qos", float64(m.QoS))
	if m.Retain = mqtt.Bool(msg.Get("retain"), false); flow.Truthy(c.Retain) {
		m.Retain = mqtt.Bool(c.Retain, false)
	}
	msg.Set("retain", m.Retain)
	v5 := n.broker.Client().Options().Version == 5
	if v5 {
		n.setProperties(msg)
	}
	if payload, ok := msg.Object().Lookup("payload"); ok {
		m.Payload = mqtt.Payload(payload)
		if _, binary := payload.(flow.Buffer); !binary {
			msg.Set("payload", string(m.Payload))
		}
	}
	m.Properties = mqtt.PropertiesOf(msg.Object())
	if m.Topic, _ = msg.Get("topic").(string); v5 && m.Topic == "" && m.ResponseTopic != "" {
		m.Topic = m.ResponseTopic
		msg.Set("topic", m.Topic)
		msg.Delete("responseTopic")
	}
	return m
}

// setProperties sets those of MQTT 5 that the node has on a message, and puts
// those that the message has itself right.
func (n *Node) setProperties(msg *flow.Message) {
	c := &n.config
	switch msg.Get("userProperties").(type) {
	case nil, flow.Null, flow.Array, *flow.Object:
	default:
		msg.Delete("userProperties")
	}
	if alias := msg.Get("topicAlias"); alias != nil {
		if n := math.Trunc(flow.Number(alias)); math.IsNaN(n) {
			msg.Delete("topicAlias")
		} else {
			msg.Set("topicAlias", n)
		}
	}
	if user := mqtt.UserProperties(c.UserProps); user != nil {
		msg.Set("userProperties", user)
	}
	for _, p := range []struct {
		name string
		own  flow.Value
	}{
		{"responseTopic", c.RespTopic}, {"correlationData", c.Correlation}, {"contentType", c.ContentType},
		{"messageExpiryInterval", c.Expiry},
	} {
		if flow.Truthy(p.own) {
			msg.Set(p.name, p.own)
		}
	}
}
