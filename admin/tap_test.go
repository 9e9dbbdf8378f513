package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
)

const speakers = `[{"id":"s1","type":"speaker","name":"S","z":"f1","wires":[["p1"]]},{"id":"p1","type":"plain","z":"f2"}]`

func TestTapSocket(t *testing.T) {
	l := newLoopback(t, nil)
	s := l.open("/tap/ws?enc=typed")
	s.expect(`{"t":"hello","version":"test"}`)
	l.deploy(speakers)
	s.expect(`{"t":"flows","state":"started"}`)
	s.send(`{"op":"receive","id":"s1","seq":1,"msg":{"_msgid":"1","payload":{"__enc__":true,"type":"number","data":"NaN"}}}`)
	nan := `{"_msgid":"1","payload":{"__enc__":true,"type":"number","data":"NaN"}}`
	s.expect(
		`{"t":"receive","id":"s1","msg":`+nan+`}`,
		`{"t":"status","id":"s1","status":{"fill":"green","shape":"dot","text":"NaN"}}`,
		`{"t":"send","id":"s1","port":0,"to":["p1"],"msg":`+nan+`}`,
	)
	// The reply and the delivery in the other flow have no order.
	got := []string{s.read(), s.read()}
	if joined := strings.Join(got, "\n"); !strings.Contains(joined, `{"t":"reply","seq":1,"ok":true}`) ||
		!strings.Contains(joined, `{"t":"receive","id":"p1","msg":`+nan+`}`) {
		t.Errorf("got %s", joined)
	}
	for _, test := range []struct{ op, want string }{
		{`{"op":"send","id":"p1","msg":[{"_msgid":"a"},[{"_msgid":"b"},null,{"_msgid":"c"}]]}`,
			`{"t":"send","id":"p1","port":0,"to":[],"msg":{"_msgid":"a"}}
{"t":"send","id":"p1","port":1,"to":[],"msg":{"_msgid":"b"}}
{"t":"send","id":"p1","port":1,"to":[],"msg":{"_msgid":"c"}}`},
		{`{"op":"error","id":"p1","error":{"__enc__":true,"type":"error","data":{"name":"RangeError","message":"far"}}}`,
			`{"t":"call","id":"p1","fn":"error","args":[{"__enc__":true,"type":"error","data":{"name":"RangeError","message":"far"}}]}
{"t":"log","log":{"level":20,"id":"p1","type":"plain","z":"f2","msg":{"__enc__":true,"type":"error","data":{"name":"RangeError","message":"far"}},"path":"f2"}}`},
		{`{"op":"warn","id":"s1","text":"careful"}`,
			`{"t":"call","id":"s1","fn":"warn","args":["careful"]}
{"t":"log","log":{"level":30,"id":"s1","type":"speaker","z":"f1","name":"S","msg":"careful","path":"f1"}}`},
		{`{"op":"log","id":"p1","text":7}`,
			`{"t":"call","id":"p1","fn":"log","args":[7]}
{"t":"log","log":{"level":40,"id":"p1","type":"plain","z":"f2","msg":7,"path":"f2"}}`},
		{`{"op":"status","id":"p1","status":"on"}`, `{"t":"status","id":"p1","status":{"text":"on"}}`},
		{`{"op":"status","id":"p1"}`, `{"t":"status","id":"p1","status":{}}`},
		{`{"op":"done","id":"p1","msg":{"_msgid":"1"},"error":"bad","seq":2}`,
			`{"t":"call","id":"p1","fn":"error","args":["bad",{"_msgid":"1"}]}
{"t":"log","log":{"level":20,"id":"p1","type":"plain","z":"f2","msg":"bad","path":"f2"}}
{"t":"reply","seq":2,"ok":true}`},
		{`{"op":"receive","id":"p1","raw":true,"seq":3}`, `{"t":"receive","id":"p1","msg":{}}
{"t":"reply","seq":3,"ok":true}`},
		{`{"op":"receive","id":"p1","raw":true,"msg":{"__enc__":true,"type":"error","data":{"message":"an error as a message"}}}`,
			`{"t":"receive","id":"p1","msg":{"__enc__":true,"type":"error","data":{"message":"an error as a message"}}}`},
		{`{"op":"ping","seq":"x"}`, `{"t":"reply","seq":"x","ok":true}`},
		{`{"op":"receive","id":"nobody","seq":4}`, `{"t":"reply","seq":4,"ok":false,"error":"not_found"}`},
		{`{"op":"dance","id":"p1","seq":5}`, `{"t":"reply","seq":5,"ok":false,"error":"unknown_op"}`},
		{`no JSON`, `{"t":"reply","ok":false,"error":"invalid_json"}`},
	} {
		s.send(test.op)
		s.expect(strings.Split(test.want, "\n")...)
	}
	s.send(`{"op":"receive","id":"p1","msg":{}}`)
	if got := s.read(); !strings.Contains(got, `"msg":{"_msgid":"`) {
		t.Errorf("a message that is not raw gets an id: %s", got)
	}
	l.deploy(`[]`)
	s.expect(`{"t":"status","id":"s1","status":{}}`, `{"t":"flows","state":"started"}`)
}

