package udpin_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpdisconnect"
	"github.com/flowrun/flowrun/nodes/tcpsend"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/runtime/session"
)

// talker is a peer: a socket that is connected to the node's.
func talker(t *testing.T, port int) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func say(t *testing.T, c *net.UDPConn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c *net.UDPConn, want ...string) {
	t.Helper()
	buf := make([]byte, 100)
	for _, w := range want {
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != w {
			t.Errorf("heard %q, %v, want %q", buf[:n], err, w)
		}
	}
}

const (
	listening    = `{"event":"listening","sessionId":"sess-*","address":"127.0.0.1","port":*,"multicastGroup":null}`
	connected    = `{"event":"connected","sessionId":"sess-*","remoteHost":"127.0.0.1","remotePort":*,"localHost":"127.0.0.1","localPort":*}`
	disconnected = `{"event":"disconnected","sessionId":"sess-*"}`
)

func TestPeerSessions(t *testing.T) {
	port, st := sockettest.FreePort(t), session.New()
	d := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"address":"127.0.0.1","port":%d,"mode":"utf8","peerSessions":true}`, port))
	sender := flowtest.New(t, tcpsend.Type(st), `{}`, func(e *flow.Env) { e.ID = "send" })
	a, b := talker(t, port), talker(t, port)
	ids := map[string]flow.Value{}
	for i, step := range []struct {
		from *net.UDPConn
		text string
	}{{a, "a1"}, {b, "b1"}, {a, "a2"}} {
		say(t, step.from, step.text)
		d.Until(func() bool { return len(d.Messages(1)) == i+1 })
		m := d.Messages(1)[i]
		ids[step.text] = m.Get("sessionId")
		if m.Get("payload") != step.text {
			t.Errorf("received %v", m.Get("payload"))
		}
	}
	if ids["a1"] != ids["a2"] || ids["a1"] == ids["b1"] {
		t.Errorf("the sessions are %v", ids)
	}
	sockettest.Expect(t, d, 0, listening, connected, connected)

	m := flow.NewMessage()
	m.Set("sessionId", ids["b1"])
	m.Set("payload", flow.Array{"one", flow.Buffer("two"), ""})
	sender.HandleMessage(m)
	hear(t, b, "one", "two", "")
	sockettest.Expect(t, sender, 0, `{"event":"sent","sessionId":"sess-*","messageId":"msg-*","chunkCount":3}`)
	say(t, b, "b2")
	sockettest.Expect(t, sender, 1, `{"event":"data","sessionId":"sess-*","payload":"b2","rinfo":{"address":"127.0.0.1","family":"IPv4","port":*,"size":2}}`)
	if i := st.Get(ids["b1"]).Info(); i.Claim != "send" || i.Kind != "udp" || i.MessagesIn != 2 || i.MessagesOut != 3 || i.Remote.String() != b.LocalAddr().String() {
		t.Errorf("the session is %+v", i)
	}

	// An answer from the socket itself counts for the peer too, and each once.
	if err := st.Get(ids["a1"]).SendTo([]byte("1234"), st.Get(ids["a1"]).Peer()); err != nil {
		t.Error(err)
	}
	hear(t, a, "1234")
	if i := st.Get(ids["a1"]).Info(); i.BytesOut != 4 || i.MessagesOut != 1 {
		t.Errorf("the session is %+v", i)
	}
	if got, want := st.Totals().UDP, (session.Traffic{Opened: 3, BytesIn: 8, BytesOut: 10, MessagesIn: 4, MessagesOut: 4}); got != want {
		t.Errorf("in all %+v, want %+v", got, want)
	}

	big := flow.NewMessage()
	big.Set("sessionId", ids["a1"])
	big.Set("payload", flow.Buffer(make([]byte, 1<<16)))
	sender.HandleMessage(big)
	if last := sender.Messages(0)[1]; last.Get("errorCode") != "UDP_SEND_FAILED" || st.Get(ids["a1"]).Info().Claim == "send" {
		t.Errorf("sent %v", sender.Sent(0))
	}

	ender := flowtest.New(t, tcpdisconnect.Type(st), `{}`)
	end := flow.NewMessage()
	end.Set("sessionId", ids["b1"])
	ender.HandleMessage(end)
	sockettest.Expect(t, d, 0, listening, connected, connected, disconnected)
	say(t, b, "b3") // a new session
	sockettest.Expect(t, d, 0, listening, connected, connected, disconnected, connected)
	sockettest.Stop(t, d, flow.Removed)
	if list := st.Snapshot(); len(list) != 0 {
		t.Errorf("sessions are left: %v", list)
	}
}

func TestPeerTimeout(t *testing.T) {
	port, st := sockettest.FreePort(t), session.New()
	const config = `{"address":"127.0.0.1","port":%d,"peerSessions":true,"peerTimeout":"20"}`
	d := flowtest.New(t, udpin.Type(st), fmt.Sprintf(config, port))
	say(t, talker(t, port), "x")
	sockettest.Expect(t, d, 0, listening, connected, disconnected)
	if list := st.Snapshot(); len(list) != 1 {
		t.Errorf("the sessions are %v", list)
	}
}

func TestTooManyPeers(t *testing.T) {
	port, st := sockettest.FreePort(t), session.New()
	const config = `{"address":"127.0.0.1","port":%d,"mode":"utf8","peerSessions":true,"maxPeers":1}`
	d := flowtest.New(t, udpin.Type(st), fmt.Sprintf(config, port))
	first, second := talker(t, port), talker(t, port)
	say(t, first, "1")
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
	say(t, second, "2")
	say(t, second, "3")
	say(t, first, "4")
	d.Until(func() bool { return len(d.Messages(1)) == 2 })
	if got := d.Messages(1)[1].Get("payload"); got != "4" {
		t.Errorf("received %v", got)
	}
	sockettest.Expect(t, d, 0, listening, connected,
		`{"event":"drop","localAddress":"127.0.0.1","localPort":*,"remoteAddress":"127.0.0.1","remotePort":*,"family":"IPv4"}`)
	st.Get(d.Messages(1)[0].Get("sessionId")).Disconnect()
	d.Until(func() bool { return len(d.Messages(0)) == 4 })
	say(t, second, "5")
	d.Until(func() bool { return len(d.Messages(1)) == 3 })
}

// A tcp-disconnect of the socket ends its peers too.
func TestSocketEndsItsPeers(t *testing.T) {
	port, st := sockettest.FreePort(t), session.New()
	d := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"address":"127.0.0.1","port":%d,"peerSessions":true}`, port))
	say(t, talker(t, port), "x")
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
	st.Get(d.Messages(0)[0].Get("sessionId")).Disconnect()
	sockettest.Expect(t, d, 0, listening, connected, disconnected)
}
