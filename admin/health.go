package admin

import (
	"net/http"
	"sync"

	"github.com/flowrun/flowrun/admin/metrics"
	"github.com/flowrun/flowrun/flow"
)

// healthRoutes adds what a supervisor asks for. Who only wants to know whether
// flowrun is alive and ready needs no permission and learns no more than that.
func (h *handler) healthRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, flow.NewObject("status", "ok"))
	})
	mux.HandleFunc("GET /readyz", h.getReady)
	// Most never ask for metrics: the registry is made for the first who does.
	scrape := sync.OnceValue(func() http.Handler {
		return metrics.Handler(metrics.Source{Runtime: h.Runtime, Sessions: h.Sessions, Version: h.Version})
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { scrape().ServeHTTP(w, r) })
}

// getReady answers 200 while flows run, else 503 with the reason.
func (h *handler) getReady(w http.ResponseWriter, _ *http.Request) {
	if err := h.Runtime.Ready(); err != nil {
		failWith(w, http.StatusServiceUnavailable, flow.NewObject("status", "not ready", "reason", err.Error()))
		return
	}
	answerJSON(w, flow.NewObject("status", "ready"))
}
