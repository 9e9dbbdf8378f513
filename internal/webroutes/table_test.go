package webroutes

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/flowrun/flowrun/flow"
)

// say makes a route whose answer names it and its parameters.
func say(name, method, path string) Route {
	return Route{Method: method, Path: path, Serve: func(w http.ResponseWriter, _ *http.Request, m Match) {
		text := name + " " + m.Root + " " + m.Path
		if m.Query != "" {
			text += " ?" + m.Query
		}
		if m.Params != nil {
			text += " " + flow.JSON(m.Params)
		}
		_, _ = io.WriteString(w, text)
	}}
}

func add(t *testing.T, table *Table, owner string, r Route) {
	t.Helper()
	if err := table.Handle(owner, r); err != nil {
		t.Fatal(err)
	}
}

// ask returns the status and body of the answer, and its headers.
func ask(table *Table, method, path string, header ...string) (string, http.Header) {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	table.ServeHTTP(w, r)
	return fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String())), w.Header()
}

func expect(t *testing.T, table *Table, method, path, want string, header ...string) {
	t.Helper()
	if got, _ := ask(table, method, path, header...); got != want {
		t.Errorf("%s %s: %s, want %s", method, path, got, want)
	}
}

func TestRoutes(t *testing.T) {
	table := New(Options{Root: "/api/"})
	add(t, table, "n1", say("one", "GET", "things/:id"))
	add(t, table, "n2", say("two", "GET", "/things/7"))
	add(t, table, "n3", say("three", "POST", "/things/7"))
	expect(t, table, "GET", "/api/things/7", `200 one /api /things/7 {"id":"7"}`)
	expect(t, table, "HEAD", "/api/things/7", `200 one /api /things/7 {"id":"7"}`)
	expect(t, table, "POST", "/api/things/7", `200 three /api /things/7`)
	expect(t, table, "OPTIONS", "/api/things/7", `200 GET,HEAD,POST`)
	expect(t, table, "PUT", "/api/things/7", `404 Cannot PUT /api/things/7`)
	expect(t, table, "GET", "/apix", `404 Cannot GET /apix`)
	expect(t, table, "GET", "/things/7", `404 Cannot GET /things/7`)
	expect(t, table, "GET", "/API/things/a|b%7C?x=c|d#e?f", `200 one /API /things/a|b%7C ?x=c|d {"id":"a|b|"}`)
	expect(t, table, "GET", "/api/things/8?#e", `200 one /api /things/8 {"id":"8"}`)
	expect(t, table, "GET", "http://h.example/api/things/8?x=1", `200 one /api /things/8 ?x=1 {"id":"8"}`)
	expect(t, table, "GET", "/api/things/\xe4", `400 Bad Request`)
	expect(t, table, "GET", "/api/things/%E4", `400 failed to decode param "%E4"`)
	table.Release("n1", flow.Removed)
	expect(t, table, "GET", "/api/things/7", `200 two /api /things/7`)
	table.Pause("n3")
	if err := table.Handle("n3", Route{Method: "GET", Path: "/("}); err == nil {
		t.Error("a bad path was accepted")
	}
	expect(t, table, "POST", "/api/things/7", `404 Cannot POST /api/things/7`) // the route before is gone
}

// While a node is replaced requests for its route wait for the next instance, or
// for the end of the route.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := New(Options{})
		add(t, table, "n1", say("old", "GET", "/x"))
		answer := make(chan string)
		for _, c := range []struct {
			what func()
			want string
		}{
			{func() { add(t, table, "n1", say("new", "GET", "/x")) }, "200 new  /x"},
			{func() {}, "503 Service Unavailable"}, // after a while
			{func() { table.Release("n1", flow.Removed) }, "404 Cannot GET /x"},
		} {
			table.Pause("n1")
			table.Release("n1", flow.Restarted)
			go func() {
				got, _ := ask(table, "GET", "/x")
				answer <- got
			}()
			synctest.Wait()
			c.what()
			if got := <-answer; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		}
	})
}

// A client that closes its half of the connection waits like any other: to leave it
// alone would be an answer, 200.
func TestRestartHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := New(Options{})
		add(t, table, "n1", say("old", "GET", "/x"))
		table.Pause("n1")
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		w := httptest.NewRecorder()
		table.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/x", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("the client got %d", w.Code)
		}
	})
}

func TestUpgrade(t *testing.T) {
	table := New(Options{})
	add(t, table, "n1", say("page", "GET", "/*"))
	add(t, table, "n2", say("socket", Upgrade, "/ws(1)"))
	upgrade := []string{"Connection", "keep-alive, Upgrade", "Upgrade", "websocket"}
	expect(t, table, "GET", "/ws(1)", "200 socket  /ws(1)", upgrade...)
	expect(t, table, "GET", "/ws(1)", `200 page  /ws(1) {"0":"ws(1)"}`)
	expect(t, table, "GET", "/other", `200 page  /other {"0":"other"}`, upgrade...)
	if err := table.Handle("n3", say("again", Upgrade, "/ws(1)")); err == nil || !strings.Contains(err.Error(), "taken by node n2") {
		t.Errorf("a second socket for a path: %v", err)
	}
	add(t, table, "n2", say("moved", Upgrade, "/other"))
	expect(t, table, "GET", "/other", "200 moved  /other", upgrade...)
}

