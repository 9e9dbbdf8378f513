package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
)

// served is a flowrun that serves, and its API.
type served struct {
	*process
	address string
}

func serve(t *testing.T, args ...string) *served {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, t.TempDir(), append([]string{"serve", "--admin", address}, args...)...)
	p.await(`admin API url=http://` + address)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return &served{p, address}
}

// do makes a request and returns the body of the answer, which must have the
// status.
func (s *served) do(method, path, body string, status int) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		s.t.Errorf("%s %s answered %d %s, %v; want %d", method, path, answer.StatusCode, text, err, status)
	}
	return string(text)
}

// end stops it with a signal.
func (s *served) end() {
	s.t.Helper()
	s.stop()
	if code := s.wait(); code != exitFine {
		s.t.Errorf("exit code %d", code)
	}
}

func TestServe(t *testing.T) {
	s := serve(t)
	if flows := s.do("GET", "/flows", "", 200); flows != "[]" {
		t.Errorf("it starts with %s", flows)
	}
	port := freePort(t)
	s.do("POST", "/flows", echoFlow(port, "e"), 204)
	s.await(`listening`)
	c := dial(t, port)
	expectEcho(t, c, "hello")

	v, err := flow.ParseJSON([]byte(s.do("GET", "/sessions", "", 200)))
	if err != nil {
		t.Fatal(err)
	}
	sessions := v.(flow.Array)
	if len(sessions) != 1 {
		t.Fatalf("the sessions are %s", flow.JSON(v))
	}
	session := sessions[0].(*flow.Object)
	if session.Get("node") != "e-listen" || session.Get("state") != "connected" || session.Get("peer") != c.LocalAddr().String() {
		t.Errorf("the session is %s", flow.JSON(session))
	}
	s.do("DELETE", "/sessions/"+flow.Text(session.Get("id")), "", 204)
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
		t.Errorf("after the session was closed: %q, %v", rest, err)
	}

	s.do("PUT", "/tap/settings", "{}", 404) // without --conformance
	s.end()
}

func TestServeConformance(t *testing.T) {
	s := serve(t, "--conformance")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "http://"+s.address+"/tap/ws?t=log,hello,flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	frame := func() *flow.Object {
		_, text, err := conn.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		v, err := flow.ParseJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		return v.(*flow.Object)
	}
	frame() // hello
	s.do("PUT", "/tap/env", `{"GREETING":"good day"}`, 204)
	s.do("POST", "/flows", `[{"id":"i","type":"inject","props":[{"p":"payload","v":"GREETING","vt":"env"}],"wires":[["c"]]},
		{"id":"c","type":"change","rules":[{"t":"set","p":"greeting","pt":"global","to":"payload","tot":"msg"}],"wires":[["h"]]},
		{"id":"h","type":"helper"}]`, 204)
	if f := frame(); f.Get("state") != "started" {
		t.Errorf("the deploy told %s", flow.JSON(f))
	}
	s.do("POST", "/inject/i", "", 200)
	// The button's answer comes before the message is through.
	s.do("POST", "/tap/nodes/h/receive", "", 200)
	want := `{"value":"good day"}`
	if got := s.do("GET", "/tap/context/global?key=greeting&store=memory0", "", 200); got != want {
		t.Errorf("the context has %s, want %s", got, want)
	}
	s.do("DELETE", "/tap/context", "", 204)
	s.do("DELETE", "/tap/settings", "", 204)
	s.end()
}

func TestServeTrace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "trace.ndjson")
	s := serve(t, "--trace", name)
	s.do("POST", "/flows", `[{"id":"c","type":"comment"}]`, 204)
	s.end()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"t":"flows","state":"started"`, `{"t":"flows","state":"stopped"`} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("the trace has not one %s:\n%s", want, text)
		}
	}
}
