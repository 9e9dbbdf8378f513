package admin_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

// loopback is the API on a port of this machine, with toy nodes behind it.
type loopback struct {
	t      *testing.T
	rt     *runtime.Runtime
	stores *state.Stores
	comms  *admin.Comms
	url    string
	client *http.Client
}

// speaker is a toy node that reports what it gets, and passes it on.
type speaker struct{ env flow.Env }

func (s speaker) Handle(msg *flow.Message, out flow.Outlet) error {
	s.env.Status(flow.Badge("green", "dot", flow.Text(msg.Get("payload"))))
	out.Send(0, msg)
	return nil
}

// Command knows enable and disable, as a debug node does.
func (s speaker) Command(name string, _ *flow.Object, _ flow.Outlet) error {
	s.env.Warn(name)
	return nil
}

func newLoopback(t *testing.T, conformance *admin.Conformance, change ...func(*admin.Options)) *loopback {
	t.Helper()
	registry, err := flow.NewRegistry(
		flow.Define(flow.Spec[struct{}]{Name: "speaker", Inputs: 1, Outputs: 1, New: func(_ struct{}, env flow.Env) (flow.Node, error) { return speaker{env}, nil }}),
		flow.Define(flow.Spec[plainConfig]{Name: "plain", Inputs: 1, New: func(plainConfig, flow.Env) (flow.Node, error) { return plain{}, nil }}),
	)
	if err != nil {
		t.Fatal(err)
	}
	stores, comms := state.New("memory0", "memory1"), &admin.Comms{}
	rt := runtime.New(runtime.Options{Registry: registry, Context: stores, Drain: 5 * time.Second, Conformance: conformance != nil})
	l, err := admin.Listen(t.Context(), "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	options := optionsFor(rt)
	options.Context, options.Comms, options.Conformance, options.Sessions = stores, comms, conformance, session.New()
	for _, f := range change {
		f(&options)
	}
	server := admin.Start(l, options)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := rt.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return &loopback{t: t, rt: rt, stores: stores, comms: comms, url: "http://" + l.Addr().String(), client: client}
}

// do makes a request and returns the status and the body.
func (l *loopback) do(method, path, body string, headers ...string) (int, string) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := l.client.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// expect makes a request and compares the answer; a body that ends in … is a
// beginning.
func (l *loopback) expect(method, path, body string, status int, want string) {
	l.t.Helper()
	gotStatus, got := l.do(method, path, body)
	start, isStart := strings.CutSuffix(want, "…")
	if gotStatus != status || got != want && (!isStart || !strings.HasPrefix(got, start)) {
		l.t.Errorf("%s %s %s answered %d %s\nwant %d %s", method, path, body, gotStatus, got, status, want)
	}
}

func (l *loopback) deploy(flows string) {
	l.t.Helper()
	if status, text := l.do("POST", "/flows", flows); status != http.StatusNoContent {
		l.t.Fatalf("the deploy answered %d %s", status, text)
	}
}

// socket is a websocket of the API.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (l *loopback) open(path string) *socket {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, l.url+path, &websocket.DialOptions{HTTPClient: l.client})
	if err != nil {
		l.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	l.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{l.t, conn}
}

func (s *socket) send(text string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// read returns the next text, without the times in it.
func (s *socket) read() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	_, text, err := s.conn.Read(ctx)
	if err != nil {
		s.t.Fatalf("reading: %v", err)
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	return flow.JSON(withoutTimes(v))
}

func withoutTimes(v flow.Value) flow.Value {
	switch v := v.(type) {
	case flow.Array:
		for i := range v {
			v[i] = withoutTimes(v[i])
		}
	case *flow.Object:
		for _, key := range []string{"ts", "timestamp"} {
			v.Delete(key)
		}
		for _, key := range v.Keys() {
			v.Set(key, withoutTimes(v.Get(key)))
		}
	}
	return v
}

// expect reads texts and compares them.
func (s *socket) expect(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if got := s.read(); got != w {
			s.t.Fatalf("got  %s\nwant %s", got, w)
		}
	}
}
