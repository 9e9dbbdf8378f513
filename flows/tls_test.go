package flows_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// withCertificates puts certificates into the environment that the example reads,
// and returns how a client trusts them and what it shows.
func withCertificates(t *testing.T) (client *tls.Config) {
	t.Helper()
	ca := sockettest.NewAuthority(t)
	server := ca.Issue(t, "the server")
	t.Setenv("TLS_CA", ca.PEM)
	t.Setenv("TLS_CERT", server.Cert)
	t.Setenv("TLS_KEY", server.Key)
	roots := x509.NewCertPool()
	roots.AddCert(ca.Certificate)
	return &tls.Config{RootCAs: roots, ServerName: "localhost", Certificates: []tls.Certificate{ca.Issue(t, "pump 7").TLS(t)}}
}

func (d *deployment) dialTLS(port string, config *tls.Config) *tls.Conn {
	d.t.Helper()
	c, err := tls.Dial("tcp", d.addr(port), config)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		d.t.Fatal(err)
	}
	return c
}

func TestTLSEcho(t *testing.T) {
	config := withCertificates(t)
	d := deploy(t, "tls-echo.json")
	c := d.dialTLS("7793", config)
	fmt.Fprint(c, "hello\n")
	_ = c.CloseWrite()
	if got, err := io.ReadAll(c); string(got) != "hello\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMutualTLS(t *testing.T) {
	config := withCertificates(t)
	d := deploy(t, "mutual-tls.json")
	if got, err := bufio.NewReader(d.dialTLS("7794", config)).ReadString('\n'); got != "hello, pump 7\n" {
		t.Errorf("got %q, %v", got, err)
	}
	config.Certificates = nil
	if _, err := d.dialTLS("7794", config).Read(make([]byte, 1)); err == nil { // TLS 1.3: the server refuses after the handshake
		t.Error("a client without a certificate is let in")
	}
	d.wait("the refusal", 1, func(f frame) bool { return f.Type == "send" && f.Msg["errorCode"] == "TLS_FAILED" })
}

func TestProxyBackend(t *testing.T) {
	d := deploy(t, "proxy-backend.json")
	c := d.dial("7795")
	c.say("PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\n")
	c.expect("you are 192.0.2.7\n")
}
