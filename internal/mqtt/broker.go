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

// Lookup returns the broker node that a node's property names, nil if there is
// none.
func Lookup(env flow.Env, id string) Broker {
	if env.Config == nil {
		return nil
	}
	b, _ := env.Config(id).(Broker)
	return b
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
