// Package tcpdisconnect is the node type tcp-disconnect: it closes sessions.
package tcpdisconnect

import (
	"context"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration: there is none.
type Config struct{}

// Type returns the node type; it finds its sessions in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-disconnect", Category: "network", Inputs: 1, Outputs: 1,
		KeepsNothing: true,
		Summary:      "Closes a session in an orderly way: what was sent before is written first.",
		InputDocs: []flow.Doc{
			{Name: "sessionId", Text: "the session to close; an attempt to connect is given up, a UDP socket is closed at once"},
		},
		OutputDocs:  []string{"disconnecting {sessionId}, or an error; the node that opened the session sends disconnected when the peer has closed its side too"},
		Errors:      []flow.Doc{{Name: "SESSION_NOT_FOUND", Text: "there is no such session; sessionId is null if the message had none"}},
		Differences: []string{"It gives up an attempt to connect, and closes UDP sessions."},
		New: func(_ Config, env flow.Env) (flow.Node, error) {
			return &Node{env: env, store: store}, nil
		},
	})
}

// Node is a tcp-disconnect node.
type Node struct {
	env   flow.Env
	store *session.Store
}

// Handle closes the session that a message names.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	id := msg.Get("sessionId")
	s := n.store.Get(id)
	if s == nil {
		out.Send(0, session.NotFound(id))
		return nil
	}
	s.Disconnect()
	out.Send(0, session.OK("disconnecting", "sessionId", id))
	return nil
}

// Stop clears the badge, as the other session nodes do.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.env.Status(&flow.Object{})
	return nil
}
