package tlsconf

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// shake makes a TLS connection over a real socket, has a word sent from the
// server to the client, and returns what each end knows of it, or its error.
func shake(t *testing.T, server, client *tls.Config) (atServer, atClient tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	ln := sockettest.Listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			serverErr = err
			return
		}
		defer func() { _ = conn.Close() }()
		c := tls.Server(conn, server)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if serverErr = c.HandshakeContext(ctx); serverErr == nil {
			atServer = c.ConnectionState()
			_, _ = io.WriteString(c, "word\n")
			_, _ = io.Copy(io.Discard, c)
		}
	}()
	conn := sockettest.Dial(t, ln.Addr().(*net.TCPAddr).Port)
	c := tls.Client(conn, client)
	if _, clientErr = bufio.NewReader(c).ReadString('\n'); clientErr == nil {
		atClient = c.ConnectionState()
	}
	_ = c.CloseWrite()
	_ = conn.Close()
	<-done
	return atServer, atClient, serverErr, clientErr
}

// ends returns the configurations of both ends.
func ends(t *testing.T, server, client *Source) (s, c *tls.Config) {
	t.Helper()
	s, err := server.Server()
	if err != nil {
		t.Fatal(err)
	}
	if c, err = client.Client(); err != nil {
		t.Fatal(err)
	}
	if c.ServerName == "" {
		c.ServerName = "localhost"
	}
	return s, c
}

func text(s string) Origin { return Origin{Data: []byte(s)} }

func pair(i sockettest.Issued) Settings { return Settings{Cert: text(i.Cert), Key: text(i.Key)} }

func TestHandshake(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	s := pair(ca.Issue(t, "server"))
	s.ALPN = []string{"b", "a"}
	server := NewSource(s)
	client := NewSource(Settings{CA: text(ca.PEM), ALPN: []string{"a"}, MinVersion: tls.VersionTLS13})
	sc, cc := ends(t, server, client)
	atServer, atClient, err, _ := shake(t, sc, cc)
	if err != nil || atServer.NegotiatedProtocol != "a" || atServer.Version != tls.VersionTLS13 || atClient.DidResume {
		t.Errorf("%v: %+v", err, atServer)
	}
	_, cc = ends(t, server, client)
	if _, again, _, err := shake(t, sc, cc); err != nil || !again.DidResume {
		t.Errorf("the second connection: %v, resumed %t", err, again.DidResume)
	}
}

