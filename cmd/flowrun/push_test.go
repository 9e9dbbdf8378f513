package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// pushed is one node with a password beside it.
func pushed(t *testing.T, dir, name string) {
	t.Helper()
	write(t, dir, "flows.json", fmt.Sprintf(`[
  {"id": "t", "type": "tab"},
  {"id": "n", "type": "comment", "z": "t", "name": %q}
]`, name))
	write(t, dir, "flows_cred.json", `{"n": {"password": "geheim"}}`)
}

func TestPush(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	s := serve(t, "--data", data)
	push := func(name string, args ...string) *process {
		t.Helper()
		pushed(t, dir, name)
		p := start(t, dir, append([]string{"deploy", "--to", s.address, "flows.json"}, args...)...)
		if code := p.wait(); code != exitFine || p.logged("geheim") {
			t.Errorf("deploy %v: exit code %d", args, code)
		}
		return p
	}
	if push("one", "--dry-run"); s.do("GET", "/flows", "", 200) != "[]" {
		t.Error("--dry-run has deployed")
	}
	if p := push("one"); !p.logged("deployed to=http://" + s.address + " type=full added=1 restarted=0 removed=0 rewired=0 credentials=1 rev=") {
		t.Error("it does not say what it did")
	}
	if p := push("two", "--type", "nodes"); !p.logged("type=nodes added=0 restarted=1 removed=0 rewired=0") {
		t.Error("it does not say what it did")
	}
	s.await(`deployed type=nodes added=0 restarted=1`)
	if flows := s.do("GET", "/flows", "", 200); !strings.Contains(flows, `"two"`) || strings.Contains(flows, "geheim") {
		t.Errorf("the flows are %s", flows)
	}
	name := filepath.Join(data, "flows_cred.json")
	c, err := flowfile.ReadCredentials(name, flowfile.GeneratedSecret(name))
	if err != nil || c["n"].Get("password") != "geheim" {
		t.Errorf("the credentials have not arrived: %v", err)
	}
	s.end()
}

// What goes wrong is one clear line, and the token is in none.
func TestPushRefused(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	fetched := answer(200, `{"flows":[],"rev":"r1"}`)
	for _, tc := range []struct {
		what      string
		get, post http.HandlerFunc
		want      string // URL is that of the server
	}{
		{"no admin API", answer(404, "<html>"), nil, `^flowrun: URL is no admin API of flowrun or Node-RED: there are no flows at URL/flows; give`},
		{"a page", answer(200, "<html>"), nil, `URL is no admin API`},
		{"other JSON", answer(200, `{"flows":"many"}`), nil, `URL is no admin API`},
		{"sends on", answer(302, ""), nil, `URL is no admin API`},
		{"a gateway", answer(502, "<html>"), nil, `URL answers 502 Bad Gateway`},
		{"no token accepted", answer(401, "Unauthorized"), nil, `URL does not accept the token`},
		{"may read only", fetched, answer(401, ""), `URL does not accept the token, or it may not do this`},
		{"conflict", fetched, answer(409, `{"code":"version_mismatch","message":"Error"}`), `URL: somebody else has deployed there just now, and nothing was changed`},
		{"refused", fetched, answer(400, `{"code":"unexpected_error","message":"no space"}`), `^flowrun: URL refuses the flows: no space \(unexpected_error\)`},
		{"problems", fetched, answer(400, `{"code":"invalid_flows","message":"x","problems":[{"severity":"error","id":"n","type":"comment","name":"one","message":"no such type","hint":"do"}]}`),
			`^flows\.json:3:3: error: node "n" \(comment "one"\): no such type; do$`},
	} {
		t.Run(tc.what, func(t *testing.T) {
			var sent *flow.Object
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/root/flows" || r.Header.Get("Authorization") != "Bearer t0ken" || r.Header.Get("Node-RED-API-Version") != "v2" {
					t.Errorf("a request for %s with %v", r.URL, r.Header)
				}
				if r.Method == http.MethodGet {
					tc.get(w, r)
					return
				}
				text, _ := io.ReadAll(r.Body)
				v, _ := flow.ParseJSON(text)
				sent, _ = v.(*flow.Object)
				tc.post(w, r)
			}))
			defer server.Close()
			url := server.URL + "/root"
			dir := t.TempDir()
			pushed(t, dir, "one")
			p := start(t, dir, "deploy", "--to", url+"/", "--token", "t0ken", "flows.json")
			want := regexp.MustCompile(strings.ReplaceAll(tc.want, "URL", regexp.QuoteMeta(url)))
			if code := p.wait(); code != exitFailed || len(p.log) != 1 || !want.MatchString(p.log[0]) || p.logged("t0ken") || p.logged("geheim") {
				t.Errorf("exit code %d, %q, want %s", code, p.log, want)
			}
			if tc.post == nil {
				return
			}
			if want := `{"flows":[{"id":"t","type":"tab"},{"id":"n","type":"comment","z":"t","name":"one"}],"rev":"r1","credentials":{"n":{"password":"geheim"}}}`; flow.JSON(sent) != want {
				t.Errorf("it has sent %s, want %s", flow.JSON(sent), want)
			}
		})
	}
}

func TestPushToNobody(t *testing.T) {
	dir := t.TempDir()
	pushed(t, dir, "one")
	p := start(t, dir, "deploy", "--to", fmt.Sprintf("127.0.0.1:%d", freePort(t)), "flows.json")
	if code := p.wait(); code != exitFailed || len(p.log) != 1 || !p.logged("connection refused") {
		t.Errorf("exit code %d", code)
	}
	// What is wrong anyway is found before.
	write(t, dir, "flows.json", `[{"id": "n", "type": "comment"}, {"id": "n", "type": "debug"}]`)
	p = start(t, dir, "deploy", "--to", fmt.Sprintf("127.0.0.1:%d", freePort(t)), "flows.json")
	if code := p.wait(); code != exitFailed || !p.logged(`flows.json:1:35: error: node "n" (debug): the id is taken by the comment`) {
		t.Errorf("exit code %d", code)
	}
}

// The token is taken from the environment, on both sides.
func TestPushWithToken(t *testing.T) {
	t.Setenv(tokenEnv, "t0ken-of-the-environment")
	s := serve(t)
	dir := t.TempDir()
	pushed(t, dir, "one")
	p := start(t, dir, "deploy", "--to", s.address, "--token", "another", "flows.json")
	if code := p.wait(); code != exitFailed || !p.logged("does not accept the token") {
		t.Errorf("a wrong token: exit code %d", code)
	}
	p = start(t, dir, "deploy", "--to", s.address, "flows.json")
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
	s.await("deployed type=full added=1")
	if s.logged("t0ken") || p.logged("t0ken") {
		t.Error("the log has the token")
	}
}
