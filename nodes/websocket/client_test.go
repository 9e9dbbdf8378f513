package websocket

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tlsconfig"
)

const toClient = `{"client":"config","server":"ignored"}`

// peer is a server for one client after the other.
type peer struct {
	server *httptest.Server
	conns  chan accepted
}

type accepted struct {
	*websocket.Conn
	request *http.Request
}

func newPeer(t testing.TB, secure bool) *peer {
	p := &peer{conns: make(chan accepted)}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"second", "first"}})
		if err != nil {
			return
		}
		p.conns <- accepted{conn, r}
	}))
	if secure {
		p.server.StartTLS()
	} else {
		p.server.Start()
	}
	t.Cleanup(p.server.Close)
	return p
}

func (p *peer) url() string { return "ws" + strings.TrimPrefix(p.server.URL, "http") }

// accept returns the next connection.
func (p *peer) accept(t testing.TB) accepted {
	t.Helper()
	select {
	case c := <-p.conns:
		t.Cleanup(func() { _ = c.CloseNow() })
		return c
	case <-t.Context().Done():
		t.Fatal("nobody connects")
	}
	panic("unreachable")
}

func TestClient(t *testing.T) {
	t.Setenv("TOKEN", "secret")
	p := newPeer(t, false)
	config := flowtest.New(t, Client, `{"path":"`+p.url()+`/a","subprotocol":"first, other","headers":[
		{"keyType":"User-Agent","valueType":"other","valueValue":"flowrun test"},
		{"keyType":"other","keyValue":"X-Token","valueType":"env","valueValue":"TOKEN"},
		{"keyType":"Host","valueType":"other","valueValue":"example.com"},
		{"keyType":"other","keyValue":"X-None","valueType":"env","valueValue":"NO_SUCH_VARIABLE"}]}`)
	in := flowtest.New(t, In, toClient, use(config))
	out := flowtest.New(t, Out, toClient, use(config), named("n2"))
	conn := p.accept(t)
	if conn.Subprotocol() != "first" {
		t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	h := conn.request.Header
	if h.Get("User-Agent") != "flowrun test" || h.Get("X-Token") != "secret" || h["X-None"] != nil || conn.request.Host != "example.com" {
		t.Errorf("host %s, headers %v", conn.request.Host, h)
	}
	say(t, conn.Conn, "greeting") // before the flows run, for all the node knows
	config.Run()
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	if got := sessionless(t, in); !slices.Equal(got, []string{payload("greeting")}) {
		t.Errorf("got %q", got)
	}
	in.Until(hasBadge(in, "green dot connected"))
	out.Handle(payload("answer"))
	expect(t, conn.Conn, "answer")
	out.HandleMessage(in.Messages(0)[0].Clone()) // it has a session: nothing is sent, as in Node-RED
	out.Handle(payload("more"))
	expect(t, conn.Conn, "more")

	closed := make(chan error)
	go func() {
		_, _, err := conn.Read(t.Context())
		closed <- err
	}()
	stop(t, config, flow.Removed)
	if err := <-closed; websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the connection ended with %v", err)
	}
}

func TestReconnect(t *testing.T) {
	p := newPeer(t, false)
	config := flowtest.New(t, Client, `{"path":"`+p.url()+`","reconnect":0.01,"reconnectMax":0.05}`)
	in := flowtest.New(t, In, toClient, use(config))
	out := flowtest.New(t, Out, toClient, use(config), named("n2"))
	config.Run()
	for range 3 {
		conn := p.accept(t)
		say(t, conn.Conn, "hello")
		if err := conn.Close(websocket.StatusGoingAway, ""); err != nil {
			t.Error(err)
		}
	}
	in.Until(func() bool { return len(in.Messages(0)) == 3 })
	if err := p.server.Listener.Close(); err != nil {
		t.Error(err)
	}
	go func() { // it may have been quicker
		select {
		case conn := <-p.conns:
			_ = conn.CloseNow()
		case <-t.Context().Done():
		}
	}()
	in.Until(hasBadge(in, "red ring error"))
	out.Handle(payload("lost"))
	if got := out.Log[len(out.Log)-1]; got.Level != flow.LevelWarn || !strings.Contains(got.What, "not connected") {
		t.Errorf("logged %v", got)
	}
	stop(t, config, flow.Removed)
	// Those of the last two the system had let in already.
	why := regexp.MustCompile(regexp.QuoteMeta(p.url()) + `: (connect ECONNREFUSED 127\.0\.0\.1:|read ECONNRESET$|write (ECONNRESET|EPIPE)$)`)
	if len(config.Log) != 1 || !why.MatchString(config.Log[0].What) {
		t.Errorf("logged %v, want %s", config.Log, why)
	}
}

// A client that nobody uses does not connect.
func TestUnusedClient(t *testing.T) {
	p := newPeer(t, false)
	config := flowtest.New(t, Client, `{"path":"`+p.url()+`"}`)
	stop(t, config, flow.Removed)
	select {
	case <-p.conns:
		t.Error("it has connected")
	default:
	}
}

