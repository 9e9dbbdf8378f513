package tcpserver

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"
	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// owner keeps what the server hands over.
type owner struct {
	accepted chan session.Stream
	refused  chan Refusal
}

func (o owner) Accepted(c session.Stream) { o.accepted <- c }
func (o owner) Refused(r Refusal)         { o.refused <- r }

// serve serves until the test ends, and returns the port.
func serve(t *testing.T, c Config) (owner, int) {
	t.Helper()
	o := owner{make(chan session.Stream, 10), make(chan Refusal, 10)}
	s, err := New(c, flow.Env{}, o)
	if err != nil {
		t.Fatal(err)
	}
	ln := sockettest.Listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(ctx, ln); err != nil {
			t.Errorf("serving ended with %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return o, ln.Addr().(*net.TCPAddr).Port
}

// proxied waits for a header for some milliseconds.
func proxied(mode, trusted string, patience float64) Config {
	c := Defaults()
	c.Proxy, c.ProxyTrusted, c.HandshakeTimeout = mode, trusted, patience
	return c
}

func v2(t *testing.T, change func(*proxyproto.Header)) string {
	t.Helper()
	at := func(ip string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: port} }
	h := proxyproto.HeaderProxyFromAddrs(2, at("2001:db8::7", 7), at("2001:db8::1", 443))
	change(h)
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProxy(t *testing.T) {
	same := func(*proxyproto.Header) {}
	local := func(h *proxyproto.Header) { h.Command = proxyproto.LOCAL }
	for _, c := range []struct {
		name, mode, trusted, sent string
		remote, rest, fails       string // no remote: the socket's
	}{
		{name: "v1", mode: "required", trusted: "127.0.0.1", sent: "PROXY TCP4 192.0.2.7 192.0.2.1 7 443\r\nrest", remote: "192.0.2.7:7", rest: "rest"},
		{name: "v1, IPv6", mode: "optional", trusted: "127.0.0.1", sent: "PROXY TCP6 2001:db8::7 2001:db8::1 7 443\r\n", remote: "[2001:db8::7]:7"},
		{name: "v1, unknown", mode: "required", trusted: "127.0.0.1", sent: "PROXY UNKNOWN\r\nrest", rest: "rest"},
		{name: "v2", mode: "required", trusted: "127.0.0.0/8", sent: v2(t, same) + "rest", remote: "[2001:db8::7]:7", rest: "rest"},
		{name: "v2, local", mode: "required", trusted: "127.0.0.1", sent: v2(t, local) + "rest", rest: "rest"},
		{name: "no header", mode: "optional", trusted: "127.0.0.1", sent: "POST", rest: "POST"},
		{name: "nothing", mode: "optional", trusted: "127.0.0.1"},
		{name: "not trusted", mode: "optional", trusted: "10.0.0.0/8", sent: "PROXY TCP4 192.0.2.7 192.0.2.1 7 443\r\n"},
		{name: "not trusted, required", mode: "required", trusted: "10.0.0.0/8", fails: "PROXY protocol: the peer is not in proxyTrusted"},
		{name: "nothing, required", mode: "required", trusted: "127.0.0.1", fails: "PROXY protocol: no header came in time"},
		{name: "half of it", mode: "optional", trusted: "127.0.0.1", sent: "PROXY TCP4 192.0.2.7", fails: "PROXY protocol: no header came in time"},
		{name: "no header, required", mode: "required", trusted: "127.0.0.1", sent: "GET / HTTP/1.1\r\n", fails: "PROXY protocol: there is no header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			patience := 10_000.0
			if c.sent == "" || strings.HasSuffix(c.fails, "in time") {
				patience = 200
			}
			o, port := serve(t, proxied(c.mode, c.trusted, patience))
			peer := sockettest.Dial(t, port)
			if _, err := io.WriteString(peer, c.sent); err != nil {
				t.Fatal(err)
			}
			select {
			case r := <-o.refused:
				if r.Code != "PROXY_FAILED" || r.Text != c.fails {
					t.Errorf("refused: %+v", r)
				}
			case s := <-o.accepted:
				defer func() { _ = s.Conn.Close() }()
				remote := ""
				if s.Remote != nil {
					remote = s.Remote.String()
				}
				if remote != c.remote || c.fails != "" {
					t.Errorf("the client is %s", remote)
				}
				_ = peer.CloseWrite()
				rest, _ := io.ReadAll(s.Conn)
				if got := string(s.Prefix) + string(rest); got != c.rest && c.trusted == "127.0.0.1" {
					t.Errorf("the rest is %q", got)
				}
			}
		})
	}
}

// Connections that are counted make room when they are released.
func TestReleased(t *testing.T) {
	c := Defaults()
	c.Max = 1
	o, port := serve(t, c)
	sockettest.Dial(t, port)
	first := <-o.accepted
	sockettest.Dial(t, port)
	if r := <-o.refused; r.Event != "drop" || r.Reason != "maxConnections" {
		t.Errorf("%+v", r)
	}
	_ = first.Conn.Close()
	first.Released()
	sockettest.Dial(t, port)
	_ = (<-o.accepted).Conn.Close()
}
