package tcplisten_test

import (
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/runtime/session"
)

const refused = `"localAddress":"127.0.0.1","localPort":*,"remoteAddress":"127.0.0.1","remotePort":*,"family":"IPv4"}`

// expectClosed checks that the server has closed a connection.
func expectClosed(t *testing.T, c net.Conn) {
	t.Helper()
	if got, err := io.ReadAll(c); len(got) > 0 || err != nil {
		t.Errorf("the client got %q, %v", got, err)
	}
}

func TestMaxConnections(t *testing.T) {
	for _, property := range []string{"maxConnections", "maxConnectionsPerPeer"} {
		drop := `{"event":"drop","reason":"` + property + `",` + refused
		store := session.New()
		d, port := listen(t, store, `"`+property+`":2`)
		first := sockettest.Dial(t, port)
		sockettest.Dial(t, port)
		sockettest.Expect(t, d, 0, listening, connected, connected)
		expectClosed(t, sockettest.Dial(t, port))
		sockettest.Expect(t, d, 0, listening, connected, connected, drop)
		_ = first.Close()
		sockettest.Expect(t, d, 0, listening, connected, connected, drop, disconnected)
		sockettest.Dial(t, port)
		sockettest.Expect(t, d, 0, listening, connected, connected, drop, disconnected, connected)
		if n := store.Totals().Refused; n != 1 {
			t.Errorf("%d connections count as refused, want 1", n)
		}
	}
}

func TestAllowAndBlock(t *testing.T) {
	for property, list := range map[string]string{"block": `"10.0.0.0/8\n127.0.0.0-127.0.0.5"`, "allow": `["::/127", "127.0.0.2"]`} {
		d, port := listen(t, session.New(), fmt.Sprintf(`%q:%s`, property, list))
		expectClosed(t, sockettest.Dial(t, port))
		sockettest.Expect(t, d, 0, listening, `{"event":"rejected","reason":"`+property+`",`+refused)
	}
	d, port := listen(t, session.New(), `"allow":"::ffff:127.0.0.0/104","block":"127.0.0.2","acceptRate":1000`)
	sockettest.Dial(t, port)
	sockettest.Expect(t, d, 0, listening, connected)
}

func TestProxyProtocol(t *testing.T) {
	d, port := listen(t, session.New(), `"mode":"line","proxyProtocol":"required","proxyTrusted":"127.0.0.1","block":"192.0.2.66","maxConnectionsPerPeer":1`)
	c := sockettest.Dial(t, port)
	fmt.Fprint(c, "PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\nhello\n")
	sockettest.Expect(t, d, 1, `{"event":"data","sessionId":"sess-*","payload":"hello"}`)
	client := `{"event":"connected","sessionId":"sess-*","remoteHost":"192.0.2.7","remotePort":*,"localHost":"198.51.100.1","localPort":*}`
	sockettest.Expect(t, d, 0, listening, client)
	for i, c := range []struct{ header, event string }{
		{"PROXY TCP4 192.0.2.7 198.51.100.1 1235 443\r\n", "drop"},
		{"PROXY TCP4 192.0.2.66 198.51.100.1 1236 443\r\n", "rejected"},
		{"hello\n", "PROXY protocol: there is no header"},
		{"PROXY TCP4 nonsense\r\n", ""},
	} {
		conn := sockettest.Dial(t, port)
		fmt.Fprint(conn, c.header)
		m := event(d, 2+i)
		if got := m.Get("event"); got != c.event && got != "error" {
			t.Errorf("%q: %s", c.header, flow.JSON(m.Snapshot()))
		}
		if m.Get("event") == "error" && (m.Get("errorCode") != "PROXY_FAILED" || c.event != "" && m.Get("errorText") != c.event) {
			t.Errorf("%q: %s", c.header, flow.JSON(m.Snapshot()))
		}
	}
}

func TestBadProperties(t *testing.T) {
	for config, want := range map[string]string{
		`{"allow":"x"}`:                            "allow: x is no address, range of addresses or subnet",
		`{"maxConnections":-1}`:                    "maxConnections: must not be negative",
		`{"proxyProtocol":"on"}`:                   "proxyProtocol: expected off, optional or required, got on",
		`{"proxyProtocol":"optional"}`:             "proxyTrusted: name the proxies that are believed, such as 10.0.0.0/8; 0.0.0.0/0 and ::/0 are everybody",
		`{"tls":"gone"}`:                           `tls: there is no tls-config node with the id "gone"`,
		`{"secure":true,"ca_certificate_pem":"x"}`: "secure: the authority's certificate: there is no certificate in PEM form (-----BEGIN CERTIFICATE-----) in it",
	} {
		props, err := flow.ParseJSON([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tcplisten.Type(nil).New(props.(*flow.Object), flow.Env{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", config, err)
		}
	}
}

func TestFirstByteTimeout(t *testing.T) {
	d, port := listen(t, session.New(), `"firstByteTimeout":50`)
	expectClosed(t, sockettest.Dial(t, port))
	sockettest.Expect(t, d, 0, listening, connected,
		`{"errorCode":"TIMEOUT","errorText":"First byte timeout","event":"timeout","sessionId":"sess-*"}`, disconnected)
}
