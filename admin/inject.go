package admin

import (
	"errors"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// inject presses a node's button; a node without one gets a message. A body
// with the property __user_inject_props__ becomes the message; any other object
// is ignored, as in Node-RED.
func (h *handler) inject(w http.ResponseWriter, r *http.Request) {
	body, ok := readObject(w, r)
	if !ok {
		return
	}
	if body != nil && !flow.Truthy(body.Get("__user_inject_props__")) {
		body = nil
	}
	id := r.PathValue("id")
	err := h.Runtime.Command(r.Context(), id, "inject", body)
	if errors.Is(err, runtime.ErrNoCommands) {
		err = h.receive(id, body)
	}
	switch {
	case errors.Is(err, runtime.ErrNoNode):
		answerStatus(w, http.StatusNotFound)
	case err != nil:
		fail(w, http.StatusInternalServerError, "unexpected_error", err.Error())
	default:
		answerStatus(w, http.StatusOK)
	}
}

// receive gives a node a message.
func (h *handler) receive(id string, body *flow.Object) error {
	msg := flow.NewMessage()
	if body != nil {
		msg = flow.MessageOf(body)
	}
	if !flow.Truthy(msg.Get(flow.MsgID)) {
		msg.Set(flow.MsgID, flow.NewID())
	}
	return h.Runtime.Receive(id, msg, nil)
}
