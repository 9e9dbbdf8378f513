package websocket

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

const server = `{"server":"config"}`

func TestReceive(t *testing.T) {
	for whole, want := range map[string][]string{
		"false": {`{"payload":"hello"}`, `{"payload":"{\"a\":1}"}`, `{"payload":""}`, `{"payload":"12"}`, `{"payload":"[1]"}`, `{"payload":"null"}`, `{"payload":{"type":"Buffer","data":[1,255]}}`},
		"true":  {`{"payload":"hello"}`, `{"a":1}`, `{"payload":""}`, `{"payload":12}`, `{"payload":[1]}`, `{"payload":null}`, `{"payload":{"type":"Buffer","data":[1,255]}}`},
	} {
		r, config := newListener(t, `,"wholemsg":"`+whole+`"`)
		in := flowtest.New(t, In, server, use(config))
		conn := dial(t, r.url("/ws"), nil)
		for _, text := range []string{"hello", `{"a":1}`, "", "12", "[1]", "null"} {
			say(t, conn, text)
		}
		if err := conn.Write(t.Context(), websocket.MessageBinary, []byte{1, 255}); err != nil {
			t.Fatal(err)
		}
		in.Until(func() bool { return len(in.Messages(0)) == len(want) })
		if got := sessionless(t, in); !slices.Equal(got, want) {
			t.Errorf("wholemsg %s: got %q, want %q", whole, got, want)
		}
	}
}

func TestSend(t *testing.T) {
	r, config := newListener(t, "")
	out := flowtest.New(t, Out, server, use(config))
	conn := dial(t, r.url("/ws"), nil)
	out.Until(hasBadge(out, "green dot connected 1"))
	for _, msg := range []string{`{}`, `{"payload":""}`, `{"payload":"text"}`, `{"payload":{"a":[1,null]}}`, `{"payload":0}`, `{"payload":false}`, `{"payload":null}`} {
		out.Handle(msg)
	}
	for _, want := range []string{"text", `{"a":[1,null]}`, "0", "false", "null"} {
		expect(t, conn, want)
	}
	msg := flow.NewMessage()
	msg.Set("payload", flow.Buffer{})
	out.HandleMessage(msg)
	if kind, data, err := conn.Read(t.Context()); kind != websocket.MessageBinary || len(data) != 0 || err != nil {
		t.Errorf("got %v %q, %v, want an empty Buffer", kind, data, err)
	}
}

func TestSendWholeMessages(t *testing.T) {
	r, config := newListener(t, `,"wholemsg":"true"`)
	out := flowtest.New(t, Out, server, use(config))
	conn := dial(t, r.url("/ws"), nil)
	out.Until(hasBadge(out, "green dot connected 1"))
	out.Handle(`{"topic":"t","_session":{"type":"tcp","id":"x"},"a":{"b":1}}`)
	expect(t, conn, `{"topic":"t","a":{"b":1}}`)
}

// A message with a session goes to that connection, one without to all.
func TestReplyAndBroadcast(t *testing.T) {
	r, config := newListener(t, "")
	in := flowtest.New(t, In, server, use(config))
	out := flowtest.New(t, Out, server, use(config), named("n2"))
	ann, bob := dial(t, r.url("/ws"), nil), dial(t, r.url("/ws"), nil)
	in.Until(hasBadge(in, "green dot connected 2"))
	say(t, ann, "for ann")
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	out.HandleMessage(in.Messages(0)[0].Clone())
	out.Handle(payload("for all"))
	expect(t, ann, "for ann")
	expect(t, ann, "for all")
	expect(t, bob, "for all")

	if err := ann.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	in.Until(showsBadge(in, "green dot connected 1"))
	out.HandleMessage(in.Messages(0)[0].Clone())
	if last := out.Log[len(out.Log)-1]; last.Level != flow.LevelDebug || !strings.Contains(last.What, "has ended") {
		t.Errorf("logged %v", last)
	}
}

