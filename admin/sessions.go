package admin

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/session"
)

// getSessions lists the sessions that are open, oldest first.
func (h *handler) getSessions(w http.ResponseWriter, _ *http.Request) {
	list := flow.Array{}
	for _, s := range h.Sessions.Snapshot() {
		list = append(list, sessionObject(s))
	}
	answerJSON(w, list)
}

// sessionObject is a session as the API shows it.
func sessionObject(s session.Info) *flow.Object {
	return flow.NewObject(
		"id", s.ID, "kind", s.Kind, "state", s.State.String(), "node", s.Node, "claim", s.Claim,
		"peer", addressText(s.Remote), "local", addressText(s.Local), "started", s.Started.UTC().Format(time.RFC3339Nano),
		"age", time.Since(s.Started).Seconds(), "idle", s.Idle.Seconds(),
		"bytesIn", float64(s.BytesIn), "bytesOut", float64(s.BytesOut),
		"messagesIn", float64(s.MessagesIn), "messagesOut", float64(s.MessagesOut),
		"queued", float64(s.Queued),
	)
}

// addressText returns host:port, empty if there is none.
func addressText(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}

// deleteSession closes a session in an orderly way, as a tcp-disconnect node
// does.
func (h *handler) deleteSession(w http.ResponseWriter, r *http.Request) {
	s := h.session(r.PathValue("id"))
	if s == nil {
		fail(w, http.StatusNotFound, "not_found", "there is no session "+strconv.Quote(r.PathValue("id")))
		return
	}
	s.Disconnect()
	w.WriteHeader(http.StatusNoContent)
}

// session finds a session by its id. A flow may have forced an id that is a
// number.
func (h *handler) session(id string) *session.Session {
	if s := h.Sessions.Get(id); s != nil {
		return s
	}
	if n, err := strconv.ParseFloat(id, 64); err == nil {
		return h.Sessions.Get(n)
	}
	return nil
}