func TestTapWithoutTypes(t *testing.T) {
	l := newLoopback(t, nil)
	l.deploy(speakers)
	s := l.open("/tap/ws")
	s.expect(`{"t":"hello","version":"test"}`)
	s.send(`{"op":"error","id":"p1","error":{"__enc__":true,"type":"undefined"}}`)
	s.expect(`{"t":"call","id":"p1","fn":"error","args":[{"__enc__":true,"type":"undefined"}]}`) // an object like any other
}

func TestTapFilter(t *testing.T) {
	l := newLoopback(t, nil)
	l.deploy(speakers)
	byNode, byFlow, byKind := l.open("/tap/ws?node=p1,x"), l.open("/tap/ws?flow=f2"), l.open("/tap/ws?t=status&t=log")
	hello := `{"t":"hello","version":"test"}`
	for _, s := range []*socket{byNode, byFlow, byKind} {
		s.expect(hello)
		s.send(`{"op":"ping","seq":1}`) // it listens when this is answered
		s.expect(`{"t":"reply","seq":1,"ok":true}`)
	}
	l.expect("POST", "/tap/nodes/s1/receive", `{"msg":{"_msgid":"1","payload":"x"}}`, 200, `{"ok":true}`)
	received := `{"t":"receive","id":"p1","msg":{"_msgid":"1","payload":"x"}}`
	byNode.expect(received)
	byFlow.expect(received)
	byKind.expect(`{"t":"status","id":"s1","status":{"fill":"green","shape":"dot","text":"x"}}`)
}

func TestTapNodes(t *testing.T) {
	l := newLoopback(t, nil)
	l.expect("GET", "/tap/nodes", "", 200, `[]`)
	l.deploy(speakers)
	l.expect("GET", "/tap/nodes", "", 200, `[{"id":"p1","type":"plain","z":"f2","wires":[]},{"id":"s1","type":"speaker","z":"f1","name":"S","wires":[["p1"]]}]`)
}

func TestTapCommands(t *testing.T) {
	l := newLoopback(t, nil)
	l.deploy(speakers)
	var s = l.open("/tap/ws?node=p1&enc=typed")
	s.expect(`{"t":"hello","version":"test"}`)
	for _, op := range []string{"receive", "send", "error", "warn", "log", "status"} {
		l.expect("POST", "/tap/nodes/p1/"+op, `{"msg":{"_msgid":"1"},"error":"e","text":"t","status":{}}`, 200, `{"ok":true}`)
	}
	s.expect(
		`{"t":"receive","id":"p1","msg":{"_msgid":"1"}}`,
		`{"t":"send","id":"p1","port":0,"to":[],"msg":{"_msgid":"1"}}`,
		`{"t":"call","id":"p1","fn":"error","args":["e",{"_msgid":"1"}]}`,
		`{"t":"log","log":{"level":20,"id":"p1","type":"plain","z":"f2","msg":"e","path":"f2"}}`,
		`{"t":"call","id":"p1","fn":"warn","args":["t"]}`,
		`{"t":"log","log":{"level":30,"id":"p1","type":"plain","z":"f2","msg":"t","path":"f2"}}`,
		`{"t":"call","id":"p1","fn":"log","args":["t"]}`,
		`{"t":"log","log":{"level":40,"id":"p1","type":"plain","z":"f2","msg":"t","path":"f2"}}`,
		`{"t":"status","id":"p1","status":{}}`,
	)
	l.expect("POST", "/tap/nodes/p1/send?enc=typed", `{"msg":{"_msgid":{"__enc__":true,"type":"undefined"}}}`, 200, `{"ok":true}`)
	s.expect(`{"t":"send","id":"p1","port":0,"to":[],"msg":{"_msgid":{"__enc__":true,"type":"undefined"}}}`)
	l.expect("POST", "/tap/nodes/p2/send", ``, 404, `{"code":"not_found","message":…`)
	l.expect("POST", "/tap/nodes/p1/dance", ``, 404, `{"code":"unknown_op","message":…`)
	l.expect("POST", "/tap/nodes/p1/send", `[]`, 400, `{"code":"invalid_body","message":…`)
	l.expect("POST", "/tap/nodes/p1/send", `{`, 400, `{"code":"invalid_json","message":…`)
}

