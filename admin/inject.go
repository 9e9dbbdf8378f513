package admin

import (
	"errors"
	"io"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// inject presses a node's button. A body with the property
// __user_inject_props__ becomes the message; any other object is ignored, as in
// Node-RED.
func (h *handler) inject(w http.ResponseWriter, r *http.Request) {
	v, ok := readJSON(w, r)
	if !ok {
		return
	}
	body, isObject := v.(*flow.Object)
	if v != nil && !isObject {
		fail(w, http.StatusBadRequest, "invalid_body", "the body must be a JSON object")
		return
	}
	if isObject && !flow.Truthy(body.Get("__user_inject_props__")) {
		body = nil
	}
	err := h.Runtime.Command(r.Context(), r.PathValue("id"), "inject", body)
	switch {
	case errors.Is(err, runtime.ErrNoNode):
		fail(w, http.StatusNotFound, "not_found", err.Error())
	case err != nil:
		fail(w, http.StatusInternalServerError, "unexpected_error", err.Error())
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "OK")
	}
}