func TestReserved(t *testing.T) {
	table := New(Options{Root: "/api", Reserved: func(method, path string) bool {
		return method == "GET" && (path == "/api/status" || path == "/api/flow/id" || path == "/api/")
	}})
	for route, want := range map[string]bool{
		"GET status": true, "GET /status/": true, "GET /flow/:id": true, "GET /": true,
		"POST /status": false, "GET /:id": false, "GET /*": false, "GET /(": false,
	} {
		method, path, _ := strings.Cut(route, " ")
		if got := table.IsReserved(method, path); got != want {
			t.Errorf("%s: %v", route, got)
		}
	}
	if New(Options{}).IsReserved("GET", "/status") {
		t.Error("a server that answers nothing itself has a reserved path")
	}
}

func TestCORS(t *testing.T) {
	table := New(Options{Origins: []string{"https://good.example"}})
	add(t, table, "n1", say("one", "PUT", "/x"))
	preflight := []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "X-A"}
	got, header := ask(table, "OPTIONS", "/x", append(preflight, "Origin", "https://good.example")...)
	if got != "204 " || header.Get("Access-Control-Allow-Origin") != "https://good.example" || header.Get("Access-Control-Allow-Headers") != "X-A" {
		t.Errorf("the preflight got %s, %v", got, header)
	}
	if _, header = ask(table, "PUT", "/x", "Origin", "https://bad.example"); header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another site got %v", header)
	}
	table = New(Options{Origins: []string{"*"}})
	add(t, table, "n1", say("one", "GET", "/x"))
	if _, header = ask(table, "GET", "/x", "Origin", "https://any.example"); header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("with * a site got %v", header)
	}
}

func TestBasicAuth(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := NewBasicAuth("user", string(hash))
	if err != nil {
		t.Fatal(err)
	}
	table := New(Options{Auth: auth})
	add(t, table, "n1", say("one", "GET", "/x"))
	for range 2 { // the second time the password is known
		for password, want := range map[string]string{"secret": "200 one  /x", "wrong": "401 Unauthorized"} {
			r := httptest.NewRequest("GET", "/x", nil)
			r.SetBasicAuth("user", password)
			expect(t, table, "GET", "/x", want, "Authorization", r.Header.Get("Authorization"))
		}
	}
	expect(t, table, "GET", "/x", "401 Unauthorized")
	if _, err := NewBasicAuth("user", "secret"); err == nil {
		t.Error("a password was accepted as a hash")
	}
}

func TestStatic(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "home", "sub/a.txt": "a", ".hidden": "no", "empty/.keep": ""} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	s, err := NewStatic(dir, "/files")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	table := New(Options{Static: []*Static{s}})
	add(t, table, "n1", say("node", "GET", "/files/node"))
	expect(t, table, "GET", "/files/", "200 home")
	expect(t, table, "GET", "/files/index.html", "200 home")
	expect(t, table, "GET", "/files/sub/a.txt", "200 a")
	expect(t, table, "GET", "/files/node", "200 node  /files/node")
	for path, want := range map[string]string{
		"/files": "/files/", "/files?a=%2f": "/files/?a=%2f", "/files/empty": "/files/empty/", "/Files//empty": "/Files/empty/",
	} {
		if got, header := ask(table, "GET", path); !strings.HasPrefix(got, "301 ") || header.Get("Location") != want {
			t.Errorf("%s: %s, %s", path, got, header.Get("Location"))
		}
	}
	modified := time.UnixMilli(0x18bcfe568ab)
	if err := os.Chtimes(filepath.Join(dir, "sub/a.txt"), time.Time{}, modified); err != nil {
		t.Fatal(err)
	}
	const tag = `W/"1-18bcfe568ab"` // what the npm package etag makes of it
	_, header := ask(table, "GET", "/files/sub/a.txt")
	if header.Get("Etag") != tag || header.Get("Cache-Control") != "public, max-age=0" || header.Get("Last-Modified") != modified.UTC().Format(http.TimeFormat) {
		t.Errorf("the headers are %v", header)
	}
	expect(t, table, "GET", "/files/sub/a.txt", "304 ", "If-None-Match", tag)
	for _, path := range []string{"/files/.hidden", "/files/link", "/files/empty/", "/files/../files/none", "/files/sub/a.txt/", "/files/sub/../../secret", "/files/%2e%2e/secret", "/files/%00", "/filesub/a.txt"} {
		if got, _ := ask(table, "GET", path); !strings.HasPrefix(got, "404 ") {
			t.Errorf("%s: %s", path, got)
		}
	}
	everything, err := NewStatic(dir, "/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = everything.Close() })
	if got, header := ask(New(Options{Static: []*Static{everything}}), "GET", "//sub"); header.Get("Location") != "/sub/" { // and not the host sub
		t.Errorf("//sub: %s, %s", got, header.Get("Location"))
	}
	expect(t, table, "POST", "/files/sub/a.txt", "404 Cannot POST /files/sub/a.txt")
	if _, err := NewStatic(filepath.Join(dir, "none"), "/"); err == nil {
		t.Error("a directory that there is not was accepted")
	}
}

func TestServer(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	table := New(Options{})
	add(t, table, "n1", Route{Method: "GET", Path: "/", Serve: func(w http.ResponseWriter, _ *http.Request, _ Match) {
		_, _ = io.WriteString(w, "hello")
	}})
	stop := Serve(l, nil, table, slog.New(slog.DiscardHandler))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	silent, err := net.Dial("tcp", l.Addr().String()) // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	if _, err := io.WriteString(silent, "G"); err != nil { // or almost nothing
		t.Fatal(err)
	}
	began := time.Now()
	if err := stop(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("to stop took %v", took)
	}
}
