package sockettest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// TLS returns the configurations of a server at 127.0.0.1 and localhost, with a
// certificate of its own making, and of a client that trusts it.
func TLS(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	ca := NewAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate)
	server = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "localhost").TLS(t)}}
	return server, &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// Authority signs the certificates of a test.
type Authority struct {
	Certificate *x509.Certificate
	PEM         string
	key         *ecdsa.PrivateKey
}

// Issued is a certificate with its key.
type Issued struct {
	Certificate *x509.Certificate
	PrivateKey  *ecdsa.PrivateKey
	Cert, Key   string // in PEM form
}

// NewAuthority returns an authority that nobody knows.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{}
	made := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"},
		IsCA:    true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	a.Certificate, a.key, a.PEM = made.Certificate, made.PrivateKey, made.Cert
	return a
}

// Issue returns a certificate of a server or client with this common name,
// valid for localhost and 127.0.0.1. The changes are made before it is signed.
func (a *Authority) Issue(t testing.TB, name string, changes ...func(*x509.Certificate)) Issued {
	t.Helper()
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, change := range changes {
		change(c)
	}
	return a.sign(t, c)
}

func (a *Authority) sign(t testing.TB, c *x509.Certificate) Issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := a.Certificate, a.key
	if parent == nil {
		parent, signer = c, key
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	made := Issued{PrivateKey: key, Cert: PEM("CERTIFICATE", der)}
	if made.Certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	made.Key = PEM("PRIVATE KEY", keyDER)
	return made
}

// TLS returns the certificate as the tls package has it.
func (i Issued) TLS(t testing.TB) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(i.Cert), []byte(i.Key))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// PEM returns a block of a PEM text.
func PEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
