package admin_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// button is a toy inject node: it passes the bodies of its commands on to the
// test, and fails if the body says so.
type button struct{ pressed chan<- string }

func (button) Handle(*flow.Message, flow.Outlet) error { return nil }

func (b button) Command(name string, body *flow.Object, _ flow.Outlet) error {
	if body == nil {
		b.pressed <- name
		return nil
	}
	if body.Get("fail") == true {
		return errors.New("the button is stuck")
	}
	b.pressed <- name + " " + flow.JSON(body)
	return nil
}

// plain is a toy node that takes no commands.
type plain struct{}

func (plain) Handle(*flow.Message, flow.Outlet) error { return nil }

type plainConfig struct {
	Port int `json:"port"`
}

// server is a runtime of toy nodes behind the API.
type server struct {
	t       *testing.T
	rt      *runtime.Runtime
	handler http.Handler
	pressed chan string
}

func newServer(t *testing.T) *server {
	t.Helper()
	pressed := make(chan string, 16)
	registry, err := flow.NewRegistry(
		flow.Define(flow.Spec[struct{}]{Name: "button", New: func(struct{}, flow.Env) (flow.Node, error) { return button{pressed}, nil }}),
		flow.Define(flow.Spec[plainConfig]{Name: "plain", Inputs: 1, New: func(plainConfig, flow.Env) (flow.Node, error) { return plain{}, nil }}),
	)
	if err != nil {
		t.Fatal(err)
	}
	rt := runtime.New(runtime.Options{Registry: registry, Drain: 5 * time.Second})
	t.Cleanup(func() {
		if err := rt.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &server{t: t, rt: rt, handler: admin.NewHandler(optionsFor(rt)), pressed: pressed}
}

func optionsFor(rt *runtime.Runtime) admin.Options {
	return admin.Options{
		Runtime: rt, Sessions: session.New(), Context: state.New(), Comms: &admin.Comms{},
		Log: slog.New(slog.DiscardHandler), Version: "test",
	}
}

// do makes a request; headers are name, value, name, value …
func (s *server) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:1880"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// expect compares an answer; a body that ends in … is a beginning.
func expect(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	got := w.Body.String()
	want, isStart := strings.CutSuffix(body, "…")
	if w.Code != status || got != want && (!isStart || !strings.HasPrefix(got, want)) {
		t.Errorf("answered %d %s\nwant     %d %s", w.Code, got, status, body)
	}
}

const twoNodes = `[{"id":"b1","type":"button","wires":[]},{"id":"p1","type":"plain","port":"7"}]`

// revTwoNodes is the SHA-256 of twoNodes: sha256sum says so too.
const revTwoNodes = "7f95c0bd727a20ea9325c74f93b4cdd1a062f2ed71203204a1ac87228456b91f"

func TestFlows(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("GET", "/flows", ""), 200, `[]`)
	expect(t, s.do("POST", "/flows", twoNodes), 204, "")
	expect(t, s.do("GET", "/flows", ""), 200, twoNodes)
	expect(t, s.do("GET", "/flows", "", "Node-RED-API-Version", "v2"), 200, `{"flows":`+twoNodes+`,"rev":"`+revTwoNodes+`"}`)
	expect(t, s.do("GET", "/flows", "", "Node-RED-API-Version", "v3"), 400, `{"code":"invalid_api_version","message":"Invalid API Version requested"}`)
}

func TestRevision(t *testing.T) {
	s := newServer(t)
	v2 := []string{"Node-RED-API-Version", "v2"}
	expect(t, s.do("POST", "/flows", `{"flows":`+twoNodes+`}`, v2...), 200, `{"rev":"`+revTwoNodes+`"}`)
	expect(t, s.do("POST", "/flows", `{"flows":[],"rev":"0123"}`, v2...), 409, `{"code":"version_mismatch","message":"Error"}`)
	expect(t, s.do("GET", "/flows", ""), 200, twoNodes)
	expect(t, s.do("POST", "/flows", `{"flows":[],"rev":"`+revTwoNodes+`"}`, v2...), 200, `{"rev":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"}`)
	expect(t, s.do("GET", "/flows", ""), 200, `[]`)
	expect(t, s.do("POST", "/flows", `{"flows":`+twoNodes+`}`), 200, `{"rev":"`+revTwoNodes+`"}`) // the body's shape decides
}

func TestRefusedDeploys(t *testing.T) {
	tests := []struct {
		name, body string
		headers    []string
		status     int
		answer     string
	}{
		{name: "no JSON", body: `[{`, status: 400, answer: `{"code":"invalid_json","message":"the body is no JSON: …`},
		{name: "no body", status: 400, answer: `{"code":"invalid_flows","message":"the body must be an array of nodes (v1) or …`},
		{name: "text", body: `"flows"`, status: 400, answer: `{"code":"invalid_flows",…`},
		{name: "object without flows", body: `{"rev":"1"}`, status: 400, answer: `{"code":"invalid_flows",…`},
		{name: "array as v2", body: `[]`, headers: []string{"Node-RED-API-Version", "v2"}, status: 400, answer: `{"code":"invalid_flows",…`},
		{name: "object as v1", body: `{"flows":[]}`, headers: []string{"Node-RED-API-Version", "v1"}, status: 400, answer: `{"code":"invalid_flows",…`},
		{name: "unknown version", body: `[]`, headers: []string{"Node-RED-API-Version", "v9"}, status: 400, answer: `{"code":"invalid_api_version",…`},
		{name: "unknown deploy type", body: `[]`, headers: []string{"Node-RED-Deployment-Type", "some"}, status: 400, answer: `{"code":"invalid_deployment_type","message":"unknown deploy type \"some\": …`},
		{name: "unknown node type", body: `[{"id":"x","type":"nonesuch"}]`, status: 400, answer: `{"code":"invalid_flows","message":"flows: error: node \"x\" (nonesuch): …`},
		{name: "bad configuration", body: `[{"id":"x","type":"plain","port":"many"}]`, status: 400, answer: `{"code":"invalid_flows","message":"flows: error: node \"x\" (plain): port: …`},
		{name: "node without id", body: `[{"type":"plain"}]`, status: 400, answer: `{"code":"invalid_flows",…`},
		{name: "too large", body: `["` + strings.Repeat("x", 5<<20) + `"]`, status: 413, answer: `{"code":"too_large","message":"the body is larger than 5242880 bytes"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t)
			expect(t, s.do("POST", "/flows", twoNodes), 204, "")
			expect(t, s.do("POST", "/flows", test.body, test.headers...), test.status, test.answer)
			expect(t, s.do("GET", "/flows", ""), 200, twoNodes) // what ran runs on
		})
	}
}

func TestProblemsAreListed(t *testing.T) {
	s := newServer(t)
	w := s.do("POST", "/flows", `[{"id":"x","type":"plain","name":"X","port":"many"},{"id":"y","type":"plain","port":{}}]`)
	v, err := flow.ParseJSON(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	problems, _ := v.(*flow.Object).Get("problems").(flow.Array)
	if len(problems) != 2 {
		t.Fatalf("%d problems in %s", len(problems), w.Body)
	}
	first, _ := problems[0].(*flow.Object)
	if first.Get("severity") != "error" || first.Get("id") != "x" || first.Get("type") != "plain" || first.Get("name") != "X" {
		t.Errorf("the first problem is %s", flow.JSON(first))
	}
}

func TestInject(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("POST", "/flows", twoNodes), 204, "")
	props := `{"__user_inject_props__":[{"p":"payload","v":"1","vt":"num"}],"topic":"t"}`
	for _, test := range []struct {
		name, id, body string
		status         int
		answer         string
		pressed        string
	}{
		{name: "without a body", id: "b1", status: 200, answer: "OK", pressed: "inject"},
		{name: "with properties", id: "b1", body: props, status: 200, answer: "OK", pressed: "inject " + props},
		{name: "another body is ignored", id: "b1", body: `{"payload":1}`, status: 200, answer: "OK", pressed: "inject"},
		{name: "no such node", id: "b2", status: 404, answer: "Not Found"},
		{name: "a node without a button", id: "p1", status: 200, answer: "OK"},
		{name: "an error", id: "b1", body: `{"__user_inject_props__":[],"fail":true}`, status: 500, answer: `{"code":"unexpected_error","message":"the button is stuck"}`},
		{name: "no object", id: "b1", body: `[1]`, status: 400, answer: `{"code":"invalid_body","message":"the body must be a JSON object"}`},
		{name: "no JSON", id: "b1", body: `{`, status: 400, answer: `{"code":"invalid_json",…`},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, s.do("POST", "/inject/"+test.id, test.body), test.status, test.answer)
			select {
			case got := <-s.pressed:
				if got != test.pressed {
					t.Errorf("the node got %q, want %q", got, test.pressed)
				}
			default:
				if test.pressed != "" {
					t.Error("the node got nothing")
				}
			}
		})
	}
}

func TestGuard(t *testing.T) {
	s := newServer(t)
	for _, test := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"this machine", []string{"Host", "127.0.0.1:1880"}, 200},
		{"by name", []string{"Host", "localhost:1880"}, 200},
		{"IPv6", []string{"Host", "[::1]:1880"}, 200},
		{"IPv6 without a port", []string{"Host", "[::1]"}, 200},
		{"without a port", []string{"Host", "localhost"}, 200},
		{"another name", []string{"Host", "rebound.example:1880"}, 403},
		{"a name that begins alike", []string{"Host", "127.0.0.1.example"}, 403},
		{"no name", []string{"Host", ""}, 403},
		{"its own page", []string{"Host", "localhost:1880", "Origin", "http://localhost:1880"}, 200},
		{"another page", []string{"Origin", "https://example.com"}, 403},
		{"a page on another port", []string{"Host", "localhost:1880", "Origin", "http://localhost:3000"}, 403},
		{"a page without an origin", []string{"Origin", "null"}, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			if w := s.do("GET", "/flows", "", test.headers...); w.Code != test.status {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, test.status)
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	s := newServer(t)
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nosuch", 404},
		{"DELETE", "/flows", 405},
		{"GET", "/inject/b1", 405},
		{"POST", "/inject/", 404},
	} {
		if w := s.do(test.method, test.path, ""); w.Code != test.status {
			t.Errorf("%s %s answered %d, want %d", test.method, test.path, w.Code, test.status)
		}
	}
}

func TestListen(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1", "127.0.0.1:http:1"} {
		if l, err := admin.Listen(t.Context(), address, false); err == nil {
			_ = l.Close()
			t.Errorf("Listen(%q) must fail", address)
		}
	}
}

func TestServe(t *testing.T) {
	s := newServer(t)
	l, err := admin.Listen(t.Context(), "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := admin.Listen(t.Context(), l.Addr().String(), false); err == nil {
		_ = again.Close()
		t.Error("a busy port must be an error")
	}
	srv := admin.Start(l, optionsFor(s.rt))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Get("http://" + l.Addr().String() + "/flows")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "[]" {
		t.Errorf("got %q, %v", body, err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := client.Get("http://" + l.Addr().String() + "/flows"); err == nil {
		t.Error("the port must be closed after Shutdown")
	}
}
