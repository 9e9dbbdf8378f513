package admin

import (
	"net/http"
	"os"
	goruntime "runtime"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// getSettings answers with what a client of Node-RED asks for first. There is
// no editor here, and no node types can be installed.
func (h *handler) getSettings(w http.ResponseWriter, r *http.Request) {
	s := flow.NewObject("httpNodeRoot", "/", "version", h.Version)
	if g := grantOf(r); g != nil {
		user := &flow.Object{}
		if g.User.Name == "" {
			user.Set("anonymous", true)
		} else {
			user.Set("username", g.User.Name)
		}
		user.Set("permissions", g.User.Permissions.Value())
		s.Set("user", user)
	}
	names := h.Context.Names()
	stores := make(flow.Array, len(names))
	for i, name := range names {
		stores[i] = name
	}
	encryption := "disabled"
	if h.CredentialSecret != "" {
		encryption = "user"
	}
	s.Set("context", flow.NewObject("default", names[0], "stores", stores))
	s.Set("libraries", flow.Array{})
	s.Set("externalModules", flow.NewObject("palette", flow.NewObject("allowInstall", false, "allowUpload", false)))
	s.Set("flowEncryptionType", encryption)
	s.Set("diagnostics", flow.NewObject("enabled", true, "ui", false))
	s.Set("runtimeState", flow.NewObject("enabled", false, "ui", false))
	s.Set("functionExternalModules", false)
	s.Set("functionTimeout", 0.0)
	s.Set("tlsConfigDisableLocalFiles", false)
	s.Set("editorTheme", flow.NewObject("languages", flow.Array{"en-US"}))
	answerJSON(w, s)
}

// getDiagnostics answers with a report about the program and its machine, in the
// shape of Node-RED's. It has no names of files, users or hosts.
func (h *handler) getDiagnostics(w http.ResponseWriter, _ *http.Request) {
	var memory goruntime.MemStats
	goruntime.ReadMemStats(&memory)
	now := time.Now()
	zone, _ := now.Zone()
	set := func(is bool) string {
		if is {
			return "SET"
		}
		return "UNSET"
	}
	contexts := &flow.Object{}
	for _, name := range h.Context.Names() {
		contexts.Set(name, &flow.Object{})
	}
	_, inContainer := os.Stat("/.dockerenv")
	answerJSON(w, flow.NewObject(
		"report", "diagnostics", "scope", "basic",
		"time", flow.NewObject("utc", now.UTC().Format(http.TimeFormat), "local", now.Format("1/2/2006, 3:04:05 PM")),
		"intl", flow.NewObject("locale", "en-US", "timeZone", zone),
		"go", flow.NewObject("version", goruntime.Version(), "arch", goruntime.GOARCH, "platform", goruntime.GOOS,
			"goroutines", float64(goruntime.NumGoroutine()),
			"memoryUsage", flow.NewObject("sys", float64(memory.Sys), "heapTotal", float64(memory.HeapSys), "heapUsed", float64(memory.HeapInuse))),
		"os", flow.NewObject("containerised", inContainer == nil, "arch", goruntime.GOARCH, "platform", goruntime.GOOS,
			"cpus", float64(goruntime.NumCPU())),
		"runtime", flow.NewObject("version", h.Version, "isStarted", true,
			"flows", flow.NewObject("state", "start", "started", true),
			"modules", flow.NewObject(coreModule, h.Version, ownModule, h.Version),
			"settings", flow.NewObject("available", true, "apiMaxLength", float64(h.MaxBody), "disableEditor", true,
				"contextStorage", contexts, "adminAuth", set(h.Auth != nil), "https", set(h.TLS != nil),
				"httpAdminRoot", "/", "httpNodeRoot", "/")),
	))
}
