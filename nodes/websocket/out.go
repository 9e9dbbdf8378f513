package websocket

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/websockets"
)

// Out is the node type websocket out.
var Out = flow.Define(flow.Spec[websockets.Use]{
	Name: "websocket out", Category: "network", Inputs: 1, KeepsNothing: true,
	Summary: "Sends over the WebSocket connections of a websocket-listener or websocket-client.",
	InputDocs: []flow.Doc{
		{Name: "payload", Text: "what to send: a Buffer as binary data, everything else as text, an object as JSON; nothing is sent without one, or for an empty text. If the config node sends whole messages, the message itself is sent as JSON"},
		{Name: "_session", Text: "the message goes to this connection of the websocket-listener only, and nowhere if it has ended; without one it goes to all"},
	},
	Notes: "What comes in over a websocket-client has a _session too: as in Node-RED it has to be deleted for an answer to be sent. " +
		"What is sent while a websocket-client is not connected is lost, with a warning. " +
		"Whoever has caused what goes out waits until it is written, so a source is no faster than the connections; but not for one that is more than 5 s behind, until it has taken all. " +
		"Up to maxQueue bytes wait for each connection; one for which it would be more is cut, which counts as an error of the config node.",
	StatusKeys:  websockets.StatusKeys(),
	Differences: []string{"A connection that reads too slowly is cut."},
	New: func(use websockets.Use, env flow.Env) (flow.Node, error) {
		u, err := websockets.NewUser(use, env, false)
		return output{u}, err
	},
})

// output is a websocket out node.
type output struct{ websockets.User }

// Handle sends a message.
func (n output) Handle(msg *flow.Message, out flow.Outlet) error {
	m, ok := n.encode(msg)
	if !ok {
		return nil
	}
	if id, ok := websockets.SessionID(msg); ok {
		if !n.Hub.Reply(id, m, out.Cause()) {
			n.Env.Report(flow.LevelDebug, "nothing is sent, the connection "+id+" has ended", nil)
		}
		return nil
	}
	if err := n.Hub.Send(m, out.Cause()); err != nil {
		n.Env.Warn(n.Env.Text("websocket.errors.send-error", "An error occurred while sending: %v", err))
	}
	return nil
}

// encode returns what is sent of a message. It is false if that is nothing.
func (n output) encode(msg *flow.Message) (websockets.Message, bool) {
	if n.Hub.WholeMsg() {
		whole := msg.Clone()
		whole.Delete("_session")
		return websockets.Message{Data: flow.AppendJSON(nil, whole)}, true
	}
	if !msg.Has("payload") {
		return websockets.Message{}, false
	}
	switch payload := msg.Get("payload").(type) {
	case flow.Buffer:
		return websockets.Message{Binary: true, Data: payload}, true
	case nil, string, bool, float64:
		text := flow.Text(payload)
		return websockets.Message{Data: []byte(text)}, text != ""
	default:
		return websockets.Message{Data: flow.AppendJSON(nil, payload)}, true
	}
}