// The badges have Node-RED's events and sessions.
func TestBadges(t *testing.T) {
	r, config := newListener(t, "")
	var shown []string
	in := flowtest.New(t, In, server, use(config), func(e *flow.Env) {
		e.Host = &watched{Host: e.Host, shown: &shown}
	})
	conn := dial(t, r.url("/ws"), nil)
	in.Until(hasBadge(in, "green dot connected 1"))
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	in.Until(hasBadge(in, "red ring disconnected"))
	stop(t, config, flow.Removed)
	stop(t, in, flow.Removed)
	want := []string{
		`{"fill":"green","shape":"dot","text":"connected 1","event":"connect","_session":{"type":"websocket","id":*}}`,
		`{"fill":"red","shape":"ring","text":"disconnected","event":"disconnect","_session":{"type":"websocket","id":*}}`,
		`{}`,
	}
	if !slices.Equal(shown, want) {
		t.Errorf("got %s, want %s", shown, want)
	}
}

// watched notes the badges as JSON.
type watched struct {
	flow.Host
	shown *[]string
}

func (w *watched) Status(badge *flow.Object) {
	text := flow.JSON(badge)
	if session, ok := badge.Get("_session").(*flow.Object); ok {
		text = strings.Replace(text, flow.JSON(session.Get("id")), "*", 1)
	}
	*w.shown = append(*w.shown, text)
	w.Host.Status(badge)
}

func TestDuplicatePath(t *testing.T) {
	r, _ := newListener(t, "")
	second, err := Listener(r.Table).New(flow.NewObject("path", "ws"), flow.Env{ID: "second"})
	if err != nil {
		t.Fatal(err)
	}
	err = second.(flow.Starter).Start(t.Context())
	if err == nil || err.Error() != "Cannot have two WebSocket listeners on the same path: ws" {
		t.Errorf("error %v", err)
	}
	stopSecond := second.(flow.Stopper)
	if err := stopSecond.Stop(t.Context(), flow.Removed); err != nil {
		t.Error(err)
	}
	dial(t, r.url("/ws"), nil) // the first is still there
}

