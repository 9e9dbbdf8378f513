package tcpsession_test

import (
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpsession"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type owner struct{ ended chan struct{} }

func (owner) Opened(*session.Session)                   {}
func (owner) TimedOut(*session.Session)                 {}
func (o owner) Closed(*session.Session, *sockets.Error) { o.ended <- struct{}{} }

func TestSessions(t *testing.T) {
	st := session.New()
	d := flowtest.New(t, tcpsession.Type(st), `{}`)
	st.Attach("listener", d)
	ln := sockettest.Listen(t)
	o := owner{make(chan struct{}, 2)}
	for range 2 {
		peer := sockettest.Dial(t, sockettest.Port(ln))
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		st.Accept(session.Stream{Conn: conn}, &session.Options{Node: "listener", Owner: o})
	}
	ids := []string{}
	for _, i := range st.Snapshot() {
		ids = append(ids, flow.Text(i.ID))
	}
	a, b := `"sessionId":"`+ids[0]+`"`, `"sessionId":"`+ids[1]+`"`

	d.Handle(`{` + a + `,"action":"tag","tags":{"room":"x"}}`)
	d.Handle(`{"action":"get","tags":{"room":"x"}}`)
	d.Handle(`{` + b + `,"action":"pause"}`)
	d.Handle(`{"action":"list"}`)
	d.Handle(`{"sessionId":"*","action":"setNoDelay","noDelay":false}`)
	d.Handle(`{` + b + `,"action":"setKeepAlive","initialDelay":1000}`)
	d.Handle(`{` + b + `,"action":"setTimeout","timeout":"60000"}`)
	d.Handle(`{` + b + `,"action":"resume"}`)
	d.Handle(`{` + b + `,"action":"tag"}`)
	d.Handle(`{` + b + `,"action":"sing"}`)
	d.Handle(`{"action":"get"}`)
	d.Handle(`{"sessionId":"*","action":"reset"}`)
	<-o.ended
	<-o.ended
	one := `{"sessionId":"*","node":"listener","claim":"listener","state":"connected","readyState":"open","connecting":false,"pending":false,` +
		`"paused":PAUSED,"localAddress":"127.0.0.1","localPort":*,"localFamily":"IPv4","remoteAddress":"127.0.0.1","remotePort":*,"remoteFamily":"IPv4",` +
		`"bytesRead":0,"bytesWritten":0,"messagesRead":0,"messagesWritten":0,"queued":0,"timeout":0,"idle":*,"age":*,"tags":TAGS}`
	first := strings.NewReplacer("PAUSED", "false", "TAGS", `{"room":"x"}`).Replace(one)
	second := strings.NewReplacer("PAUSED", "true", "TAGS", `{}`).Replace(one)
	want := []string{
		`{"event":"tag","sessionId":"*"}`,
		`{"event":"get","sessionId":"*","session":` + first + `}`,
		`{"event":"pause","sessionId":"*"}`,
		`{"event":"list","sessions":[` + first + `,` + second + `]}`,
		`{"event":"setNoDelay","sessionId":"*"}`,
		`{"event":"setNoDelay","sessionId":"*"}`,
		`{"event":"setKeepAlive","sessionId":"*"}`,
		`{"event":"setTimeout","sessionId":"*"}`,
		`{"event":"resume","sessionId":"*"}`,
		`{"errorCode":"TAGS_INVALID","errorText":"tag requires tags, an object","event":"error","sessionId":"*"}`,
		`{"errorCode":"ACTION_INVALID","errorText":"action must be one of list, end, get, pause, reset, resume, setKeepAlive, setNoDelay, setTimeout, tag","event":"error","sessionId":"*"}`,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":null}`,
		`{"event":"reset","sessionId":"*"}`,
		`{"event":"reset","sessionId":"*"}`,
	}
	got := sockettest.Sent(d, 0)
	if len(got) != len(want) {
		t.Fatalf("%d results: %s", len(got), got)
	}
	for i := range want {
		got[i] = times.ReplaceAllString(strings.ReplaceAll(got[i], "sess-*", "*"), `"$1":*`)
		if got[i] != want[i] {
			t.Errorf("result %d\ngot  %s\nwant %s", i, got[i], want[i])
		}
	}
}

var times = regexp.MustCompile(`"(idle|age)":\d+`)

func TestUnknownAction(t *testing.T) {
	_, err := tcpsession.Type(nil).New(flow.NewObject("action", "sing"), flow.Env{})
	if err == nil || !strings.HasPrefix(err.Error(), "action: expected list, end, get") {
		t.Errorf("%v", err)
	}
}
