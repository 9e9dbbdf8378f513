package admin

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
)

// routes returns the API, guarded against foreign pages and those who may not
// use it; see permissionFor. What the API does not have the routes of nodes may,
// which are open to everybody who can reach them.
func (h *handler) routes() http.Handler {
	mux := h.mux()
	api, nothing := h.guard(h.withAccess(mux)), h.guard(http.NotFoundHandler())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		served := func() bool { return h.Web != nil && h.Web.Serve(w, r) }
		if pattern == "" && served() {
			return
		}
		switch {
		case !isClean(r.URL.EscapedPath()): // ServeMux would redirect it
			if pattern == "" || !served() {
				nothing.ServeHTTP(w, r)
			}
		case h.stopping.Load() && r.Method != http.MethodGet && r.Method != http.MethodHead:
			failStopping(w)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// Takes returns what tells whether the API answers a request itself, however many
// routes nodes have.
func Takes(o Options) func(method, path string) bool {
	mux := sync.OnceValue((&handler{Options: o}).mux) // few flows ask
	return func(method, path string) bool {
		_, pattern := mux().Handler(&http.Request{Method: method, URL: &url.URL{Path: path}})
		return pattern != ""
	}
}

// isClean tells whether a path has neither empty nor dot segments.
func isClean(p string) bool {
	clean := path.Clean(p)
	return p == "" || p == clean || clean != "/" && strings.TrimSuffix(p, "/") == clean
}

// mux returns the API alone.
func (h *handler) mux() *http.ServeMux {
	mux := http.NewServeMux()
	h.consoleRoutes(mux)
	h.healthRoutes(mux)
	mux.HandleFunc("GET /flows", h.getFlows)
	mux.HandleFunc("POST /flows", h.postFlows)
	mux.HandleFunc("GET /flows/state", getState)
	mux.HandleFunc("POST /flows/state", http.NotFound)
	mux.HandleFunc("POST /flow", h.postFlow)
	mux.HandleFunc("GET /flow/{id}", h.getFlow)
	mux.HandleFunc("PUT /flow/{id}", h.putFlow)
	mux.HandleFunc("DELETE /flow/{id}", h.deleteFlow)
	mux.HandleFunc("POST /inject/{id}", h.inject)
	mux.HandleFunc("POST /debug/{state}", h.debugNodes)
	mux.HandleFunc("POST /debug/{id}/{state}", h.debugNode)
	mux.HandleFunc("GET /debug/view/view.html", debugView)
	mux.HandleFunc("GET /comms", h.commsSocket)
	mux.HandleFunc("GET /status", h.getStatus)
	mux.HandleFunc("GET /sessions", h.getSessions)
	mux.HandleFunc("DELETE /sessions/{id}", h.deleteSession)
	mux.HandleFunc("GET /tap/ws", h.tapSocket)
	mux.HandleFunc("GET /tap/nodes", h.tapNodes)
	mux.HandleFunc("POST /tap/nodes/{id}/{op}", h.tapCommand)
	for _, scope := range []string{"global", "flow/{id}", "node/{id}"} {
		path := "/tap/context/" + scope
		mux.HandleFunc("GET "+path, h.getContext)
		mux.HandleFunc("PUT "+path, h.putContext)
		mux.HandleFunc("DELETE "+path, h.deleteContext)
	}
	for _, scope := range []string{"/context/global", "/context/flow/{id}", "/context/node/{id}"} {
		mux.HandleFunc("GET "+scope, h.exportContext)
		mux.HandleFunc("GET "+scope+"/{key...}", h.exportContext)
		mux.HandleFunc("DELETE "+scope, h.removeContext)
		mux.HandleFunc("DELETE "+scope+"/{key...}", h.removeContext)
	}
	mux.HandleFunc("GET /nodes", h.getNodes)
	mux.HandleFunc("POST /nodes", install)
	mux.HandleFunc("GET /nodes/{module}", h.getModule)
	mux.HandleFunc("PUT /nodes/{module}", h.enable)
	mux.HandleFunc("DELETE /nodes/{module}", h.uninstall)
	mux.HandleFunc("GET /nodes/{module}/{set}", h.getSet)
	mux.HandleFunc("PUT /nodes/{module}/{set}", h.enable)
	mux.HandleFunc("GET /settings", h.getSettings)
	mux.HandleFunc("GET /diagnostics", h.getDiagnostics)
	mux.HandleFunc("GET /credentials/{type}/{id}", h.getCredentials)
	mux.HandleFunc("GET /auth/login", h.getLogin)
	if h.Auth != nil {
		mux.HandleFunc("POST /auth/token", h.postToken)
		mux.HandleFunc("POST /auth/revoke", h.postRevoke)
	}
	if h.Conformance != nil {
		h.conformanceRoutes(mux)
	}
	return mux
}
