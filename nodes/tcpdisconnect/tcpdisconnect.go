// Package tcpdisconnect is the node type tcp-disconnect: it closes sessions.
package tcpdisconnect

import (
	"context"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Reset    bool   `json:"reset" doc:"close at once, with a TCP reset: what waits to be written is lost"`
	Listener string `json:"listener" doc:"id of the node whose sessions a sessionId of \"*\", or tags, mean; empty is all nodes"`
}

// Type returns the node type; it finds its sessions in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-disconnect", Category: "network", Inputs: 1, Outputs: 1,
		KeepsNothing: true,
		Summary:      "Closes a session in an orderly way: what was sent before is written first.",
		InputDocs: []flow.Doc{
			{Name: "sessionId", Text: `the session to close, or a list of them, or "*" for all sessions of listener: a result each; an attempt to connect is given up, a UDP socket is closed at once`},
			{Name: "tags", Text: "without a sessionId: the sessions that a tcp-session node has given these tags (an object)"},
			{Name: "reset", Text: "true or false, replaces the node's"},
		},
		OutputDocs:  []string{"disconnecting {sessionId}, or an error; the node that opened the session sends disconnected when the peer has closed its side too"},
		Errors:      []flow.Doc{{Name: "SESSION_NOT_FOUND", Text: "there is no such session; sessionId is null if the message had none"}},
		Differences: []string{"It gives up an attempt to connect, and closes UDP sessions."},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return &Node{config: c, env: env, store: store}, nil
		},
	})
}

// Node is a tcp-disconnect node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store
}

// Handle closes the sessions that a message names.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	reset, ok := msg.Get("reset").(bool)
	if !ok {
		reset = n.config.Reset
	}
	n.store.Addressed(msg, n.config.Listener, func(id flow.Value) { n.disconnect(id, reset, out) })
	return nil
}

func (n *Node) disconnect(id flow.Value, reset bool, out flow.Outlet) {
	s := n.store.Get(id)
	switch {
	case s == nil:
		out.Send(0, session.NotFound(id))
		return
	case reset:
		s.Reset()
	default:
		s.Disconnect()
	}
	out.Send(0, session.OK("disconnecting", "sessionId", id))
}

// Stop clears the badge, as the other session nodes do.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.env.Status(&flow.Object{})
	return nil
}
