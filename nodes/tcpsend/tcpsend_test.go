package tcpsend_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpsend"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nobody opens sessions and does not care for them.
type nobody struct{}

func (nobody) Opened(*session.Session)                 {}
func (nobody) TimedOut(*session.Session)               {}
func (nobody) Closed(*session.Session, *sockets.Error) {}

// dial opens a session with the id s1, and returns the other end.
func dial(t *testing.T, st *session.Store, owner flow.Host, line bool) *net.TCPConn {
	t.Helper()
	return dialID(t, st, owner, "s1", line)
}

func dialID(t *testing.T, st *session.Store, owner flow.Host, id string, line bool) *net.TCPConn {
	t.Helper()
	return dialWith(t, st, owner, id, &session.Options{Node: "owner", Owner: nobody{}, Line: line})
}

func dialWith(t *testing.T, st *session.Store, owner flow.Host, id string, o *session.Options) *net.TCPConn {
	t.Helper()
	ln := sockettest.Listen(t)
	st.Attach("owner", owner)
	target := sockets.Target{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port}
	if _, err := st.Dial(session.To(target), id, o); err != nil {
		t.Fatal(err)
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		st.End("owner")
		_ = c.Close()
	})
	for st.Get(id).State() != session.Connected {
		runtime.Gosched()
	}
	return c.(*net.TCPConn)
}

func node(t *testing.T, st *session.Store, id, config string) *flowtest.Driver {
	t.Helper()
	return flowtest.New(t, tcpsend.Type(st), config, func(e *flow.Env) { e.ID = id })
}

const sent = `{"event":"sent","sessionId":"s1","messageId":"msg-*","chunkCount":%d}`

func TestPayloads(t *testing.T) {
	const invalid = `{"errorCode":"PAYLOAD_INVALID","errorText":"payload items must be string or Buffer","event":"error","sessionId":"s1"}`
	buffer := flow.Buffer{0, 1, 255}
	for _, c := range []struct {
		name           string
		payload        flow.Value
		chunks         int // -1: refused
		line, crlf     string
		terminatorLess string
	}{
		{"text", "text é", 1, "text é\n", "text é\r\n", "text é"},
		{"bytes", buffer, 1, string(buffer), string(buffer), string(buffer)},
		{"list", flow.Array{"a", buffer, "c"}, 3, "a\n\x00\x01\xffc\n", "a\r\n\x00\x01\xffc\r\n", "a\x00\x01\xffc"},
		{"empty list", flow.Array{}, 0, "", "", ""},
		{"empty text", "", 1, "\n", "\r\n", ""},
		{"number", 42.0, -1, "", "", ""},
		{"object", flow.NewObject(), -1, "", "", ""},
		{"null", flow.Null{}, -1, "", "", ""},
		{"undefined", nil, -1, "", "", ""},
		{"list with a number", flow.Array{"ok", 7.0}, -1, "", "", ""},
		{"nested list", flow.Array{flow.Array{"x"}}, -1, "", "", ""},
	} {
		for _, v := range []struct {
			mode, terminator, want string
			line                   bool
		}{{"line", "lf", c.line, true}, {"line", "crlf", c.crlf, true}, {"line", "bogus", c.terminatorLess, true}, {"binary", "lf", c.terminatorLess, false}} {
			t.Run(c.name+" "+v.mode+" "+v.terminator, func(t *testing.T) {
				st := session.New()
				d := node(t, st, "send", `{"lineTerminator":"`+v.terminator+`"}`)
				peer := dial(t, st, d, v.line)
				m := flow.NewMessage()
				m.Set("sessionId", "s1")
				m.Set("payload", c.payload)
				d.HandleMessage(m)
				if c.chunks < 0 {
					sockettest.Expect(t, d, 0, invalid)
				} else {
					sockettest.Expect(t, d, 0, fmt.Sprintf(sent, c.chunks))
				}
				claim := "owner"
				if c.chunks >= 0 {
					claim = "send"
				}
				if got := st.Snapshot()[0].Claim; got != claim {
					t.Errorf("%s holds the claim", got)
				}
				st.Get("s1").Disconnect()
				if got, err := io.ReadAll(peer); string(got) != v.want || err != nil {
					t.Errorf("the peer got %q, %v", got, err)
				}
			})
		}
	}
}

