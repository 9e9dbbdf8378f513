package admin_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/crypto/bcrypt"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/admin/auth"
	"github.com/flowrun/flowrun/flow"
)

// secured is the API with the users admin (*), reader (read) and some
// (inject.write), and the tokens of a file; passwords are open-sesame.
type secured struct {
	*server
	options admin.Options
	log     *bytes.Buffer
}

const (
	adminToken  = "0123456789abcdef-admin"
	readerToken = "0123456789abcdef-reader"
	injectToken = "0123456789abcdef-inject"
)

func users(t *testing.T) auth.Config {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("open-sesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Config{
		Users: []auth.User{
			{Name: "admin", Hash: string(hash), Permissions: auth.Permissions{"*"}},
			{Name: "reader", Hash: string(hash), Permissions: auth.Permissions{"read"}},
		},
		Tokens: []auth.Token{
			{Text: adminToken, User: "admin", Scope: auth.Permissions{"*"}},
			{Text: readerToken, User: "reader", Scope: auth.Permissions{"read"}},
			{Text: injectToken, User: "button", Scope: auth.Permissions{"inject.write", "status.read"}},
		},
	}
}

func newSecured(t *testing.T, config auth.Config) *secured {
	t.Helper()
	s := newServer(t)
	log := &bytes.Buffer{}
	o := optionsFor(s.rt)
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	o.Auth = auth.New(config, o.Log)
	s.handler = admin.NewHandler(o)
	return &secured{s, o, log}
}

func (s *secured) as(token, method, path, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(method, path, body, "Authorization", "Bearer "+token)
}

func TestAccess(t *testing.T) {
	s := newSecured(t, users(t))
	for _, test := range []struct {
		method, path string
		reader       int // the status for a reader
		inject       int // for somebody with inject.write and status.read
	}{
		{"GET", "/flows", 200, 401},
		{"POST", "/flows", 401, 401},
		{"GET", "/flows/state", 200, 401},
		{"GET", "/flow/global", 200, 401},
		{"POST", "/flow", 401, 401},
		{"PUT", "/flow/x", 401, 401},
		{"DELETE", "/flow/x", 401, 401},
		{"POST", "/inject/x", 401, 404},
		{"POST", "/debug/x/enable", 401, 401},
		{"POST", "/debug/enable", 401, 401},
		{"GET", "/sessions", 200, 401},
		{"DELETE", "/sessions/x", 401, 401},
		{"GET", "/status", 200, 200},
		{"GET", "/metrics", 200, 401},
		{"GET", "/tap/nodes", 200, 401},
		{"GET", "/tap/ws", 426, 401},
		{"POST", "/tap/nodes/x/receive", 401, 401},
		{"GET", "/tap/context/global?keys", 200, 401},
		{"PUT", "/tap/context/global", 401, 401},
		{"DELETE", "/tap/context/global", 401, 401},
		{"GET", "/context/global", 200, 401},
		{"GET", "/context/flow/x/y", 200, 401},
		{"DELETE", "/context/global/x", 401, 401},
		{"GET", "/nodes", 200, 401},
		{"HEAD", "/nodes", 200, 401},
		{"POST", "/nodes", 401, 401},
		{"PUT", "/nodes/x/y", 401, 401},
		{"GET", "/settings", 200, 401},
		{"GET", "/diagnostics", 200, 401},
		{"GET", "/credentials/tab/x", 200, 401},
		{"GET", "/console/flows", 200, 401},
		{"GET", "/console/ws", 426, 401},
		{"POST", "/console/deploy", 401, 401},
		{"POST", "/auth/revoke", 200, 200},
	} {
		for _, as := range []struct {
			token  string
			status int
		}{{"", 401}, {"wrong", 401}, {readerToken, test.reader}, {injectToken, test.inject}} {
			if w := s.as(as.token, test.method, test.path, ""); w.Code != as.status {
				t.Errorf("%s %s as %q answered %d %s, want %d", test.method, test.path, as.token, w.Code, w.Body, as.status)
			}
		}
		if w := s.as(adminToken, test.method, test.path, ""); w.Code == 401 {
			t.Errorf("%s %s as admin answered %d", test.method, test.path, w.Code)
		}
	}
	for _, path := range []string{"/", "/auth/login", "/debug/view/view.html"} {
		if w := s.do("GET", path, ""); w.Code != 200 {
			t.Errorf("%s answered %d", path, w.Code)
		}
	}
}