// A listener has the very path that it names, and other paths may have others.
func TestPathIsExact(t *testing.T) {
	r, _ := newListener(t, "")
	flowtest.New(t, Listener(r.Table), `{"path":"/Ws"}`, named("second"))
	dial(t, r.url("/ws"), nil)
	dial(t, r.url("/Ws?x=y"), nil)
	for _, path := range []string{"/ws/", "/WS", "//ws", "/w%73"} {
		_, response, err := websocket.Dial(t.Context(), r.url(path), nil)
		if err == nil || response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

func TestMissingConfig(t *testing.T) {
	for _, typ := range []flow.Type{In, Out} {
		for _, config := range []string{`{}`, `{"server":"nosuch"}`, `{"client":"nosuch"}`} {
			v, err := flow.ParseJSON([]byte(config))
			if err != nil {
				t.Fatal(err)
			}
			_, err = typ.New(v.(*flow.Object), flow.Env{Config: func(string) flow.Node { return nil }})
			if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || !bad.Idle {
				t.Errorf("%s %s: error %v", typ.Name, config, err)
			}
		}
	}
}

func TestBadLimits(t *testing.T) {
	for config, want := range map[string]string{
		`{"maxPayload":0}`: "maxPayload: must be at least 1",
		`{"maxQueue":-1}`:  "maxQueue: must be at least 1",
	} {
		v, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range []flow.Type{Listener(nil), Client} {
			if _, err := typ.New(v.(*flow.Object), flow.Env{}); err == nil || err.Error() != want {
				t.Errorf("%s: error %v, want %s", typ.Name, err, want)
			}
		}
	}
}

// The server agrees on the first subprotocol that a client offers; with origins
// it lets no pages of other sites connect.
func TestHandshake(t *testing.T) {
	r, _ := newListener(t, `,"origins":["*.example.com"]`)
	conn := dial(t, r.url("/ws"), &websocket.DialOptions{Subprotocols: []string{"b", "a"}})
	if conn.Subprotocol() != "b" {
		t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	for origin, want := range map[string]int{
		"https://app.example.com": http.StatusSwitchingProtocols,
		r.server.URL:              http.StatusSwitchingProtocols,
		"https://evil.test":       http.StatusForbidden,
	} {
		conn, resp, err := websocket.Dial(t.Context(), r.url("/ws"), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if resp == nil || resp.StatusCode != want {
			t.Errorf("origin %s: %v", origin, err)
		}
		if err == nil {
			_ = conn.CloseNow()
		}
	}
	open, _ := newListener(t, "")
	dial(t, open.url("/ws"), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.test"}}})
}

func TestLargeMessages(t *testing.T) {
	r, config := newListener(t, `,"maxPayload":"100000"`)
	in := flowtest.New(t, In, server, use(config))
	conn := dial(t, r.url("/ws"), nil)
	say(t, conn, strings.Repeat("x", 100_000))
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	say(t, conn, strings.Repeat("x", 100_001))
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("the connection ended with %v", err)
	}
	in.Until(hasBadge(in, "red ring error"))
	in.Until(hasBadge(in, "red ring disconnected"))
	if len(config.Log) != 1 || !strings.Contains(config.Log[0].What, "100001 bytes") {
		t.Errorf("logged %v", config.Log)
	}
}

// A listener that stops says goodbye, after what waited to be sent.
func TestStop(t *testing.T) {
	r, config := newListener(t, "")
	out := flowtest.New(t, Out, server, use(config))
	conn := dial(t, r.url("/ws"), nil)
	out.Until(hasBadge(out, "green dot connected 1"))
	deaf := dial(t, r.url("/ws"), nil) // does not answer the goodbye
	out.Until(hasBadge(out, "green dot connected 2"))
	const n = 1000
	for i := range n {
		out.Handle(payload(fmt.Sprint(i)))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range n {
			expect(t, conn, fmt.Sprint(i))
		}
		if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusServiceRestart {
			t.Errorf("the connection ended with %v", err)
		}
	}()
	stop(t, config, flow.Restarted)
	<-done
	_ = deaf.CloseNow()
	if _, resp, err := websocket.Dial(t.Context(), r.url("/ws"), nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the next client got %v", err)
	}
}

// What comes in while a node is replaced waits for its next instance, and for
// none that does not come.
func TestNodeIsReplaced(t *testing.T) {
	r, config := newListener(t, "")
	old := flowtest.New(t, In, server, use(config))
	other := flowtest.New(t, In, server, use(config), named("n2"))
	conn := dial(t, r.url("/ws"), nil)
	say(t, conn, "1")
	old.Until(func() bool { return len(old.Messages(0)) == 1 })
	stop(t, old, flow.Restarted)
	say(t, conn, "2")
	in := flowtest.New(t, In, server, use(config))
	say(t, conn, "3")
	in.Until(func() bool { return len(in.Messages(0)) == 2 })
	if got, want := sessionless(t, in), []string{payload("2"), payload("3")}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if badges := in.Badges(); badges[0] != "green dot connected 1" {
		t.Errorf("badges %q", badges)
	}
	stop(t, in, flow.Removed)
	say(t, conn, "4")
	other.Until(func() bool { return len(other.Messages(0)) == 4 })
	if len(in.Messages(0)) != 2 {
		t.Error("a node that is gone still gets something")
	}
}

// A text message that is none ends its connection (RFC 6455, section 8.1).
func TestNotUTF8(t *testing.T) {
	r, config := newListener(t, "")
	in := flowtest.New(t, In, server, use(config))
	conn := dial(t, r.url("/ws"), nil)
	say(t, conn, "ü")
	if err := conn.Write(t.Context(), websocket.MessageText, []byte{0xff, 0xfe}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInvalidFramePayloadData {
		t.Errorf("the connection ended with %v", err)
	}
	in.Until(hasBadge(in, "red ring disconnected"))
	if got, want := sessionless(t, in), []string{`{"payload":"ü"}`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A client that sees itself connected misses nothing that is sent from then on.
func TestConnectedMissesNothing(t *testing.T) {
	r, config := newListener(t, "")
	out := flowtest.New(t, Out, server, use(config))
	for i := range 200 {
		conn := dial(t, r.url("/ws"), nil)
		out.Handle(payload(fmt.Sprint(i)))
		expect(t, conn, fmt.Sprint(i))
		if err := conn.CloseNow(); err != nil {
			t.Fatal(err)
		}
	}
}
