package udpout_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/udpout"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receive returns a socket of the host and its port.
func receive(t *testing.T, host string) (*net.UDPConn, int) {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c, c.LocalAddr().(*net.UDPAddr).Port
}

func expect(t *testing.T, c *net.UDPConn, want ...string) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for _, w := range want {
		if n, err := c.Read(buf); string(buf[:n]) != w || err != nil {
			t.Errorf("received %.20q, %v, want %.20q", buf[:n], err, w)
		}
	}
}

func TestSend(t *testing.T) {
	c, port := receive(t, "127.0.0.1")
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":"%d"}`, port))
	d.Handle(`{"payload":"hello"}`)
	d.Handle(`{"payload":"é","host":" 127.0.0.1 "}`)
	d.Handle(`{"payload":""}`)
	expect(t, c, "hello", "é", "")
	const sent = `{"event":"sent","sessionId":"sess-*","host":"127.0.0.1","port":*,"bytes":%d}`
	sockettest.Expect(t, d, 0, fmt.Sprintf(sent, 5), fmt.Sprintf(sent, 2), fmt.Sprintf(sent, 0))
	sockettest.ExpectBadges(t, d, "grey ring ready", "green dot sent 5b", "green dot sent 2b", "green dot sent 0b")
}

func TestNamesKeepTheOrder(t *testing.T) {
	c, port := receive(t, "127.0.0.1")
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"host":"localhost","port":%d}`, port))
	want := []string{"1", "2", "3", "4"}
	for i, payload := range want {
		host := ""
		if i%2 == 1 {
			host = "127.0.0.1"
		}
		d.Handle(fmt.Sprintf(`{"payload":%q,"host":%q}`, payload, host))
	}
	d.Until(func() bool { return len(d.Done) == len(want) })
	expect(t, c, want...)
}

func TestRefused(t *testing.T) {
	fail := func(code, text string) string {
		return fmt.Sprintf(`{"errorCode":%q,"errorText":%q,"event":"error","sessionId":"sess-*"}`, code, text)
	}
	missing := fail("SEND_INVALID", "udp-out requires host and port")
	payload := fail("PAYLOAD_INVALID", "payload must be string or Buffer")
	d := flowtest.New(t, udpout.Type(session.New()), `{}`)
	for _, c := range []struct{ msg, want string }{
		{`{"payload":"a"}`, missing},
		{`{"payload":"a","host":"127.0.0.1"}`, missing},
		{`{"payload":"a","port":5}`, missing},
		{`{"payload":"a","host":"127.0.0.1","port":"x"}`, missing},
		{`{"payload":"a","host":"127.0.0.1","port":0}`, missing},
		{`{"payload":"a","host":"127.0.0.1","port":70000}`, fail("SEND_INVALID", "Port should be > 0 and < 65536. Received type number (70000).")},
		{`{"payload":"a","host":7,"port":5}`, fail("SEND_INVALID", `The "host" argument must be of type string. Received type number (7)`)},
		{`{"payload":42,"host":"127.0.0.1","port":5}`, payload},
		{`{"host":"127.0.0.1","port":5}`, payload},
		{`{"payload":["a"],"host":"127.0.0.1","port":5}`, payload},
		{fmt.Sprintf(`{"payload":%q,"host":"127.0.0.1","port":5000}`, strings.Repeat("q", 65508)), fail("UDP_SEND_FAILED", "send EMSGSIZE 127.0.0.1:5000")},
	} {
		before := len(d.Messages(0))
		d.Handle(c.msg)
		if got := sockettest.Sent(d, 0); len(got) != before+1 || got[before] != c.want {
			t.Errorf("%.60s\ngot  %s\nwant %s", c.msg, got[before:], c.want)
		}
	}
	sockettest.ExpectBadges(t, d, "grey ring ready", "red dot error", "red dot error")
}

func TestNameThatDoesNotResolve(t *testing.T) {
	d := flowtest.New(t, udpout.Type(session.New()), `{"host":"no-such-host.invalid","port":5}`)
	d.Handle(`{"payload":"x"}`)
	d.Until(func() bool { return len(d.Done) == 1 })
	m := d.Messages(0)[0]
	if text := m.Get("errorText").(string); m.Get("errorCode") != "UDP_SEND_FAILED" || !strings.HasPrefix(text, "getaddrinfo E") {
		t.Errorf("sent %s", sockettest.Sent(d, 0))
	}
}

func TestBroadcastNeedsTheOption(t *testing.T) {
	const to = `{"payload":"bc","host":"127.255.255.255","port":5000}`
	d := flowtest.New(t, udpout.Type(session.New()), `{"broadcast":false}`)
	d.Handle(to)
	sockettest.Expect(t, d, 0, `{"errorCode":"UDP_SEND_FAILED","errorText":"send EACCES 127.255.255.255:5000","event":"error","sessionId":"sess-*"}`)
}

func TestClosedSessionIsOpenedAgain(t *testing.T) {
	c, port := receive(t, "127.0.0.1")
	st := session.New()
	d := flowtest.New(t, udpout.Type(st), fmt.Sprintf(`{"host":"127.0.0.1","port":%d}`, port))
	old := st.Get(st.Snapshot()[0].ID)
	old.Disconnect()
	d.Handle(`{"payload":"x"}`)
	expect(t, c, "x")
	if id := d.Messages(0)[0].Get("sessionId"); id == old.ID() || st.Get(id) == nil {
		t.Errorf("the session is %v", id)
	}
}

func TestIPv6(t *testing.T) {
	sockettest.SkipWithoutIPv6(t)
	c, port := receive(t, "::1")
	d := flowtest.New(t, udpout.Type(session.New()), fmt.Sprintf(`{"host":"::1","port":%d,"multicastTtl":"3"}`, port))
	d.Handle(`{"payload":"six"}`)
	expect(t, c, "six")
	sockettest.Expect(t, d, 0, `{"event":"sent","sessionId":"sess-*","host":"::1","port":*,"bytes":3}`)
}

func TestBadTTL(t *testing.T) {
	d := flowtest.New(t, udpout.Type(session.New()), `{"multicastTtl":300}`)
	sockettest.Expect(t, d, 0, `{"errorCode":"UDP_ERROR","errorText":"setMulticastTTL EINVAL","event":"error","sessionId":"sess-*"}`)
	sockettest.ExpectBadges(t, d, "grey ring ready", "red dot error")
}