// The shapes of refusals are Node-RED's.
func TestChallenge(t *testing.T) {
	s := newSecured(t, users(t))
	for _, test := range []struct {
		token, challenge, body string
	}{
		{"", `Bearer realm="Users"`, "Unauthorized"},
		{"wrong", `Bearer realm="Users", error="invalid_token"`, "Unauthorized"},
		{injectToken, "", ""},
	} {
		w := s.as(test.token, "GET", "/flows", "")
		expect(t, w, 401, test.body)
		if got := w.Header().Get("WWW-Authenticate"); got != test.challenge {
			t.Errorf("the challenge for %q is %q, want %q", test.token, got, test.challenge)
		}
	}
	expect(t, s.do("GET", "/flows?access_token="+url.QueryEscape(readerToken), ""), 200, "[]")
	expect(t, s.do("GET", "/flows", "", "Sec-WebSocket-Protocol", "flowrun, bearer."+readerToken), 200, "[]")
	for _, secret := range []string{adminToken, readerToken, injectToken} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has a token:\n%s", s.log)
		}
	}
}

func TestAnonymousAccess(t *testing.T) {
	c := users(t)
	c.Anonymous = auth.Permissions{"flows.read", "settings.read"}
	s := newSecured(t, c)
	expect(t, s.do("GET", "/flows", ""), 200, "[]")
	expect(t, s.do("POST", "/flows", "[]"), 401, "")
	expect(t, s.as("wrong", "GET", "/flows", ""), 200, "[]") // as in Node-RED
	expect(t, s.as(adminToken, "POST", "/flows", "[]"), 204, "")
	expect(t, s.do("GET", "/settings", ""), 200, `{"httpNodeRoot":"/","version":"test","user":{"anonymous":true,"permissions":["flows.read","settings.read"]},…`)
	expect(t, s.as(adminToken, "GET", "/settings", ""), 200, `{"httpNodeRoot":"/","version":"test","user":{"username":"admin","permissions":"*"},…`)
}

func TestNames(t *testing.T) {
	s := newSecured(t, users(t))
	s.options.Hosts, s.options.Origins = []string{"flows.example"}, []string{"https://desk.example"}
	s.handler = admin.NewHandler(s.options)
	for _, test := range []struct {
		host, origin string
		status       int
	}{
		{"flows.example:1880", "", 200},
		{"FLOWS.example", "", 200},
		{"192.0.2.1:1880", "", 200},
		{"[2001:db8::1]:1880", "", 200},
		{"other.example", "", 403},
		{"flows.example:1880", "http://flows.example:1880", 200},
		{"flows.example:1880", "https://desk.example", 200},
		{"flows.example:1880", "https://other.example", 403},
		{"flows.example:1880", "null", 403},
	} {
		w := s.do("GET", "/auth/login", "", "Host", test.host, "Origin", test.origin)
		if w.Code != test.status {
			t.Errorf("%s from %q answered %d %s, want %d", test.host, test.origin, w.Code, w.Body, test.status)
		}
		allowed := w.Header().Get("Access-Control-Allow-Origin")
		if (test.origin == "https://desk.example") != (allowed == "https://desk.example") {
			t.Errorf("from %q, it allows %q", test.origin, allowed)
		}
	}
	w := s.do("OPTIONS", "/flows", "", "Host", "flows.example", "Origin", "https://desk.example", "Access-Control-Request-Method", "POST")
	expect(t, w, 204, "")
	if got := w.Header().Get("Access-Control-Allow-Headers"); !strings.Contains(got, "Authorization") {
		t.Errorf("a page may send %q", got)
	}
}

func TestMaxBody(t *testing.T) {
	s := newServer(t)
	o := optionsFor(s.rt)
	o.MaxBody = 10
	s.handler = admin.NewHandler(o)
	expect(t, s.do("POST", "/flows", "[]"), 204, "")
	expect(t, s.do("POST", "/flows", "[          ]"), 413, `{"code":"too_large","message":"the body is larger than 10 bytes"}`)
}

