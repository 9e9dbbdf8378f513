package admin

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/flowrun/flowrun/flow"
)

// fail answers with an error in Node-RED's shape.
func fail(w http.ResponseWriter, status int, code, message string) {
	failWith(w, status, flow.NewObject("code", code, "message", message))
}

func failWith(w http.ResponseWriter, status int, body *flow.Object) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(flow.AppendJSON(nil, body)) // the client is gone if this fails
}

func answerJSON(w http.ResponseWriter, v flow.Value) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(flow.AppendJSON(nil, v))
}

// readJSON reads the body; an empty one is undefined. If the body is too large
// or no JSON, it answers so and returns false.
func readJSON(w http.ResponseWriter, r *http.Request) (flow.Value, bool) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		failBody(w, err)
		return nil, false
	}
	if len(text) == 0 {
		return nil, true
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid_json", "the body is no JSON: "+err.Error())
		return nil, false
	}
	return v, true
}

// readObject is readJSON for a body that must be an object, if there is one.
func readObject(w http.ResponseWriter, r *http.Request) (*flow.Object, bool) {
	v, ok := readJSON(w, r)
	if !ok {
		return nil, false
	}
	o, isObject := v.(*flow.Object)
	if v != nil && !isObject {
		fail(w, http.StatusBadRequest, "invalid_body", "the body must be a JSON object")
		return nil, false
	}
	return o, true
}

// failBody answers that the body could not be read.
func failBody(w http.ResponseWriter, err error) {
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		fail(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit))
		return
	}
	fail(w, http.StatusBadRequest, "unexpected_error", "reading the body: "+err.Error())
}
