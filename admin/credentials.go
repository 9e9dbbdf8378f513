package admin

import (
	"net/http"

	"github.com/flowrun/flowrun/flow"
)

// getCredentials answers which credentials a node has: {has_name: true}, never
// their values. (Node-RED gives the values of those that its types do not call
// passwords.)
func (h *handler) getCredentials(w http.ResponseWriter, r *http.Request) {
	answer := &flow.Object{}
	if flows := h.Runtime.Flows(); flows != nil {
		if values := flows.Credentials[r.PathValue("id")]; values != nil {
			for name, v := range values.All() {
				answer.Set("has_"+name, v != nil && v != flow.Null{} && v != "")
			}
		}
	}
	answerJSON(w, answer)
}