func TestRefused(t *testing.T) {
	st := session.New()
	d := node(t, st, "send", `{}`)
	dial(t, st, d, true)
	d.Handle(`{"payload":"x","sessionId":"none"}`)
	d.Handle(`{"payload":"x"}`)
	d.Handle(`{"payload":"x","sessionId":""}`)
	d.Handle(`{"payload":"x","sessionId":{"s1":1}}`)
	st.Get("s1").Disconnect()
	d.Handle(`{"payload":42,"sessionId":"s1"}`)
	sockettest.Expect(t, d, 0,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":"none"}`,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":null}`,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":null}`,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":{"s1":1}}`,
		`{"errorCode":"SESSION_NOT_CONNECTED","errorText":"Session is not connected","event":"error","sessionId":"s1"}`)
	for i, err := range d.Done {
		if err != nil {
			t.Errorf("message %d is a node error: %v", i, err)
		}
	}
}

func TestUDPSession(t *testing.T) {
	st := session.New()
	d := node(t, st, "send", `{}`)
	st.Attach("owner", d)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.BindSender(conn, "u", &session.Options{Node: "owner", Owner: nobody{}}); err != nil {
		t.Fatal(err)
	}
	defer st.End("owner")
	d.Handle(`{"payload":"x","sessionId":"u"}`)
	sockettest.Expect(t, d, 0, `{"errorCode":"SOCKET_NOT_CONNECTED","errorText":"Socket is not connected","event":"error","sessionId":"u"}`)
}

func TestClaimOutlivesTheInstance(t *testing.T) {
	st := session.New()
	a := node(t, st, "send", `{"waitFor":"^END"}`)
	peer := dial(t, st, a, true)
	a.Handle(`{"payload":"x","sessionId":"s1"}`)
	fmt.Fprint(peer, "1\nEND\n")
	sockettest.Expect(t, a, 1, `{"event":"data","sessionId":"s1","payload":["1"],"match":"END"}`)

	sockettest.Stop(t, a, flow.Restarted)
	b := node(t, st, "send", `{}`)
	fmt.Fprint(peer, "2\nEND\n")
	sockettest.Expect(t, b, 1, `{"event":"data","sessionId":"s1","payload":["2"],"match":"END"}`)
	sockettest.Stop(t, b, flow.Removed)
	fmt.Fprint(peer, "3\n") // the owner of these tests is at a's place, and holds nothing back
	sockettest.Expect(t, a, 1, `{"event":"data","sessionId":"s1","payload":["1"],"match":"END"}`, `{"event":"data","sessionId":"s1","payload":"3"}`)
	sockettest.ExpectBadges(t, a, "")
}

