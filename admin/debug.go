package admin

import (
	_ "embed"
	"errors"
	"io"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// debugPage shows what debug nodes show.
//
//go:embed debug.html
var debugPage string

func debugView(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, debugPage) // the client is gone if this fails
}

// debugNode switches a debug node on or off: 200 for on, 201 for off, 404 if
// there is no such node, as in Node-RED.
func (h *handler) debugNode(w http.ResponseWriter, r *http.Request) {
	state := r.PathValue("state")
	status := debugStatus(state)
	if status != http.StatusNotFound {
		if err := h.Runtime.Command(r.Context(), r.PathValue("id"), state, nil); err != nil {
			status = http.StatusNotFound
		}
	}
	answerStatus(w, status)
}

// debugNodes does the same for a list of nodes, {"nodes": [ids]}. Ids that do
// not exist are passed over.
func (h *handler) debugNodes(w http.ResponseWriter, r *http.Request) {
	state := r.PathValue("state")
	status := debugStatus(state)
	if status == http.StatusNotFound {
		answerStatus(w, status)
		return
	}
	v, ok := readJSON(w, r)
	if !ok {
		return
	}
	body, _ := v.(*flow.Object)
	if body == nil {
		body = &flow.Object{}
	}
	nodes, ok := body.Get("nodes").(flow.Array)
	if !ok {
		answerStatus(w, http.StatusBadRequest)
		return
	}
	for _, id := range nodes {
		err := h.Runtime.Command(r.Context(), flow.Text(id), state, nil)
		if err != nil && !errors.Is(err, runtime.ErrNoNode) {
			h.Log.Warn("switching a debug node", "node", flow.Text(id), "error", err)
		}
	}
	answerStatus(w, status)
}

func debugStatus(state string) int {
	switch state {
	case "enable":
		return http.StatusOK
	case "disable":
		return http.StatusCreated
	}
	return http.StatusNotFound
}

// answerStatus answers with a status and its name.
func answerStatus(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	text := http.StatusText(status)
	_, _ = io.WriteString(w, text)
}
