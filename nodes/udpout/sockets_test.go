package udpout_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/nodes/udpout"
	"github.com/flowrun/flowrun/runtime/session"
)

// A reply comes from the port that was asked, and goes to whoever asked.
func TestReply(t *testing.T) {
	for _, peers := range []bool{false, true} {
		st, port := session.New(), sockettest.FreePort(t)
		in := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"address":"127.0.0.1","port":%d,"peerSessions":%t}`, port, peers),
			func(e *flow.Env) { e.ID = "in" })
		d := flowtest.New(t, udpout.Type(st), `{"reply":true,"host":"127.0.0.1","port":9}`)
		c, own := receive(t, "127.0.0.1")
		if _, err := c.WriteTo([]byte("ask"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
			t.Fatal(err)
		}
		in.Until(func() bool { return len(in.Messages(1)) == 1 })
		m := in.Messages(1)[0].Clone()
		m.Set("payload", "answer")
		d.HandleMessage(m)
		buf := make([]byte, 100)
		n, from, err := c.ReadFromUDP(buf)
		if err != nil || string(buf[:n]) != "answer" || from.Port != port {
			t.Errorf("received %q from %v, %v", buf[:n], from, err)
		}
		if sent := d.Messages(0)[0]; sent.Get("event") != "sent" || sent.Get("sessionId") != in.Messages(1)[0].Get("sessionId") || sent.Get("port") != float64(own) {
			t.Errorf("sent %s", d.Sent(0))
		}
		other, otherPort := receive(t, "127.0.0.1")
		d.Handle(fmt.Sprintf(`{"payload":"elsewhere","sessionId":%q,"host":"127.0.0.1","port":%d}`, in.Messages(1)[0].Get("sessionId"), otherPort))
		expect(t, other, "elsewhere")
		d.Handle(`{"payload":"x","sessionId":"none"}`)
		if last := d.Messages(0)[2]; last.Get("errorCode") != "SESSION_NOT_FOUND" {
			t.Errorf("sent %s", d.Sent(0))
		}
	}
}

func TestReplyIsAnOption(t *testing.T) {
	st, port := session.New(), sockettest.FreePort(t)
	in := flowtest.New(t, udpin.Type(st), fmt.Sprintf(`{"address":"127.0.0.1","port":%d}`, port), func(e *flow.Env) { e.ID = "in" })
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	c, own := receive(t, "127.0.0.1")
	d := flowtest.New(t, udpout.Type(st), fmt.Sprintf(`{"host":"127.0.0.1","port":%d}`, own))
	d.Handle(fmt.Sprintf(`{"payload":"x","sessionId":%q}`, in.Messages(0)[0].Get("sessionId")))
	if _, from, err := c.ReadFromUDP(make([]byte, 10)); err != nil || from.Port == port {
		t.Errorf("it came from %v, %v", from, err)
	}
}

func TestConnectedSocketHearsOfRefusal(t *testing.T) {
	port := sockettest.FreePort(t)
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"connect":true}`, port))
	d.Handle(`{"payload":"into the void"}`)
	d.Until(func() bool { return len(d.Messages(0)) == 2 })
	refused := d.Messages(0)[1]
	if text := flow.Text(refused.Get("errorText")); refused.Get("errorCode") != "UDP_REFUSED" || !strings.HasSuffix(text, fmt.Sprintf("127.0.0.1:%d", port)) {
		t.Errorf("sent %s", d.Sent(0))
	}
	// The socket goes on, and moves to where it is sent to.
	c, other := receive(t, "127.0.0.1")
	d.Handle(fmt.Sprintf(`{"payload":"1","port":%d}`, other))
	d.Handle(fmt.Sprintf(`{"payload":"2","port":%d}`, other))
	expect(t, c, "1", "2")
	list := d.Messages(0)
	if list[2].Get("sessionId") == refused.Get("sessionId") || list[2].Get("sessionId") != list[3].Get("sessionId") {
		t.Errorf("sent %s", d.Sent(0))
	}
}

func TestReceive(t *testing.T) {
	for _, connect := range []bool{false, true} {
		c, port := receive(t, "127.0.0.1")
		config := fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"receive":true,"mode":"utf8","connect":%t,"localAddress":"127.0.0.1"}`, port, connect)
		d := flowtest.New(t, udpout.Type(session.New()), config)
		d.Handle(`{"payload":"ask"}`)
		buf := make([]byte, 10)
		_, from, err := c.ReadFromUDP(buf)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.WriteTo([]byte("answer"), from); err != nil {
			t.Fatal(err)
		}
		sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":"answer","rinfo":{"address":"127.0.0.1","family":"IPv4","port":*,"size":6}}`)
		if d.Messages(1)[0].Get("sessionId") != d.Messages(0)[0].Get("sessionId") {
			t.Error("the answer is of another session")
		}
	}
}

func TestLocalPort(t *testing.T) {
	c, port := receive(t, "127.0.0.1")
	own := sockettest.FreePort(t)
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"localPort":"%d"}`, port, own))
	d.Handle(`{"payload":"x"}`)
	if _, from, err := c.ReadFromUDP(make([]byte, 10)); err != nil || from.Port != own {
		t.Errorf("it came from %v, %v", from, err)
	}
}

func TestBadConfig(t *testing.T) {
	for config, want := range map[string]string{
		`{"localAddress":"here"}`: `localAddress: expected an IP address, got "here"`,
		`{"localPort":70000}`:     "localPort: expected 0 to 65535, got 70000",
		`{"ttl":-1}`:              "ttl: expected 1 to 255, or 0 for the system's default, got -1",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := udpout.Type(session.New()).New(props.(*flow.Object), flow.Env{}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", config, err)
		}
	}
}
