package httprequest

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/internal/webproxy"
)

func TestFailures(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	d, msg := ask(t, url, `{"url":"URL"}`, `{"requestTimeout":20}`)
	if msg.Get("statusCode") != "ETIMEDOUT" || msg.Get("payload") != "TimeoutError: Timeout awaiting 'request' for 20ms : "+url {
		t.Errorf("a timeout is %s", flow.JSON(msg))
	}
	if len(d.Log) != 1 || d.Log[0].What != "common.notification.errors.no-response" || d.Log[0].Msg == nil {
		t.Errorf("the log is %v", d.Log)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	d, msg = ask(t, closed, `{"url":"URL"}`, `{}`)
	if want := "RequestError: connect ECONNREFUSED " + closed + " : http://" + closed; msg.Get("payload") != want || msg.Get("statusCode") != "ECONNREFUSED" {
		t.Errorf("a closed port is %s, want %s", flow.JSON(msg), want)
	}
	if got := fmt.Sprint(d.Badges()); got != "[blue dot httpin.status.requesting red ring ECONNREFUSED]" {
		t.Errorf("the badges are %s", got)
	}
	if d, msg = ask(t, closed, `{"url":"URL","senderr":true}`, `{}`); msg != nil || len(d.Log) != 1 {
		t.Errorf("with senderr: %v, %v", msg, d.Log)
	}
	for msg, want := range map[string]string{
		`{}`:                  "httpin.errors.no-url",
		`{"url":"ftp://x"}`:   "httpin.errors.invalid-transport",
		`{"url":"http://%%"}`: "Error: TypeError: Invalid URL",
	} {
		if d, _ := ask(t, "", `{}`, msg); len(d.Log) != 1 || strings.TrimPrefix(d.Log[0].What, "Error: ") != strings.TrimPrefix(want, "Error: ") {
			t.Errorf("%s: %v, want %s", msg, d.Log, want)
		}
	}
}

func TestTLS(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	url := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "localhost").TLS(t)}})
	if _, msg := ask(t, url, `{"url":"URL"}`, `{"rejectUnauthorized":false}`); msg.Get("statusCode") != 200.0 {
		t.Errorf("any certificate: %s", flow.JSON(msg))
	}
	if _, msg := ask(t, strings.TrimPrefix(url, "https://"), `{"url":"URL/x","tls":"tls"}`, `{}`, trusting(ca)); msg.Get("payload") != "GET /x [] " {
		t.Errorf("by a tls-config node: %s", flow.JSON(msg))
	}
}

// A server that hangs up.
func TestHangUp(t *testing.T) {
	const hungUp, aborted = "RequestError: socket hang up", "ReadError: The server aborted pending request"
	for _, c := range []struct{ answer, want string }{
		{"", hungUp},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1", hungUp},
		{"HTTP/1.1 100 Continue\r\n\r\n", hungUp},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", aborted},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", aborted},
	} {
		address := script(t, func(conn net.Conn, in *bufio.Reader) {
			r, err := http.ReadRequest(in)
			if err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, c.answer)
			}
		})
		for _, config := range []string{`{"url":"URL"}`, `{"url":"URL","method":"POST"}`} {
			_, msg := ask(t, address, config, `{"payload":"x"}`)
			if got := msg.Get("payload"); got != c.want+" : http://"+address || msg.Get("statusCode") != "ECONNRESET" {
				t.Errorf("%q with %s: %s", c.answer, config, flow.JSON(msg))
			}
		}
	}
}

// A POST is not sent twice, so it fails if the kept connection is of no more use.
func TestHangUpOfKeptConnection(t *testing.T) {
	address := script(t, func(conn net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			_, _ = http.ReadRequest(in)
		}
	})
	d := flowtest.New(t, Type(nil), `{"url":"`+address+`","method":"POST"}`, direct)
	for i, want := range []flow.Value{204.0, "ECONNRESET"} {
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Done) == i+1 })
		if got := d.Messages(0)[i].Get("statusCode"); got != want {
			t.Errorf("answer %d: %v, want %v", i+1, got, want)
		}
	}
}

// trusting has the tls-config node tls, which trusts an authority.
func trusting(ca *sockettest.Authority) func(*flow.Env) {
	return func(e *flow.Env) {
		e.Config = func(string) flow.Node {
			return tlsNode{tlsconf.NewSource(tlsconf.Settings{CA: tlsconf.Origin{Data: []byte(ca.PEM)}})}
		}
	}
}

// quiet is for servers whose clients are meant to fail.
var quiet = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

