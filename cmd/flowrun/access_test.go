package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// makeCertificate writes a certificate for the loopback and its key.
func makeCertificate(t *testing.T, dir string, serial int64) (certFile, keyFile string, cert *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), cert
}

func TestServeTLS(t *testing.T) {
	certFile, keyFile, cert := makeCertificate(t, t.TempDir(), 1)
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	t.Setenv(tokenEnv, "0123456789abcdef")
	p := start(t, t.TempDir(), "serve", "--admin", address, "--admin-cert", certFile, "--admin-key", keyFile)
	p.await(`admin API url=https://` + address)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	for token, status := range map[string]int{"0123456789abcdef": 200, "wrong": 401} {
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != status {
			t.Errorf("with the token %q it answered %d, %v", token, answer.StatusCode, err)
		}
	}
	p.stop()
	if code := p.wait(); code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

// A certificate that has changed is used, one that is broken is not.
func TestCertificateIsReadAnew(t *testing.T) {
	dir := t.TempDir()
	c := &certificate{log: slog.New(slog.DiscardHandler)}
	serial := func() int64 {
		t.Helper()
		current, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return current.Leaf.SerialNumber.Int64()
	}
	later := func(minutes time.Duration) {
		t.Helper()
		when := time.Now().Add(minutes * time.Minute)
		if err := os.Chtimes(c.certFile, when, when); err != nil {
			t.Fatal(err)
		}
	}
	c.certFile, c.keyFile, _ = makeCertificate(t, dir, 1)
	if err := c.load(); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 1 {
		t.Errorf("certificate %d", n)
	}
	makeCertificate(t, dir, 2)
	later(1)
	if n := serial(); n != 2 {
		t.Errorf("the old certificate %d", n)
	}
	write(t, dir, "cert.pem", "broken")
	later(2)
	if n := serial(); n != 2 {
		t.Errorf("certificate %d", n)
	}
}

// What cannot be served is refused before anything starts.
func TestAccessFlags(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "broken.pem", "x")
	write(t, dir, "users.json", `{"users":[{"username":"a","password":"plain","permissions":"*"}]}`)
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, test := range []struct {
		args   []string
		token  string
		code   int
		stderr string
	}{
		{args: []string{"--admin", "0.0.0.0:0"}, code: exitUsage, stderr: "give users with --admin-users FILE, or a token in FLOWRUN_TOKEN"},
		{args: []string{"--admin", "0.0.0.0:0", "--conformance"}, token: "0123456789abcdef", code: exitUsage, stderr: "only loopback addresses"},
		{token: "short", code: exitUsage, stderr: "FLOWRUN_TOKEN: a token must have at least 16 characters"},
		{args: []string{"--admin-cert", in("broken.pem")}, code: exitUsage, stderr: "--admin-cert and --admin-key belong together"},
		{args: []string{"--admin-cert", in("broken.pem"), "--admin-key", in("broken.pem")}, code: exitFailed, stderr: "broken.pem: tls: failed to find any PEM data"},
		{args: []string{"--admin-cert", in("none.pem"), "--admin-key", in("broken.pem")}, code: exitFailed, stderr: "none.pem: no such file"},
		{args: []string{"--admin-users", in("none.json")}, code: exitFailed, stderr: "none.json: no such file"},
		{args: []string{"--admin-users", in("users.json")}, code: exitFailed, stderr: `user "a": password must be a bcrypt hash`},
		{args: []string{"--max-body", "many"}, code: exitUsage, stderr: "it must be a number of bytes, or such as 512kb, 5mb"},
	} {
		t.Setenv(tokenEnv, test.token)
		var stderr bytes.Buffer
		code := run(append([]string{"serve", "--admin", "127.0.0.1:0"}, test.args...), &stderr)
		if code != test.code || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%q: exit code %d, %s; want %d, %s", test.args, code, stderr.String(), test.code, test.stderr)
		}
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]struct {
		bytes int64
		shown string
	}{"5mb": {5 << 20, "5mb"}, "512 KB": {512 << 10, "512kb"}, "1gb": {1 << 30, "1gb"}, "100": {100, "100b"}, "7b": {7, "7b"}} {
		var b byteSize
		if err := b.Set(text); err != nil || int64(b) != want.bytes || b.String() != want.shown {
			t.Errorf("%q is %d, %q, %v", text, b, b.String(), err)
		}
	}
	for _, text := range []string{"", "mb", "-1", "0", "1.5mb", "99999999999gb"} {
		if err := new(byteSize).Set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestHashPassword(t *testing.T) {
	root := newRoot()
	var out bytes.Buffer
	root.SetArgs([]string{"hash-password"})
	root.SetIn(strings.NewReader("open sesame\n"))
	root.SetOut(&out)
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	if bcrypt.CompareHashAndPassword(bytes.TrimSpace(out.Bytes()), []byte("open sesame")) != nil {
		t.Errorf("the hash is %q", out.String())
	}
}
