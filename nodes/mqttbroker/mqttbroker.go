// Package mqttbroker is the config node type mqtt-broker: a connection to an
// MQTT broker, which mqtt in and mqtt out nodes share.
package mqttbroker

import (
	"context"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/settings"
)

// Type returns the node type.
func Type(live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "mqtt-broker", Category: "config",
		Summary: "Is the connection to an MQTT broker (MQTT 3.1, 3.1.1 or 5), shared by the mqtt in and mqtt out nodes whose broker is its id.",
		Notes: "Credentials: user, password. " +
			"It connects when the first node uses it, and tries again and again: the pauses double from 0.2 s up to 5 s. " +
			"Messages of QoS 1 and 2 that the broker has not acknowledged are sent again on the next connection, in order and before newer ones; " +
			"to a broker that has lost the session they are sent as new ones. " +
			"Messages received are acknowledged when the flows are done with them, so a broker that keeps the session sends them again after a crash; 256 are on their way through the flows at most. " +
			"Messages of QoS 2 come once even if the broker restarts meanwhile, as long as it keeps the session (cleansession off, a clientid, with MQTT 5 a sessionExpiry) and saves it: " +
			"mosquitto does with persistence on when it is stopped, not when it is killed, and for no more messages at a time than its max_inflight_messages, by default 20. " +
			"With more under way some come twice; set that, or with MQTT 5 receiveMaximum to no more than it. " +
			"Messages that wait, or that the broker has not acknowledged, are given up when the node stops; it warns of how many.",
		Differences: []string{
			"Messages that are sent while there is no connection wait for it, up to queueLimit of them, where Node-RED drops them.",
			"Received messages are acknowledged when the flows are done with them. Node-RED acknowledges them at once.",
			"The pause before the next attempt to connect grows up to the 5 seconds that Node-RED always waits.",
			"A message that the broker would hang up on (too large, a QoS or a retain flag that it does not support) is an error.",
			"An address that cannot be understood is an error of the deploy.",
			"Messages that come while an mqtt in node is redeployed wait for it.",
		},
		Default: defaults,
		New: func(c Config, env flow.Env) (flow.Node, error) {
			n := &Node{env: env, pause: live.Get().MQTTReconnectTime}
			if c.QueueLimit < 0 {
				return nil, &flow.ConfigError{Property: "queueLimit", Reason: "must not be negative"}
			}
			n.login = login{Config: c, User: env.Credentials.Get("user"), Password: env.Credentials.Get("password")}
			n.generated = "flowrun_" + flow.Text(flow.NewID())
			o, err := n.options(n.login)
			if err != nil {
				return nil, err
			}
			n.client = mqtt.New(o, c.QueueLimit, func(l flow.Level, text string) { env.Report(l, text, nil) })
			return n, nil
		},
	})
}

// Node is an mqtt-broker node. It implements [mqtt.Broker].
type Node struct {
	env       flow.Env
	client    *mqtt.Client
	pause     time.Duration // between two attempts, at most
	generated string        // the client id, if none is configured

	mu    sync.Mutex // nodes of several flows may change it
	login login
}

// Client implements [mqtt.Broker].
func (n *Node) Client() *mqtt.Client { return n.client }

// Handle does nothing: the node has no input.
func (*Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start warns of what does not go together; it is the first node that uses the
// connection which has it connect.
func (n *Node) Start(context.Context) error {
	if !n.login.CleanSession && n.login.ClientID == "" {
		n.env.Warn(n.env.Text("mqtt.errors.nonclean-missingclientid", "No client ID set, using clean session"))
	}
	return nil
}

// Stop disconnects.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.client.Stop()
	return nil
}
