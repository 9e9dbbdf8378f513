// Package websocket has the node types websocket in, websocket out,
// websocket-listener and websocket-client.
package websocket

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/websockets"
)

// In is the node type websocket in.
var In = flow.Define(flow.Spec[websockets.Use]{
	Name: "websocket in", Category: "network", Outputs: 1,
	Summary: "Receives what comes over the WebSocket connections of a websocket-listener or websocket-client.",
	OutputDocs: []string{
		"payload: text, or a Buffer for binary data; _session: {type, id} of the connection. " +
			"If the config node sends whole messages: the message that the text is as JSON; what is no JSON object is its payload",
	},
	Notes: "What one connection sends stays in order. 16 of its messages may be on their way through the flows; " +
		"until they are done no more are read from it. " +
		"What comes in while the node is replaced by a deploy waits for the new one. " +
		"The badge also has event (connect, disconnect, error) and the connection's _session, for status nodes.",
	StatusKeys: websockets.StatusKeys(),
	Differences: []string{
		"A whole message that is a JSON array, or null, is the payload of a message.",
	},
	New: func(use websockets.Use, env flow.Env) (flow.Node, error) {
		u, err := websockets.NewUser(use, env, true)
		return input{u}, err
	},
})

// input is a websocket in node.
type input struct{ websockets.User }

// Handle does nothing: the node has no input.
func (input) Handle(*flow.Message, flow.Outlet) error { return nil }