func TestClientCertificates(t *testing.T) {
	ca, other := sockettest.NewAuthority(t), sockettest.NewAuthority(t)
	known, unknown := pair(ca.Issue(t, "device 7")), pair(other.Issue(t, "device 8"))
	for _, c := range []struct {
		auth   tls.ClientAuthType
		client Settings
		peers  int
		fails  string
	}{
		{tls.NoClientCert, known, 0, ""},
		{tls.RequestClientCert, Settings{}, 0, ""},
		{tls.RequestClientCert, unknown, 1, ""},
		{tls.RequireAnyClientCert, Settings{}, 0, "client didn't provide a certificate"},
		{tls.RequireAnyClientCert, unknown, 1, ""},
		{tls.RequireAndVerifyClientCert, Settings{}, 0, "client didn't provide a certificate"},
		{tls.RequireAndVerifyClientCert, unknown, 0, "the certificate is signed by an unknown authority (CN=test authority)"},
		{tls.RequireAndVerifyClientCert, known, 1, ""},
	} {
		s := pair(ca.Issue(t, "server"))
		s.CA, s.ClientAuth = text(ca.PEM), c.auth
		c.client.CA = text(ca.PEM)
		client := NewSource(c.client)
		server, cc := ends(t, NewSource(s), client)
		for range 2 { // the second one is resumed
			state, _, err, _ := shake(t, server, cc)
			got := ""
			if err != nil {
				got = strings.TrimPrefix(sockets.ExplainTLS(err).Text, "TLS handshake failed: ")
			}
			if got != c.fails || len(state.PeerCertificates) != c.peers {
				t.Errorf("%v: %d certificates, %q, want %d, %q", c.auth, len(state.PeerCertificates), got, c.peers, c.fails)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	ca, other := sockettest.NewAuthority(t), sockettest.NewAuthority(t)
	past := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2001, 2, 1, 0, 0, 0, 0, time.UTC)
	}
	server := pair(ca.Issue(t, "server"))
	for _, c := range []struct {
		name             string
		server, client   Settings
		change           func(server, client *tls.Config)
		atServer, atPeer string
	}{
		{name: "unknown authority", server: server, client: Settings{CA: text(other.PEM)},
			atServer: "the peer refuses: bad certificate", atPeer: "the certificate is signed by an unknown authority (CN=test authority)"},
		{name: "expired", server: pair(ca.Issue(t, "server", past)), client: Settings{CA: text(ca.PEM)},
			atServer: "the peer refuses: bad certificate", atPeer: "the certificate has expired on 2001-02-01T00:00:00Z"},
		{name: "other name", server: server, client: Settings{CA: text(ca.PEM), ServerName: "example.com"},
			atServer: "the peer refuses: bad certificate", atPeer: "certificate is valid for localhost, not example.com"},
		{name: "versions", server: Settings{Cert: server.Cert, Key: server.Key, MinVersion: tls.VersionTLS13}, client: Settings{CA: text(ca.PEM)},
			change:   func(_, client *tls.Config) { client.MaxVersion = tls.VersionTLS12 },
			atServer: "client offered only unsupported versions: [303]", atPeer: "the peer refuses: protocol version not supported"},
		{name: "protocols", server: Settings{Cert: server.Cert, Key: server.Key, ALPN: []string{"a"}}, client: Settings{CA: text(ca.PEM), ALPN: []string{"b"}},
			atServer: `client requested unsupported application protocols (["b"])`, atPeer: "the peer refuses: no application protocol"},
	} {
		sc, cc := ends(t, NewSource(c.server), NewSource(c.client))
		if c.change != nil {
			c.change(sc, cc)
		}
		_, _, atServer, atPeer := shake(t, sc, cc)
		for want, err := range map[string]error{c.atServer: atServer, c.atPeer: atPeer} {
			if err == nil || sockets.ExplainTLS(err).Text != "TLS handshake failed: "+want || sockets.ExplainTLS(err).Code != "TLS_FAILED" {
				t.Errorf("%s: got %v, want %q", c.name, sockets.ExplainTLS(err), want)
			}
		}
	}
	if sockets.ExplainTLS(nil) != nil {
		t.Error("nil is an error")
	}
}

// A peer that does not speak TLS, ends the connection, or says nothing.
func TestExplainPeer(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	config, _ := ends(t, NewSource(pair(ca.Issue(t, "server"))), NewSource(Settings{}))
	for _, c := range []struct {
		peer     func(*net.TCPConn)
		want     string
		patience time.Duration
	}{
		{func(c *net.TCPConn) { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\n\r\n") }, "the peer does not speak TLS", 10 * time.Second},
		{func(c *net.TCPConn) { _ = c.Close() }, "the peer has closed the connection", 10 * time.Second},
		{func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() }, "the peer has reset the connection", 10 * time.Second},
		{func(*net.TCPConn) {}, "it took too long", 100 * time.Millisecond},
	} {
		ln := sockettest.Listen(t)
		peer := sockettest.Dial(t, ln.Addr().(*net.TCPAddr).Port)
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.peer(peer)
		ctx, cancel := context.WithTimeout(t.Context(), c.patience)
		err = tls.Server(conn, config).HandshakeContext(ctx)
		cancel()
		if err == nil || sockets.ExplainTLS(err).Text != "TLS handshake failed: "+c.want {
			t.Errorf("got %v, want %q", sockets.ExplainTLS(err), c.want)
		}
		_ = conn.Close()
	}
}

func TestEncryptedKeys(t *testing.T) {
	issued := sockettest.NewAuthority(t).Issue(t, "server")
	modern, err := pkcs8.MarshalPrivateKey(issued.PrivateKey, []byte("secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(issued.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	legacy, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", sec1, []byte("secret"), x509.PEMCipherAES256) //nolint:staticcheck // what is tested
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"PKCS #8": sockettest.PEM("ENCRYPTED PRIVATE KEY", modern), "DEK-Info": string(pem.EncodeToMemory(legacy)),
	} {
		s := Settings{Cert: text(issued.Cert), Key: text(key), Passphrase: "secret"}
		if _, err := NewSource(s).Server(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.Passphrase = "wrong"
		if _, err := NewSource(s).Server(); err == nil {
			t.Errorf("%s: a wrong passphrase is taken", name)
		}
		s.Passphrase = ""
		if _, err := NewSource(s).Server(); err == nil || err.Error() != "the key: it is encrypted, and there is no passphrase" {
			t.Errorf("%s without a passphrase: %v", name, err)
		}
	}
}

func TestPFX(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	issued := ca.Issue(t, "server")
	data, err := pkcs12.Modern.Encode(issued.PrivateKey, issued.Certificate, []*x509.Certificate{ca.Certificate}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	both := NewSource(Settings{PFX: Origin{Data: data}, Passphrase: "secret", ClientAuth: tls.RequireAndVerifyClientCert})
	s, c := ends(t, both, both)
	if _, _, err, clientErr := shake(t, s, c); err != nil || clientErr != nil {
		t.Errorf("%v, %v", err, clientErr)
	}
	err = NewSource(Settings{PFX: Origin{Data: data}, Passphrase: "wrong"}).Check()
	if err == nil || err.Error() != "the PKCS #12 file: the passphrase is wrong" {
		t.Errorf("a wrong passphrase: %v", err)
	}
}

func TestBadMaterial(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	one, two := ca.Issue(t, "one"), ca.Issue(t, "two")
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{Settings{Cert: text(one.Cert)}, "a certificate and its key must be given together"},
		{Settings{Key: text(one.Key)}, "a certificate and its key must be given together"},
		{Settings{Cert: text(one.Cert), Key: text(two.Key)}, "the certificate and its key: private key does not match public key"},
		{Settings{CA: text("no PEM")}, "the authority's certificate: there is no certificate in PEM form (-----BEGIN CERTIFICATE-----) in it"},
		{Settings{CA: Origin{File: "/nowhere/ca.pem"}}, "the authority's certificate: open /nowhere/ca.pem: no such file or directory"},
		{Settings{CA: text(ca.PEM)}, "a server needs a certificate and its key"},
		{Settings{Cert: text(one.Cert), Key: text(one.Key), ClientAuth: tls.RequireAndVerifyClientCert}, "to verify the certificates of clients needs the authority (CA) that signs them"},
	} {
		if _, err := NewSource(c.s).Server(); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// A certificate that is renewed serves at the next handshake; one that is of no
// use does not.
func TestReload(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	version := time.Now().Add(-time.Hour)
	write := func(name, text string) {
		t.Helper()
		version = version.Add(time.Second)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, version, version); err != nil {
			t.Fatal(err)
		}
	}
	first, second := ca.Issue(t, "first"), ca.Issue(t, "second")
	var warnings []string
	source := NewSource(Settings{
		Cert: Origin{File: cert}, Key: Origin{File: key},
		Warn: func(text string) { warnings = append(warnings, text) },
	})
	if err := source.Check(); err == nil {
		t.Error("files that are missing are no error")
	}
	write(cert, first.Cert)
	write(key, first.Key)
	server, client := ends(t, source, NewSource(Settings{CA: text(ca.PEM)}))
	client.ClientSessionCache = nil // whole handshakes
	expect := func(name string) {
		t.Helper()
		_, state, _, err := shake(t, server, client)
		if err != nil {
			t.Fatal(err)
		}
		if got := state.PeerCertificates[0].Subject.CommonName; got != name {
			t.Errorf("the server is %s, want %s", got, name)
		}
	}
	expect("first")
	write(cert, second.Cert)
	expect("first")
	expect("first")
	if len(warnings) != 1 {
		t.Errorf("warned %q", warnings)
	}
	write(key, second.Key)
	expect("second")
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{`a\nb`: "a\nb", "a\n\\nb": "a\n\\nb", "": ""} {
		if got := string(Text(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
