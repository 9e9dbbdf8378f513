package tcpconnect_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpconnect"
	"github.com/flowrun/flowrun/runtime/session"
)

// serveTLS says hello to whoever shakes hands, until the test ends.
func serveTLS(t *testing.T, config *tls.Config) (port int) {
	t.Helper()
	ln, port := serve(t)
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = ln.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				c := tls.Server(conn, config)
				if c.Handshake() == nil {
					_, _ = io.WriteString(c, "hello\n")
					_, _ = io.Copy(io.Discard, c)
				}
				_ = c.Close()
			})
		}
	})
	return port
}

// config returns a node's, with extra properties.
func config(port int, extra ...any) string {
	o := flow.NewObject("host", "127.0.0.1", "port", float64(port), "mode", "line", "secure", true)
	for i := 0; i < len(extra); i += 2 {
		o.Set(extra[i].(string), extra[i+1])
	}
	return flow.JSON(o)
}

func TestTLS(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	clients := x509.NewCertPool()
	clients.AddCert(ca.Certificate)
	server := &tls.Config{
		Certificates: []tls.Certificate{ca.Issue(t, "the server").TLS(t)}, NextProtos: []string{"a"},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
	}
	port := serveTLS(t, server)
	device := ca.Issue(t, "device 7")
	mine := flow.NewObject("certificate_pem", device.Cert, "private_key_pem", device.Key)

	d := flowtest.New(t, tcpconnect.Type(session.New()), config(port, "ca_certificate_pem", ca.PEM, "certificate", mine))
	d.Handle(`{}`)
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
	info, ok := d.Messages(0)[1].Get("tls").(*flow.Object)
	if !ok {
		t.Fatalf("connected without tls: %s", d.Sent(0))
	}
	peer := flow.JSON(info.Get("certificate"))
	if info.Get("protocol") != "TLSv1.3" || !strings.HasPrefix(peer, `{"subject":"CN=the server","commonName":"the server",`+
		`"subjectAltNames":["DNS:localhost","IP:127.0.0.1","IP:::1"],"issuer":"CN=test authority"`) {
		t.Errorf("tls is %s", flow.JSON(info))
	}

	d = flowtest.New(t, tcpconnect.Type(session.New()), config(port, "ca_certificate_pem", ca.PEM))
	d.Handle(`{}`)
	d.Until(func() bool { return len(d.Messages(0)) == 4 }) // with TLS 1.3 the server refuses after the handshake
	expectFailure(t, d, 2, "TLS failed: the peer refuses: certificate required")
}

func expectFailure(t *testing.T, d *flowtest.Driver, i int, want string) {
	t.Helper()
	m := d.Messages(0)[i]
	if m.Get("errorCode") != "TLS_FAILED" || m.Get("errorText") != want {
		t.Errorf("got %s, want %s", d.Sent(0)[i], want)
	}
}

func TestTLSFailures(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	port := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "the server").TLS(t)}})
	plain, plainPort := serve(t)
	_, silentPort := serve(t)
	go func() {
		for {
			conn, err := plain.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "220 welcome\r\n")
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	for _, c := range []struct{ config, want string }{
		{config(port), "the certificate is signed by an unknown authority (CN=test authority)"},
		{config(port, "ca_certificate_pem", ca.PEM, "server_name", "x.example"), "certificate is valid for localhost, not x.example"},
		{config(plainPort), "the peer does not speak TLS"},
		{config(silentPort, "handshakeTimeout", 50.0), "it took too long"},
	} {
		d := flowtest.New(t, tcpconnect.Type(session.New()), c.config)
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Messages(0)) == 3 })
		expectFailure(t, d, 1, "TLS handshake failed: "+c.want)
		sockettest.ExpectBadges(t, d, "grey ring idle", "yellow dot connecting", "red dot error", "grey ring disconnected")
	}
	d := flowtest.New(t, tcpconnect.Type(session.New()), config(port, "accept_invalid_certificates", true))
	d.Handle(`{}`)
	d.Until(func() bool { return len(d.Messages(1)) == 1 })
}