// serveTLS serves with a certificate, and does not log what is wrong with it.
func serveTLS(t *testing.T, config *tls.Config) (url string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s.Config.ErrorLog = quiet
	s.TLS = config
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// The codes are those of Node.js for the same servers.
func TestCertificateCodes(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	with := func(c tls.Certificate, more ...*x509.Certificate) *tls.Config {
		for _, m := range more {
			c.Certificate = append(c.Certificate, m.Raw)
		}
		return &tls.Config{Certificates: []tls.Certificate{c}}
	}
	valid := func(from, to time.Duration) *tls.Config {
		return with(ca.Issue(t, "localhost", func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(to) }).TLS(t))
	}
	leaf := ca.Issue(t, "localhost")
	named := with(ca.Issue(t, "x", func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"x.example"}, nil }).TLS(t))
	between := ca.Issue(t, "between", func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: leaf.Certificate.Subject, IPAddresses: leaf.Certificate.IPAddresses,
		NotBefore: leaf.Certificate.NotBefore, NotAfter: leaf.Certificate.NotAfter,
	}, between.Certificate, &leaf.PrivateKey.PublicKey, between.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	below := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: leaf.PrivateKey}
	for _, c := range []struct {
		server  *tls.Config
		trusted bool
		want    string
	}{
		{nil, false, "DEPTH_ZERO_SELF_SIGNED_CERT"}, // that of httptest
		{with(leaf.TLS(t)), false, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"},
		{with(leaf.TLS(t), ca.Certificate), false, "SELF_SIGNED_CERT_IN_CHAIN"},
		{with(below, between.Certificate), false, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"},
		{with(below, between.Certificate, ca.Certificate), false, "SELF_SIGNED_CERT_IN_CHAIN"},
		{named, true, "ERR_TLS_CERT_ALTNAME_INVALID"},
		{named, false, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"},
		{valid(-2*time.Hour, -time.Hour), true, "CERT_HAS_EXPIRED"},
		{valid(time.Hour, 2*time.Hour), true, "CERT_NOT_YET_VALID"},
		{&tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, true, "TLS_FAILED"},
	} {
		url, config := serveTLS(t, c.server), `{"url":"URL"}`
		if c.trusted {
			config = `{"url":"URL","tls":"tls"}`
		}
		_, msg := ask(t, url, config, `{}`, trusting(ca))
		if text := flow.Text(msg.Get("payload")); msg.Get("statusCode") != c.want || !strings.HasPrefix(text, "RequestError: TLS handshake failed: ") {
			t.Errorf("got %s, want %s", flow.JSON(msg), c.want)
		}
	}
	plain := serve(t, echo)
	if _, msg := ask(t, strings.Replace(plain, "http:", "https:", 1), `{"url":"URL"}`, `{}`); msg.Get("statusCode") != "EPROTO" {
		t.Errorf("without TLS: %s", flow.JSON(msg))
	}
	silent := script(t, func(_ net.Conn, in *bufio.Reader) { _, _ = in.ReadByte() })
	if _, msg := ask(t, "https://"+silent, `{"url":"URL"}`, `{}`); msg.Get("statusCode") != "ECONNRESET" {
		t.Errorf("hung up: %s", flow.JSON(msg))
	}
}

// With TLS 1.3 a server refuses a client without a certificate when that has begun
// to send. The refusal is the error, and not that sending fails.
func TestNoClientCertificate(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	url := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "localhost").TLS(t)}, ClientAuth: tls.RequireAnyClientCert})
	const want = "RequestError: TLS handshake failed: the peer refuses: certificate required : "
	body := strings.Repeat("x", 1<<20) // long enough for the server to hang up in the middle
	for range 5 {
		for config, msg := range map[string]string{`{"url":"URL","method":"POST","tls":"tls"}`: `{"payload":"BODY"}`, `{"url":"URL","method":"POST"}`: `{"rejectUnauthorized":false,"payload":"BODY"}`} {
			d := flowtest.New(t, Type(nil), strings.ReplaceAll(config, "URL", url), direct, trusting(ca))
			d.Handle(strings.Replace(msg, "BODY", body, 1))
			d.Until(func() bool { return len(d.Done) == 1 })
			if got := d.Messages(0)[0]; got.Get("payload") != want+url || got.Get("statusCode") != "TLS_FAILED" {
				t.Fatalf("%s: %s, %v", config, got.Get("payload"), got.Get("statusCode"))
			}
		}
	}
}

// Of a proxy that fails it is told that it was the proxy.
func TestProxyFailures(t *testing.T) {
	refusing := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	for _, c := range []struct{ proxy, url, want, code string }{
		{refusing, "https://far.invalid", "the proxy at " + strings.TrimPrefix(refusing, "http://") + " refuses: 407 Proxy Authentication Required", "ERR_GOT_REQUEST_ERROR"},
		{"http://127.0.0.1:1", "http://far.invalid", "connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED"},
		{"http://127.0.0.1:1", "https://far.invalid", "connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED"},
	} {
		byNode := func(e *flow.Env) {
			e.Config = func(string) flow.Node { return proxyNode{webproxy.Settings{HTTP: c.proxy, HTTPS: c.proxy}} }
		}
		_, msg := ask(t, c.url, `{"url":"URL","proxy":"p"}`, `{}`, byNode)
		if msg.Get("payload") != "RequestError: "+c.want+" : "+c.url || msg.Get("statusCode") != c.code {
			t.Errorf("%s: %s, want %s", c.proxy, flow.JSON(msg), c.want)
		}
	}
}
