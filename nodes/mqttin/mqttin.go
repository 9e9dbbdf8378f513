// Package mqttin is the node type mqtt in: it receives messages from an MQTT
// broker.
package mqttin

import (
	"context"
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
)

// Config is the node's configuration.
type Config struct {
	Broker            string     `json:"broker" doc:"id of an mqtt-broker node"`
	Topic             string     `json:"topic" doc:"topic to subscribe to, with the wildcards + and #; $share/group/topic shares its messages with the others of the group"`
	QoS               flow.Value `json:"qos" doc:"highest QoS of the messages: 0, 1 or 2"`
	Datatype          string     `json:"datatype" doc:"what payload is: auto-detect, an object if it is JSON, else as auto; auto, text if it is UTF-8, else a Buffer; buffer; utf8; json; base64"`
	NoLocal           flow.Value `json:"nl" doc:"not the messages of this connection; MQTT 5"`
	RetainAsPublished flow.Value `json:"rap" doc:"retain is as it was published; MQTT 5"`
	RetainHandling    flow.Value `json:"rh" doc:"get retained messages: 0, whenever it subscribes; 1, if the subscription is new; 2, never; MQTT 5"`
	Inputs            int        `json:"inputs" doc:"1: subscribe to what messages say, in place of topic"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "mqtt in", Category: "network", Inputs: 1, Outputs: 1,
	Summary:    "Receives messages from an MQTT broker.",
	OutputDocs: []string{"a message {topic, payload, qos, retain}; with MQTT 5 also responseTopic, correlationData, contentType, messageExpiryInterval, payloadFormatIndicator and userProperties, if it has them; from a broker at localhost also _topic"},
	InputDocs: []flow.Doc{
		{Name: "action", Text: "subscribe, unsubscribe, getSubscriptions (a message with the list in payload), connect or disconnect"},
		{Name: "topic", Text: "what to subscribe to or unsubscribe from: a topic, an object {topic, qos, datatype, nl, rap, rh}, or a list of them; true unsubscribes from all"},
		{Name: "broker", Text: "with connect, an object of properties of the mqtt-broker node that change; with its force it also connects anew"},
	},
	Notes:      "The content type and format indicator of MQTT 5 go before what the payload looks like: with text/… it is text, with application/json an object (text in auto), with a binary type a Buffer.",
	StatusKeys: mqtt.StatusKeys(),
	Differences: []string{
		"Topics that begin with $ need a subscription that does too, as the standard says.",
		"A datatype that there is not is an error of the deploy.",
	},
	Default: func() Config {
		return Config{QoS: "2", Datatype: "utf8", NoLocal: false, RetainAsPublished: true, RetainHandling: 0.0}
	},
	New: New,
})

// Node is an mqtt in node.
type Node struct {
	config  Config
	env     flow.Env
	broker  mqtt.Broker
	dynamic []*flow.Object // what messages have subscribed to
}

// New makes a node.
func New(c Config, env flow.Env) (flow.Node, error) {
	switch c.Datatype {
	case "":
		c.Datatype = "utf8"
	case "auto-detect", "auto", "buffer", "utf8", "json", "base64":
	default:
		return nil, &flow.ConfigError{Property: "datatype", Reason: "expected auto-detect, auto, buffer, utf8, json or base64, got " + c.Datatype}
	}
	broker, err := mqtt.Lookup(env, c.Broker)
	if err == nil && c.Inputs != 1 {
		err = checkTopic(c.Topic, env)
	}
	return &Node{config: c, env: env, broker: broker}, err
}

// checkTopic tells why nothing can be subscribed to.
func checkTopic(topic string, env flow.Env) error {
	reason := ""
	switch {
	case topic == "":
		reason = env.Text("mqtt.errors.not-defined", "topic not defined")
	case !mqtt.ValidFilter(topic):
		reason = env.Text("mqtt.errors.invalid-topic", "Invalid topic specified") + ": " + topic
	default:
		return nil
	}
	return &flow.ConfigError{Property: "topic", Reason: reason, Idle: true,
		Hint: "so the node does nothing; give it a topic such as plant/+/state or plant/# (+ is one level, # the rest)"}
}

// Start subscribes, and has the broker node connect.
func (n *Node) Start(context.Context) error {
	c := &n.config
	client := n.broker.Client()
	if c.Inputs != 1 {
		client.Subscribe(n.env.ID, mqtt.Subscription{
			Filter: c.Topic, QoS: mqtt.Quality(c.QoS, 2), NoLocal: mqtt.Bool(c.NoLocal, false),
			RetainAsPublished: mqtt.Bool(c.RetainAsPublished, false), RetainHandling: mqtt.Quality(c.RetainHandling, 0),
		}, n.handler(c.Datatype))
	}
	client.Attach(n.env.ID, func(s mqtt.State) { n.env.Status(s.Badge(n.env)) })
	return nil
}

// Drain takes no more messages.
func (n *Node) Drain() { n.broker.Client().Suspend(n.env.ID) }

// Stop unsubscribes; the next instance goes on with the subscription.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	n.broker.Client().Detach(n.env.ID, reason == flow.Removed)
	return nil
}

// handler posts messages of a subscription to the node's flow.
func (n *Node) handler(datatype string) mqtt.Handler {
	return func(m *mqtt.Message, cause *flow.Cause) {
		n.env.Post(cause, flow.TaskFunc(func(out flow.Outlet) error {
			n.receive(datatype, m, out)
			return nil
		}))
	}
}

// receive sends a message on.
func (n *Node) receive(datatype string, m *mqtt.Message, out flow.Outlet) {
	o := n.broker.Client().Options()
	msg := flow.NewMessage()
	msg.Set("topic", m.Topic)
	payload, key := decode(datatype, m)
	msg.Set("payload", payload)
	msg.Set("qos", float64(m.QoS))
	msg.Set("retain", m.Retain)
	if key != "" {
		n.env.Error(errors.New(n.env.Text("mqtt.errors."+key, "%s", problems[key])), msg)
		return
	}
	m.SetOn(msg)
	if o.Host == "localhost" || o.Host == "127.0.0.1" {
		msg.Set("_topic", m.Topic)
	}
	out.Send(0, msg)
}
