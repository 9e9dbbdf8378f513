package admin

import (
	"fmt"
	"net/http"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typedjson"
)

// The limits of a tap in conformance mode, in bytes: Node-RED's own tests send
// several messages of 10 MiB at once, and must not lose one.
const (
	conformanceFrame   = 64 << 20
	conformanceBacklog = 256 << 20
)

// conformanceOutbox is how many bytes may wait for a tap: tests fail if a frame
// is lost, and some of them write large files.
const conformanceOutbox = 1 << 30

// Conformance is what Node-RED's own tests may change while flows run.
type Conformance struct {
	Settings *settings.Live
	// Setenv sets a variable of the process; nil removes it.
	Setenv func(name string, value *string) error
}

func (h *handler) conformanceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("PUT /tap/settings", h.putSettings)
	mux.HandleFunc("DELETE /tap/settings", h.deleteSettings)
	mux.HandleFunc("PUT /tap/env", h.putEnv)
	mux.HandleFunc("DELETE /tap/context", h.clearContext)
}

// putSettings changes the settings named in the body; null brings the default
// back. Nodes that are made afterwards see the change.
func (h *handler) putSettings(w http.ResponseWriter, r *http.Request) {
	changes, ok := h.readChanges(w, r)
	if !ok {
		return
	}
	s := h.Conformance.Settings.Get()
	for name, v := range changes.All() {
		if err := changeSetting(&s, name, typedjson.Decode(v)); err != nil {
			fail(w, http.StatusBadRequest, "invalid_settings", err.Error())
			return
		}
	}
	h.Conformance.Settings.Set(s)
	w.WriteHeader(http.StatusNoContent)
}

func changeSetting(s *settings.Settings, name string, v flow.Value) error {
	def := settings.Default()
	null := v == nil || v == flow.Null{}
	number := func(into *int, def int) {
		if *into = int(flow.Number(v)); null {
			*into = def
		}
	}
	duration := func(into *time.Duration, unit time.Duration) {
		if *into = time.Duration(flow.Number(v) * float64(unit)); null {
			*into = 0
		}
	}
	switch name {
	case "nodeMessageBufferMaxLength":
		number(&s.NodeMessageBufferMaxLength, def.NodeMessageBufferMaxLength)
	case "tcpMsgQueueSize":
		number(&s.TCPMsgQueueSize, def.TCPMsgQueueSize)
	case "httpRequestTimeout":
		duration(&s.HTTPRequestTimeout, time.Millisecond)
	case "mqttReconnectTime":
		if duration(&s.MQTTReconnectTime, time.Millisecond); null {
			s.MQTTReconnectTime = def.MQTTReconnectTime
		}
	case "functionTimeout":
		duration(&s.FunctionTimeout, time.Second)
	case "globalFunctionTimeout":
		duration(&s.GlobalFunctionTimeout, time.Second)
	case "fileWorkingDirectory":
		if s.FileWorkingDirectory = ""; !null {
			s.FileWorkingDirectory = flow.Text(v)
		}
	case "functionExternalModules":
		s.FunctionExternalModules = null && def.FunctionExternalModules || flow.Truthy(v) && !null
	default:
		return fmt.Errorf("there is no setting %q", name)
	}
	return nil
}

func (h *handler) deleteSettings(w http.ResponseWriter, _ *http.Request) {
	h.Conformance.Settings.Set(settings.Default())
	w.WriteHeader(http.StatusNoContent)
}

// putEnv sets variables of the process; null removes one.
func (h *handler) putEnv(w http.ResponseWriter, r *http.Request) {
	changes, ok := h.readChanges(w, r)
	if !ok {
		return
	}
	for name, v := range changes.All() {
		var value *string
		if v != (flow.Null{}) {
			text := flow.Text(v)
			value = &text
		}
		if err := h.Conformance.Setenv(name, value); err != nil {
			fail(w, http.StatusBadRequest, "invalid_env", err.Error())
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *handler) readChanges(w http.ResponseWriter, r *http.Request) (*flow.Object, bool) {
	body, ok := readJSON(w, r)
	if !ok {
		return nil, false
	}
	o, ok := body.(*flow.Object)
	if !ok {
		fail(w, http.StatusBadRequest, "invalid_body", "the body must be a JSON object")
	}
	return o, ok
}

// clearContext empties all scopes and stores.
func (h *handler) clearContext(w http.ResponseWriter, _ *http.Request) {
	h.Context.Clear()
	w.WriteHeader(http.StatusNoContent)
}
