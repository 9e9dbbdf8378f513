package websockets

import (
	"fmt"
	"strconv"

	"github.com/flowrun/flowrun/flow"
)

// The methods below show what becomes of connections as the badges of all nodes
// that use the hub. As in Node-RED a badge also has the event (connect,
// disconnect, error) and the connection's _session, for status nodes. The caller
// holds the lock.

func (h *Hub) show(event string, session, badge *flow.Object) {
	badge.Set("event", event)
	badge.Set("_session", session)
	for _, u := range h.users {
		if u.away == nil {
			u.host.Status(badge)
		}
	}
}

func (h *Hub) showClosed(session *flow.Object) {
	badge := flow.Badge("red", "ring", h.env.Text("common.status.disconnected", "disconnected"))
	if len(h.conns) > 0 {
		badge = flow.Badge("green", "dot", h.connectedText())
	}
	h.show("disconnect", session, badge)
}

func (h *Hub) showError(session *flow.Object) {
	h.show("error", session, flow.Badge("red", "ring", h.env.Text("common.status.error", "error")))
}

func (h *Hub) connectedText() string {
	count := ""
	if h.server {
		count = " " + strconv.Itoa(len(h.conns))
	}
	return h.env.Text("websocket.status.connected", "connected%s", count)
}

// sessionOf is the _session of what comes from a connection, or concerns it.
func sessionOf(id string) *flow.Object { return flow.NewObject("type", "websocket", "id", id) }

func newID() string { return flow.Text(flow.NewID()) }

// SessionID returns the id of the connection that a message came from, or should
// go to: that of its _session.
func SessionID(msg *flow.Message) (string, bool) {
	session, ok := msg.Get("_session").(*flow.Object)
	if !ok || session.Get("type") != "websocket" {
		return "", false
	}
	return flow.Text(session.Get("id")), true
}

// slowError says that a connection was cut.
type slowError struct {
	peer       string
	limit, cut int
}

func (e *slowError) Error() string {
	return fmt.Sprintf("the connection with %s was cut, more than %d bytes wait for it to read them (%d cut so far)", e.peer, e.limit, e.cut)
}
