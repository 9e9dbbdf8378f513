package admin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"time"
)

// consoleFiles are the files of the console: a page, a style sheet and ES
// modules, as a browser takes them.
//
//go:embed console/*.html console/*.css console/*.js console/*.svg
var consoleFiles embed.FS

// consolePolicy has the browser load nothing but the console's own files and
// talk to nobody but this server. Nothing inline is run, whatever a message of
// a flow may contain.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// consoleRoutes adds the console. Its files are for everybody, because the
// page is where people log in; what it shows comes from the other routes.
func (h *handler) consoleRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { consoleFile(w, r, "index.html") })
	mux.HandleFunc("GET /console/{file}", func(w http.ResponseWriter, r *http.Request) { consoleFile(w, r, r.PathValue("file")) })
	mux.HandleFunc("GET /console/flows", h.consoleFlows)
	mux.HandleFunc("POST /console/plan", h.consolePlan)
	mux.HandleFunc("POST /console/deploy", h.consoleDeploy)
	mux.HandleFunc("GET /console/ws", h.consoleSocket)
}

// consoleFile answers with one of the files. A browser asks each time whether
// it has changed: the files belong to this version of flowrun.
func consoleFile(w http.ResponseWriter, r *http.Request, name string) {
	text, err := consoleFiles.ReadFile(path.Join("console", path.Base(name)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(text)
	header := w.Header()
	header.Set("Content-Security-Policy", consolePolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	if path.Ext(name) == ".js" { // systems differ in what they know of it
		header.Set("Content-Type", "text/javascript; charset=utf-8")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
}
