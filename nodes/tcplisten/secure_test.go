package tcplisten_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/nodes/tlsconfig"
	"github.com/flowrun/flowrun/runtime/session"
)

// secure returns the properties of a node that uses TLS with a certificate.
func secure(i sockettest.Issued) string {
	return `"mode":"line","secure":true,"certificate":` + flow.JSON(flow.NewObject("certificate_pem", i.Cert, "private_key_pem", i.Key))
}

func trust(ca *sockettest.Authority) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate)
	return &tls.Config{RootCAs: pool, ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
}

// event returns one of the node's events, when it has come.
func event(d *flowtest.Driver, i int) *flow.Message {
	d.Until(func() bool { return len(d.Messages(0)) > i })
	return d.Messages(0)[i]
}

func expectError(t *testing.T, m *flow.Message, code, text string) {
	t.Helper()
	if m.Get("errorCode") != code || m.Get("errorText") != text || m.Get("remoteHost") != "127.0.0.1" || m.Get("remotePort") == nil {
		t.Errorf("got %s, want %s %s", flow.JSON(m.Snapshot()), code, text)
	}
}

func TestTLS(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	st := session.New()
	d, port := listen(t, st, secure(ca.Issue(t, "the server")))
	config := trust(ca)
	for i := range 2 {
		c := tls.Client(sockettest.Dial(t, port), config)
		fmt.Fprintf(c, "hello\n")
		m := event(d, 1+2*i)
		if got := flow.JSON(m.Get("tls")); !strings.HasPrefix(got, `{"protocol":"TLSv1.3","cipher":"TLS_`) || !strings.Contains(got, fmt.Sprintf(`"resumed":%t,"serverName":"localhost"}`, i == 1)) {
			t.Errorf("connected with tls %s", got)
		}
		d.Until(func() bool { return len(d.Messages(1)) == i+1 })
		s := st.Get(m.Get("sessionId"))
		s.Disconnect()
		if _, err := bufio.NewReader(c).ReadString('\n'); err != io.EOF {
			t.Errorf("the end is %v", err)
		}
		_ = c.Close()
		if got := event(d, 2+2*i).Get("event"); got != "disconnected" {
			t.Errorf("%v instead of disconnected", got)
		}
	}
}

func TestTLSFailures(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	d, port := listen(t, session.New(), secure(ca.Issue(t, "the server")))
	plain := sockettest.Dial(t, port)
	fmt.Fprint(plain, "GET / HTTP/1.1\r\n\r\n")
	expectError(t, event(d, 1), "TLS_FAILED", "TLS handshake failed: the peer does not speak TLS")
	config := trust(ca)
	config.MaxVersion = tls.VersionTLS11
	config.MinVersion = tls.VersionTLS10
	if err := tls.Client(sockettest.Dial(t, port), config).Handshake(); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	expectError(t, event(d, 2), "TLS_FAILED", "TLS handshake failed: client offered only unsupported versions: [302 301]")

	d, port = listen(t, session.New(), secure(ca.Issue(t, "the server"))+`,"handshakeTimeout":100`)
	sockettest.Dial(t, port) // and says nothing
	expectError(t, event(d, 1), "TLS_FAILED", "TLS handshake failed: it took too long")
}

func TestClientCertificate(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	server := ca.Issue(t, "the server")
	config := flowtest.New(t, tlsconfig.Type, `{"clientCertificate":"verify"}`, func(e *flow.Env) {
		e.Credentials = flow.NewCredentials(flow.NewObject("certdata", server.Cert, "keydata", server.Key, "cadata", ca.PEM))
	})
	port := sockettest.FreePort(t)
	d := flowtest.New(t, tcplisten.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"tls":"c"}`, port), func(e *flow.Env) {
		e.Config = func(string) flow.Node { return config.Node }
	})
	for i, c := range []struct {
		from *sockettest.Authority
		want string
	}{{ca, ""}, {nil, "client didn't provide a certificate"}, {sockettest.NewAuthority(t), "the certificate is signed by an unknown authority (CN=test authority)"}} {
		client := trust(ca)
		if c.from != nil {
			cert := c.from.Issue(t, "device 7").TLS(t)
			client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
		}
		_ = tls.Client(sockettest.Dial(t, port), client).Handshake()
		m := event(d, 1+i)
		if c.want != "" {
			expectError(t, m, "TLS_FAILED", "TLS handshake failed: "+c.want)
			continue
		}
		peer := m.Get("tls").(*flow.Object).Get("certificate").(*flow.Object)
		if peer.Get("subject") != "CN=device 7" || flow.JSON(peer.Get("subjectAltNames")) != `["DNS:localhost","IP:127.0.0.1","IP:::1"]` {
			t.Errorf("the client is %s", flow.JSON(peer))
		}
	}
}

// A node without a certificate cannot be a TLS server: it says so, and does not
// listen.
func TestNoCertificate(t *testing.T) {
	d, port := listen(t, session.New(), `"secure":true`)
	sockettest.Expect(t, d, 0, `{"errorCode":"TLS_FAILED","errorText":"TLS is not set up: a server needs a certificate and its key","event":"error"}`)
	sockettest.ExpectBadges(t, d, "red dot TLS_FAILED")
	if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		_ = c.Close()
		t.Error("it listens")
	}
}

// Connections that are shaking hands end when the node stops, without a word.
func TestStopWhileShakingHands(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	d, port := listen(t, session.New(), secure(ca.Issue(t, "the server")))
	c := sockettest.Dial(t, port)
	fmt.Fprint(c, "\x16") // the beginning of a handshake
	done := tls.Client(sockettest.Dial(t, port), trust(ca))
	if err := done.Handshake(); err != nil {
		t.Fatal(err)
	}
	event(d, 1)
	sockettest.Stop(t, d, flow.Removed)
	if got, _ := io.ReadAll(c); len(got) > 0 {
		t.Errorf("the client got %q", got)
	}
	if got := d.Messages(0); len(got) != 4 || got[3].Get("event") != "closed" {
		t.Errorf("the events are %s", d.Sent(0))
	}
}
