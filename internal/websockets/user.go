package websockets

import (
	"context"

	"github.com/flowrun/flowrun/flow"
)

// Endpoint is a config node that has a hub.
type Endpoint interface{ Hub() *Hub }

// Use is the configuration of a node that uses a hub.
type Use struct {
	Server string `json:"server" doc:"id of the websocket-listener"`
	Client string `json:"client" doc:"id of the websocket-client; if there is one, server does not count"`
}

// User is the part that nodes that use a hub have in common.
type User struct {
	Env flow.Env
	Hub *Hub

	receives bool
}

// StatusKeys are the keys that Node-RED has for the texts of the nodes' badges.
func StatusKeys() map[string]string {
	return map[string]string{"disconnected": "common.status.disconnected", "error": "common.status.error"}
}

// NewUser finds the hub of a node. If the node receives, it sends what comes in
// on its output 0. The error is a *[flow.ConfigError].
func NewUser(use Use, env flow.Env, receives bool) (User, error) {
	property, typ, id := "server", "websocket-listener", use.Server
	if use.Client != "" {
		property, typ, id = "client", "websocket-client", use.Client
	}
	e, err := flow.ConfigAs[Endpoint](env, "websocket.errors.missing-conf", property, typ, id)
	if err != nil {
		return User{}, err
	}
	return User{Env: env, Hub: e.Hub(), receives: receives}, nil
}

// Start attaches the node.
func (u User) Start(context.Context) error {
	u.Hub.Attach(u.Env.ID, u.Env.Host, u.receives)
	return nil
}

// Stop detaches the node and clears its badge.
func (u User) Stop(_ context.Context, reason flow.StopReason) error {
	u.Hub.Detach(u.Env.ID, reason)
	u.Env.Status(&flow.Object{})
	return nil
}
