package admin

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/flowrun/flowrun/admin/auth"
)

// nobodysPermission is what a request needs that needs none.
const nobodysPermission = "nobody"

// permissions are what requests need whose permission is not, as Node-RED has
// it, the first part of their path with read for a GET and write for all else.
var permissions = map[string]string{
	"GET /{$}":                  nobodysPermission, // the console's files: people log in there
	"GET /console/{file}":       nobodysPermission,
	"GET /debug/view/view.html": nobodysPermission,
	"GET /auth/login":           nobodysPermission,
	"POST /auth/token":          nobodysPermission,
	"GET /comms":                nobodysPermission, // it is asked for later, see commsAccess
	"GET /healthz":              nobodysPermission,
	"GET /readyz":               nobodysPermission,

	"POST /auth/revoke":    "", // anybody's who has logged in
	"GET /console/flows":   "flows.read",
	"POST /console/plan":   "flows.read",
	"POST /console/deploy": "flows.write",
	"GET /console/ws":      "tap.read",
}

// permissionFor returns what a request needs, given the pattern of its route.
func permissionFor(r *http.Request, pattern string) string {
	if permission, ok := permissions[pattern]; ok {
		return permission
	}
	method, path, ok := strings.Cut(pattern, " ")
	if !ok { // a route for all methods
		method, path = r.Method, pattern
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case name == "flow":
		name = "flows"
	case name == "tap" && strings.HasPrefix(rest, "context"):
		name = "context"
	}
	if method == http.MethodGet || method == http.MethodHead {
		return name + ".read"
	}
	return name + ".write"
}

// withAccess lets a request through that may do what it asks for. Others are
// answered as in Node-RED: 401, with a challenge if a token is missing or
// wrong, without one if the token does not allow it. A new route is closed to
// everybody who does not have the permission of its name.
func (h *handler) withAccess(mux *http.ServeMux) http.Handler {
	if h.Auth == nil {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		need := permissionFor(r, pattern)
		if pattern == "" || need == nobodysPermission {
			mux.ServeHTTP(w, r)
			return
		}
		grant, challenge := h.grant(r)
		if grant == nil {
			refuse(w, challenge)
			return
		}
		if !grant.Allows(need) {
			h.Log.Warn("request refused", "user", grant.User.Name, "address", addressOf(r), "needs", need)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, grant)))
	})
}

// grant returns what a request is allowed, or else what the answer is to ask
// for.
func (h *handler) grant(r *http.Request) (g *auth.Grant, challenge string) {
	challenge = `Bearer realm="Users"`
	if token := tokenOf(r); token != "" {
		if g := h.Auth.Check(token); g != nil {
			return g, ""
		}
		challenge += `, error="invalid_token"`
	}
	return h.Auth.Anonymous(), challenge
}

func refuse(w http.ResponseWriter, challenge string) {
	if challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.Header()["Content-Type"] = nil // as in Node-RED
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, http.StatusText(http.StatusUnauthorized)) // the client is gone if this fails
}

// A browser can give a websocket no header, so it may name its token as a
// subprotocol: subprotocol, and tokenProtocol followed by the token.
const (
	subprotocol   = "flowrun"
	tokenProtocol = "bearer."
)

// tokenOf returns the token of a request: of the Authorization header, of
// ?access_token=, or of a websocket's subprotocol; "" if there is none.
func tokenOf(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return token
	}
	if token := r.URL.Query().Get("access_token"); token != "" {
		return token
	}
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(name), tokenProtocol); ok {
				return token
			}
		}
	}
	return ""
}

type grantKey struct{}

// grantOf returns what a request is allowed; nil if everybody may do everything.
func grantOf(r *http.Request) *auth.Grant {
	g, _ := r.Context().Value(grantKey{}).(*auth.Grant)
	return g
}

// addressOf returns the address of the client.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
