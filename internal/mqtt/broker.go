package mqtt

import "github.com/flowrun/flowrun/flow"

// Broker is an mqtt-broker node.
type Broker interface {
	flow.Node
	// Client returns the node's client, the same for its whole life.
	Client() *Client
	// Override changes the options of the next connection, by the properties of
	// a message's broker object.
	Override(properties *flow.Object) error
}

// Lookup returns the broker node that a node's property broker names. The error is
// a *[flow.ConfigError].
func Lookup(env flow.Env, id string) (Broker, error) {
	return flow.ConfigAs[Broker](env, "mqtt.errors.missing-config", "broker", "mqtt-broker", id)
}

// StatusKeys are the keys that Node-RED has for the texts of the nodes' badges.
func StatusKeys() map[string]string {
	return map[string]string{
		"connecting": "node-red:common.status.connecting", "connected": "node-red:common.status.connected",
		"disconnected": "node-red:common.status.disconnected",
	}
}

// Badge returns the status of a node that uses a client.
func (s State) Badge(env flow.Env) *flow.Object {
	switch s {
	case Connected:
		return flow.Badge("green", "dot", env.Text("common.status.connected", "connected"))
	case Connecting:
		return flow.Badge("yellow", "ring", env.Text("common.status.connecting", "connecting"))
	}
	return flow.Badge("red", "ring", env.Text("common.status.disconnected", "disconnected"))
}
