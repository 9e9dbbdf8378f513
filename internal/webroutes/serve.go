package webroutes

import (
	"html"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// ServeHTTP implements [http.Handler]. Where there is neither a route nor a file
// it answers 404 as Express does.
func (t *Table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.Serve(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("Cannot " + html.EscapeString(r.Method+" "+r.URL.EscapedPath()) + "\n")) // the client is gone if this fails
}

// Serve serves a request, if there is something to serve it with.
func (t *Table) Serve(w http.ResponseWriter, r *http.Request) bool {
	if t.IsDraining() {
		w.Header().Set("Connection", "close")
		Unavailable(w)
		return true
	}
	path, query := target(r)
	if rest, ok := below(t.options.Root, path); ok && t.serveRoute(w, r, Match{Root: path[:len(t.options.Root)], Path: rest, Query: query}) {
		return true
	}
	for _, s := range t.options.Static {
		if name, info, ok := s.find(r); ok {
			if t.allow(w, r) {
				s.serve(w, r, name, info)
			}
			return true
		}
	}
	return false
}

// target takes the target of a request apart, as it was sent: flows see no other
// encoding than that of the client. A fragment, which does not belong there, is
// left out, as Node.js does.
func target(r *http.Request) (path, query string) {
	if !strings.HasPrefix(r.RequestURI, "/") { // a whole URL, as a proxy gets it
		return r.URL.EscapedPath(), r.URL.RawQuery
	}
	sent, _, _ := strings.Cut(r.RequestURI, "#")
	path, query, _ = strings.Cut(sent, "?")
	return path, query
}

// below returns what comes after the root in a path, with its slash.
func below(root, path string) (rest string, ok bool) {
	if len(path) < len(root) || !strings.EqualFold(path[:len(root)], root) {
		return "", false
	}
	if rest = path[len(root):]; rest == "" {
		return "/", true
	}
	return rest, rest[0] == '/'
}

func (t *Table) serveRoute(w http.ResponseWriter, r *http.Request, m Match) bool {
	if !utf8.ValidString(r.RequestURI) { // nor would it be valid in a message
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return true
	}
	routes := *t.routes.Load()
	method := r.Method
	if isUpgrade(r) && slices.ContainsFunc(routes, func(e *entry) bool { return e.serves(Upgrade, m.Path) }) {
		method = Upgrade
	}
	var others []string // methods that the path has
	for _, e := range routes {
		if (e.Method == Upgrade) != (method == Upgrade) {
			continue
		}
		params, ok, err := e.pattern.match(m.Path)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return true
		}
		if !ok {
			continue
		}
		if e.Method != method && (method != http.MethodHead || e.Method != http.MethodGet) {
			others = append(others, e.Method)
			continue
		}
		switch {
		case e.paused != nil:
			t.await(w, r, e)
		case t.allow(w, r):
			m.Params, m.Route = params, e.shown
			e.Serve(w, r, m)
		}
		return true
	}
	if method != http.MethodOptions || others == nil {
		return false
	}
	if t.allow(w, r) {
		answerOptions(w, others)
	}
	return true
}

func (e *entry) serves(method, path string) bool {
	if e.Method != method {
		return false
	}
	_, ok, err := e.pattern.match(path)
	return ok && err == nil
}

// isUpgrade tells whether a request begins another protocol on its connection
// (RFC 9110, section 7.8).
func isUpgrade(r *http.Request) bool {
	return r.Header["Upgrade"] != nil && strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade")
}

// answerOptions names the methods that a path has, as Express does.
func answerOptions(w http.ResponseWriter, methods []string) {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	slices.Sort(methods)
	allow := strings.Join(slices.Compact(methods), ",")
	w.Header().Set("Allow", allow)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(allow)) // the client is gone if this fails
}

// allow tells whether the request may go on: pages of other sites, and who asks.
// If not it is answered.
func (t *Table) allow(w http.ResponseWriter, r *http.Request) bool {
	if len(t.options.Origins) > 0 && answerCORS(w, r, t.options.Origins) {
		return false
	}
	if t.options.Auth == nil || r.Method == http.MethodOptions || t.options.Auth.allows(r) {
		return true
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="Authorization Required"`)
	http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
	return false
}

// answerCORS lets a page of another site read the answer, and answers whether
// it may send what it is about to (a preflight); true if it did.
func answerCORS(w http.ResponseWriter, r *http.Request, origins []string) bool {
	header, origin := w.Header(), r.Header.Get("Origin")
	switch {
	case slices.Contains(origins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	case slices.ContainsFunc(origins, func(o string) bool { return strings.EqualFold(o, origin) }):
		header.Set("Access-Control-Allow-Origin", origin)
		header.Add("Vary", "Origin")
	default:
		header.Add("Vary", "Origin")
		return false
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		header.Set("Access-Control-Allow-Headers", asked)
		header.Add("Vary", "Access-Control-Request-Headers")
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