func TestListenWithAuthentication(t *testing.T) {
	for address, ok := range map[string]bool{"0.0.0.0:1880": true, "[::]:1880": true, "example.com:1880": true, "127.0.0.1": false} {
		if err := admin.CheckAddress(address, true); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// newSecuredLoopback is the API on a port, with users.
func newSecuredLoopback(t *testing.T) (*loopback, *auth.Authority) {
	t.Helper()
	a := auth.New(users(t), slog.New(slog.DiscardHandler))
	return newLoopback(t, nil, func(o *admin.Options) { o.Auth = a }), a
}

func login(t *testing.T, a *auth.Authority, user string) string {
	t.Helper()
	token, _, err := a.Login(t.Context(), user, "open-sesame", nil, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// closed waits until the server has closed the websocket.
func (s *socket) closed() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if _, text, err := s.conn.Read(ctx); err == nil || ctx.Err() != nil {
		s.t.Errorf("the websocket is open and has %s", text)
	}
}

func TestCommsAccess(t *testing.T) {
	l, a := newSecuredLoopback(t)
	token := login(t, a, "reader")
	for _, first := range []string{`{"auth":"wrong"}`, `{"auth":""}`, `{"subscribe":"#"}`} {
		s := l.open("/comms")
		l.comms.Publish("secret", func() *flow.Object { return flow.NewObject("n", 1.0) })
		s.send(first)
		s.expect(`{"auth":"fail"}`)
		s.closed()
	}
	s := l.open("/comms")
	s.send("no JSON")
	s.send(`{"auth":"` + token + `"}`)
	s.expect(`{"auth":"ok"}`)
	l.comms.Publish("topic", func() *flow.Object { return flow.NewObject("n", 1.0) })
	s.expect(`[{"topic":"topic","data":{"n":1}}]`)
	a.Revoke(token)
	s.expect(`{"auth":"fail"}`)
	s.closed()

	s = l.open("/comms?access_token=" + login(t, a, "reader"))
	l.comms.Publish("topic", func() *flow.Object { return flow.NewObject("n", 2.0) })
	s.expect(`[{"topic":"topic","data":{"n":2}}]`)
	s.send(`{"auth":"wrong"}`)
	s.expect(`{"auth":"fail"}`)
	s.closed()
}

func TestTapAccess(t *testing.T) {
	l, a := newSecuredLoopback(t)
	if _, answer, err := websocket.Dial(t.Context(), l.url+"/tap/ws", &websocket.DialOptions{HTTPClient: l.client}); err == nil || answer.StatusCode != 401 {
		t.Fatalf("a tap without a token: %v", err)
	}
	token := login(t, a, "reader")
	conn, _, err := websocket.Dial(t.Context(), l.url+"/tap/ws", &websocket.DialOptions{
		HTTPClient: l.client, Subprotocols: []string{"flowrun", "bearer." + token},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if conn.Subprotocol() != "flowrun" {
		t.Errorf("the subprotocol is %q", conn.Subprotocol())
	}
	s := &socket{t, conn}
	s.expect(`{"t":"hello","version":"test"}`)
	s.send(`{"op":"ping","seq":1}`)
	s.expect(`{"t":"reply","seq":1,"ok":true}`)
	s.send(`{"op":"warn","id":"x","text":"t","seq":2}`)
	s.expect(`{"t":"reply","seq":2,"ok":false,"error":"forbidden"}`)
	a.Revoke(token)
	s.closed()

	s = l.open("/tap/ws?access_token=" + login(t, a, "admin"))
	s.expect(`{"t":"hello","version":"test"}`)
	s.send(`{"op":"warn","id":"x","text":"t","seq":2}`)
	s.expect(`{"t":"reply","seq":2,"ok":false,"error":"not_found"}`)
}

func TestToken(t *testing.T) {
	s := newSecured(t, users(t))
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	w := s.do("POST", "/auth/token", "client_id=node-red-admin&grant_type=password&username=admin&password=open-sesame&scope=", form...)
	expect(t, w, 200, `{"access_token":"…`)
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("a token may be cached")
	}
	v, err := flow.ParseJSON(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	token := flow.Text(v.(*flow.Object).Get("access_token"))
	expect(t, s.as(token, "GET", "/flows", ""), 200, "[]")
	expect(t, s.do("POST", "/auth/revoke", "token="+token, "Authorization", "Bearer "+token), 200, "")
	expect(t, s.as(token, "GET", "/flows", ""), 401, "Unauthorized")

	for _, test := range []struct {
		name, body string
		headers    []string
		status     int
	}{
		{"a form that is none", "%", form, 400},
		{"JSON that is none", "{", []string{"Content-Type", "application/json"}, 400},
		{"a list", "[]", []string{"Content-Type", "application/json; charset=utf-8"}, 400},
		{"too much", "x=" + strings.Repeat("x", 20<<10), form, 400},
		{"another client", "client_id=x", form, 401},
	} {
		if w := s.do("POST", "/auth/token", test.body, test.headers...); w.Code != test.status {
			t.Errorf("%s: answered %d %s", test.name, w.Code, w.Body)
		}
	}
	open := newServer(t)
	expect(t, open.do("GET", "/auth/login", ""), 200, "{}")
	expect(t, open.do("POST", "/auth/token", ""), http.StatusNotFound, "404 page not found\n")
}