func TestMessageOverrides(t *testing.T) {
	st := session.New()
	d := node(t, st, "send", `{"waitFor":"*","timeout":"60000"}`)
	peer := dial(t, st, d, true)
	d.Handle(`{"payload":"x","sessionId":"s1","waitFor":"^OK$","timeout":30}`)
	d.Until(func() bool { return len(d.Messages(0)) == 2 })
	sockettest.Expect(t, d, 0, fmt.Sprintf(sent, 1),
		`{"errorCode":"TIMEOUT","errorText":"Inactivity timeout","event":"timeout","sessionId":"s1"}`)
	d.Handle(`{"payload":"x","sessionId":"s1","timeout":0}`)
	fmt.Fprint(peer, "a\nOK\n")
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"s1","payload":["a"],"match":"OK"}`)
	d.Handle(`{"payload":"x","sessionId":"s1","waitFor":""}`)
	d.Handle(`{"payload":"x","sessionId":"s1","waitFor":"("}`)
	fmt.Fprint(peer, "b\n")
	d.Until(func() bool { return len(d.Messages(1)) == 2 })
	if got := sockettest.Sent(d, 1)[1]; got != `{"event":"data","sessionId":"s1","payload":"b"}` {
		t.Errorf("got %s", got)
	}
	sockettest.ExpectBadges(t, d, "red ring bad waitFor regex", "red ring bad waitFor regex")
}

func TestLargePayload(t *testing.T) {
	st := session.New()
	d := node(t, st, "send", `{"lineTerminator":"lf"}`)
	peer := dial(t, st, d, true)
	big := make([]byte, 8<<20)
	for i := range big {
		big[i] = byte('a' + i%26)
	}
	m := flow.NewMessage()
	m.Set("sessionId", "s1")
	m.Set("payload", flow.Array{string(big), "end"})
	d.HandleMessage(m)
	r := bufio.NewReader(peer)
	line, err := r.ReadString('\n')
	if line != string(big)+"\n" || err != nil {
		t.Errorf("the peer got %d bytes, %v", len(line), err)
	}
	if line, _ := r.ReadString('\n'); line != "end\n" {
		t.Errorf("then %q", line)
	}
}

// dialled opens sessions with these ids to one listener, and returns their other
// ends.
func dialled(t *testing.T, st *session.Store, owner flow.Host, ids ...string) []*net.TCPConn {
	t.Helper()
	var peers []*net.TCPConn
	for _, id := range ids {
		peers = append(peers, dialID(t, st, owner, id, false))
	}
	return peers
}

func TestManySessions(t *testing.T) {
	st := session.New()
	d := node(t, st, "send", `{"claim":false}`)
	peers := dialled(t, st, d, "a", "b", "c")
	st.Get("b").Tag("room", "x")
	st.Get("c").Tag("room", "x")
	st.Get("c").Tag("floor", 2.0)
	one := func(id string) string {
		return `{"event":"sent","sessionId":"` + id + `","messageId":"msg-*","chunkCount":1}`
	}
	d.Handle(`{"payload":"1","sessionId":["c","none","a"]}`)
	d.Handle(`{"payload":"2","sessionId":"*"}`)
	d.Handle(`{"payload":"3","tags":{"room":"x"}}`)
	d.Handle(`{"payload":"4","tags":{"room":"x","floor":2}}`)
	d.Handle(`{"payload":"5","tags":{"room":"y"}}`)
	sockettest.Expect(t, d, 0,
		one("c"), `{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":"none"}`, one("a"),
		one("a"), one("b"), one("c"),
		one("b"), one("c"),
		one("c"))
	for _, i := range st.Snapshot() {
		if i.Claim != "owner" {
			t.Errorf("%s holds the claim of %v", i.Claim, i.ID)
		}
	}
	for i, want := range []string{"12", "23", "1234"} {
		_ = peers[i].SetReadDeadline(time.Now().Add(10 * time.Second))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(peers[i], got); string(got) != want || err != nil {
			t.Errorf("peer %d got %q, %v", i, got, err)
		}
	}
}

func TestSlowPeer(t *testing.T) {
	for policy, open := range map[string]bool{"drop": true, "disconnect": false} {
		t.Run(policy, func(t *testing.T) {
			st := session.New()
			d := node(t, st, "send", `{"onSlow":"`+policy+`","queueLimit":100000}`)
			dial(t, st, d, false) // reads nothing
			m := flow.NewMessage()
			m.Set("sessionId", "s1")
			m.Set("payload", flow.Buffer(make([]byte, 64<<10)))
			slow := func() bool {
				list := d.Messages(0)
				return len(list) > 0 && list[len(list)-1].Get("errorCode") == "SESSION_SLOW"
			}
			for i := 0; i < 1000 && !slow(); i++ {
				d.HandleMessage(m.Clone())
			}
			last := d.Messages(0)[len(d.Messages(0))-1]
			if !slow() || last.Get("queued").(float64) > 100000 {
				t.Fatalf("the last result is %s", flow.JSON(last.Object()))
			}
			if open {
				if s := st.Get("s1"); s == nil || s.State() != session.Connected {
					t.Error("the session is not open any more")
				}
				return
			}
			for st.Get("s1") != nil {
				runtime.Gosched()
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for config, want := range map[string]string{
		`{"onSlow":"maybe"}`:                 `onSlow: expected wait, drop or disconnect, got "maybe"`,
		`{"onSlow":"drop","queueLimit":"0"}`: `queueLimit: expected a number of bytes from 1 on, got 0`,
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tcpsend.Type(nil).New(props.(*flow.Object), flow.Env{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
