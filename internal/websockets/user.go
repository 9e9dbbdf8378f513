package websockets

import (
	"context"
	"errors"

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
	Hub *Hub // nil: there is no such config node

	receives bool
}

// NewUser finds the hub of a node. If the node receives, it sends what comes in
// on its output 0.
func NewUser(use Use, env flow.Env, receives bool) User {
	id := use.Server
	if use.Client != "" {
		id = use.Client
	}
	u := User{Env: env, receives: receives}
	if env.Config == nil || id == "" {
		return u
	}
	if e, ok := env.Config(id).(Endpoint); ok {
		u.Hub = e.Hub()
	}
	return u
}

// Start attaches the node. It is an error if there is no hub.
func (u User) Start(context.Context) error {
	if u.Hub == nil {
		return errors.New(u.Env.Text("websocket.errors.missing-conf", "Missing server configuration"))
	}
	u.Hub.Attach(u.Env.ID, u.Env.Host, u.receives)
	return nil
}

// Stop detaches the node and clears its badge.
func (u User) Stop(_ context.Context, reason flow.StopReason) error {
	if u.Hub != nil {
		u.Hub.Detach(u.Env.ID, reason)
	}
	u.Env.Status(&flow.Object{})
	return nil
}