func TestClientProblems(t *testing.T) {
	for _, path := range []string{"", "/ws", "http://a/", "ws:///x"} {
		_, err := Client.New(flow.NewObject("path", path), flow.Env{})
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || !bad.Idle || !strings.HasPrefix(err.Error(), "path: must be a URL") {
			t.Errorf("path %q: error %v", path, err)
		}
	}
	if _, err := Client.New(flow.NewObject("path", "ws://a", "reconnect", 0.0), flow.Env{}); err == nil {
		t.Error("reconnecting at once is no error")
	}
	if _, err := Client.New(flow.NewObject("path", "ws://a", "tls", "nosuch"), flow.Env{Config: func(string) flow.Node { return nil }}); err == nil {
		t.Error("TLS without settings is no error")
	}
}

func TestClientTLS(t *testing.T) {
	p := newPeer(t, true)
	settings := flowtest.New(t, tlsconfig.Type, `{"verifyservercert":false}`)
	config := flowtest.New(t, Client, `{"path":"`+p.url()+`","tls":"config"}`, use(settings))
	in := flowtest.New(t, In, toClient, use(config))
	config.Run()
	conn := p.accept(t)
	say(t, conn.Conn, "secure")
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	fails(t, `{"path":"`+p.url()+`?key=secret"}`, nil, p.url()+": TLS handshake failed: the certificate is signed by an unknown authority")
}

// fails starts a client that cannot connect, and expects it to say why.
func fails(t *testing.T, config string, settings *flowtest.Driver, want string) {
	t.Helper()
	d := flowtest.New(t, Client, config, func(e *flow.Env) {
		if settings != nil {
			use(settings)(e)
		}
	})
	in := flowtest.New(t, In, toClient, use(d))
	in.Until(hasBadge(in, "red ring error"))
	stop(t, d, flow.Removed)
	if len(d.Log) == 0 || !strings.Contains(d.Log[0].What, want) {
		t.Errorf("logged %v, want %s", d.Log, want)
	}
}

// The server's name may be only the common name of its certificate. The protocol
// of a tls-config is offered, and a server that knows others refuses.
func TestClientNamesAndProtocols(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	bare := ca.Issue(t, "localhost", func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })
	p := newPeer(t, false)
	secure := httptest.NewUnstartedServer(p.server.Config.Handler)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{bare.TLS(t)}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	_, port, _ := strings.Cut(secure.Listener.Addr().String(), ":")
	path := `{"path":"wss://localhost:` + port + `/","tls":"config"}`
	trusted := func(protocol string) *flowtest.Driver {
		return flowtest.New(t, tlsconfig.Type, `{"certType":"data","alpnprotocol":"`+protocol+`"}`, func(e *flow.Env) {
			e.Credentials = flow.NewCredentials(flow.NewObject("cadata", ca.PEM))
		})
	}
	config := flowtest.New(t, Client, path, use(trusted("http/1.1")))
	in := flowtest.New(t, In, toClient, use(config))
	config.Run()
	conn := p.accept(t)
	if got := conn.request.TLS.NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("the protocol is %q", got)
	}
	in.Until(hasBadge(in, "green dot connected"))
	fails(t, path, trusted("other"), "no application protocol")
}

// With a proxy in the environment the connection goes by CONNECT.
func TestClientProxy(t *testing.T) {
	p := newPeer(t, false)
	allowed := "Basic dXNlcjpwYXNz" // user:pass
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "server.test:80" || r.Header.Get("Proxy-Authorization") != allowed {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		there, err := net.Dial("tcp", p.server.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		if _, err := io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			t.Error(err)
		}
		go func() {
			defer there.Close()
			_, _ = io.Copy(there, here) // the ends are of no interest
		}()
		_, _ = io.Copy(here, there)
	}))
	defer proxy.Close()
	t.Setenv("NO_PROXY", "")
	t.Setenv("HTTP_PROXY", strings.Replace(proxy.URL, "//", "//user:pass@", 1))
	config := flowtest.New(t, Client, `{"path":"ws://server.test/"}`)
	in := flowtest.New(t, In, toClient, use(config))
	config.Run()
	conn := p.accept(t)
	say(t, conn.Conn, "by proxy")
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	stop(t, config, flow.Removed)

	for url, want := range map[string]string{
		proxy.URL:             "407 Proxy Authentication Required",
		"https://127.0.0.1:1": "expected socks5://host:port or http://host:port",
	} {
		t.Setenv("HTTP_PROXY", url)
		refused := flowtest.New(t, Client, `{"path":"ws://server.test/"}`)
		in := flowtest.New(t, In, toClient, use(refused))
		in.Until(hasBadge(in, "red ring error"))
		stop(t, refused, flow.Removed)
		if !strings.Contains(refused.Log[0].What, want) {
			t.Errorf("logged %v, want %s", refused.Log, want)
		}
	}
}
