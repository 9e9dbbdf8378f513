package admin_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// Routes of nodes are open to all sites and names, never hide the API, and leave
// its guard as it is.
func TestWebRoutes(t *testing.T) {
	table := webroutes.New(webroutes.Options{})
	for _, path := range []string{"/mine", "/settings", "/", "/a//b"} {
		err := table.Handle(path, webroutes.Route{Method: "GET", Path: path, Serve: func(w http.ResponseWriter, _ *http.Request, _ webroutes.Match) {
			_, _ = io.WriteString(w, "node")
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(t)
	o := optionsFor(s.rt)
	o.Web = table
	s.handler = admin.NewHandler(o)
	expect(t, s.do("GET", "/mine", ""), 200, "node")
	expect(t, s.do("GET", "/mine", "", "Host", "name.example", "Origin", "https://other.example"), 200, "node")
	expect(t, s.do("GET", "/settings", ""), 200, `{"httpNodeRoot":…`)
	expect(t, s.do("GET", "/settings", "", "Host", "name.example"), 403, `{"code":"forbidden"…`)
	expect(t, s.do("GET", "/other", "", "Host", "name.example"), 403, `{"code":"forbidden"…`)
	expect(t, s.do("GET", "/other", ""), 404, "404 page not found\n")
	expect(t, s.do("GET", "/", ""), 200, "<!doctype html>…")
	expect(t, s.do("GET", "/a//b", ""), 200, "node")
	for _, path := range []string{"//mine", "/mine//", "/x/../mine", "//settings", "//"} {
		expect(t, s.do("GET", path, ""), 404, "404 page not found\n") // and not a redirect
	}
}

func TestTakes(t *testing.T) {
	takes := admin.Takes(admin.Options{})
	for request, want := range map[string]bool{
		"GET /status": true, "HEAD /readyz": true, "GET /": true, "GET /flow/x": true, "POST /inject/x": true,
		"POST /status": false, "GET /mine": false, "GET /status/x": false, "POST /auth/token": false,
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := takes(method, path); got != want {
			t.Errorf("%s: %v", request, got)
		}
	}
}