// A client that does not read loses frames, is told how many, and holds nobody
// up.
func TestSlowTap(t *testing.T) {
	l := newLoopback(t, nil)
	l.deploy(`[{"id":"p1","type":"plain"}]`)
	s := l.open("/tap/ws")
	s.expect(`{"t":"hello","version":"test"}`)
	const sent = 300
	text := strings.Repeat("x", 200<<10)
	for i := range sent {
		done := make(chan struct{})
		msg := flow.MessageOf(flow.NewObject("n", float64(i), "payload", text))
		if err := l.rt.Receive("p1", msg, func(error) { close(done) }); err != nil {
			t.Fatal(err)
		}
		<-done
	}
	next, lost := 0, 0
	for next < sent {
		v, err := flow.ParseJSON([]byte(s.read()))
		if err != nil {
			t.Fatal(err)
		}
		frame := v.(*flow.Object)
		if frame.Get("t") == "lost" {
			n := int(frame.Get("n").(float64))
			next, lost = next+n, lost+n
			continue
		}
		if got := frame.Get("msg").(*flow.Object).Get("n"); got != float64(next) {
			t.Fatalf("message %v came when %d was due", got, next)
		}
		next++
	}
	if lost == 0 {
		t.Error("nothing was lost: the client was not slow enough for this test")
	}
	s.send(`{"op":"ping","seq":1}`)
	s.expect(`{"t":"reply","seq":1,"ok":true}`)
}

// Websockets of other web sites are refused, and open ones end with the server.
func TestSocketsAreGuarded(t *testing.T) {
	l := newLoopback(t, nil)
	for _, path := range []string{"/tap/ws", "/comms"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, answer, err := websocket.Dial(ctx, l.url+path, &websocket.DialOptions{
			HTTPClient: l.client, HTTPHeader: http.Header{"Origin": {"https://example.com"}},
		})
		if err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %v, %v", path, answer, err)
		}
		cancel()
	}
	if status, _ := l.do("GET", "/tap/ws", ""); status != http.StatusUpgradeRequired {
		t.Errorf("a request that is no websocket: %d", status)
	}
	l.open("/tap/ws") // the clean-up ends the server while it is open
}

func TestContextEndpoints(t *testing.T) {
	l := newLoopback(t, nil)
	l.deploy(speakers)
	for _, path := range []string{"/tap/context/global", "/tap/context/flow/f%2F1", "/tap/context/node/p1"} {
		undefined := `{"value":{"__enc__":true,"type":"undefined"}}`
		l.expect("GET", path+"?key=a", "", 200, undefined)
		l.expect("PUT", path, `{"key":"a","value":{"__enc__":true,"type":"date","data":"2020-01-01T00:00:00.000Z"}}`, 200, `{}`)
		l.expect("GET", path+"?key=a", "", 200, `{"value":{"__enc__":true,"type":"date","data":"2020-01-01T00:00:00.000Z"}}`)
		l.expect("PUT", path, `{"key":"b.c[0]","value":1}`, 200, `{}`)
		l.expect("GET", path+"?key=b", "", 200, `{"value":{"c":[1]}}`)
		l.expect("PUT", path, `{"key":["x","y"],"value":[1,2],"store":"memory1"}`, 200, `{}`)
		l.expect("PUT", path, `{"key":["z"],"value":3,"store":"memory1"}`, 200, `{}`)
		l.expect("GET", path+"?multi=%5B%22x%22,%22y%22,%22a%22%5D&store=memory1", "", 200, `{"value":[1,2,{"__enc__":true,"type":"undefined"}]}`)
		l.expect("GET", path+"?keys=1", "", 200, `{"value":["a","b"]}`)
		l.expect("GET", path+"?keys=1&store=memory1", "", 200, `{"value":["x","y","z"]}`)
		l.expect("DELETE", path+"?key=a", "", 204, "")
		l.expect("GET", path+"?keys=1", "", 200, `{"value":["b"]}`)
		l.expect("DELETE", path+"?store=memory1", "", 204, "")
		l.expect("GET", path+"?keys=1&store=memory1", "", 200, `{"value":[]}`)
		l.expect("GET", path+"?key=a..b", "", 400, `{"error":"…`)
		l.expect("GET", path+"?multi=x", "", 400, `{"error":"multi must be a JSON list of keys"}`)
		l.expect("PUT", path, `[]`, 400, `{"error":…`)
	}
	if _, text := l.do("PUT", "/tap/context/global", `{"key":"a..b","value":1}`); !strings.HasSuffix(text, `,"code":"INVALID_EXPR"}`) {
		t.Errorf("a bad key answered %s", text)
	}
	l.expect("GET", "/tap/context/node/nobody?key=a", "", 404, `{"error":…`)
	l.expect("DELETE", "/tap/context", "", 404, "404 page not found\n")
}

func TestSessionsEndpoint(t *testing.T) {
	l := newLoopback(t, nil)
	l.expect("GET", "/sessions", "", 200, `[]`)
	l.expect("DELETE", "/sessions/sess-1", "", 404, `{"code":"not_found","message":"there is no session \"sess-1\""}`)
}

func TestCredentialsAreNotShown(t *testing.T) {
	l := newLoopback(t, nil)
	body := fmt.Sprintf(`{"flows":%s,"credentials":{"p1":{"password":"secret"}}}`, speakers)
	l.expect("POST", "/flows", body, 200, `{"rev":"…`)
	l.expect("GET", "/flows", "", 200, speakers)
	if got := l.rt.Flows().Credentials["p1"]; got == nil || got.Get("password") != "secret" {
		t.Error("the credentials did not reach the flows")
	}
	l.expect("POST", "/flows", `{"flows":[],"credentials":7}`, 400, `{"code":"unexpected_error","message":…`)
}
