package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"time"
)

// Certificate is that of a TLS server at 127.0.0.1, and its key, in PEM form.
type Certificate struct{ Cert, Key string }

// NewCertificate returns a certificate that is good for a day.
func NewCertificate() (Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Certificate{}, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return Certificate{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Certificate{}, err
	}
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return Certificate{text("CERTIFICATE", cert), text("PRIVATE KEY", private)}, nil
}

// plainPair, set in the environment to a certificate and its key, has the plain
// server speak TLS on TCP.
const plainPair = "FLOWRUN_BENCH_PLAIN_TLS"

// Env has the plain server use the certificate.
func (c Certificate) Env() string { return plainPair + "=" + c.Cert + c.Key }

// secured is the listener with TLS by a text of a certificate and its key.
func secured(listener net.Listener, pair string) (net.Listener, error) {
	cert, err := tls.X509KeyPair([]byte(pair), []byte(pair))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}}), nil
}

// SecureClients are connections with TLS that have done one request each.
type SecureClients struct {
	mu    sync.Mutex
	conns []net.Conn
}

// DialSecure opens n connections with TLS, a few at the same time, and lets each
// do a request of size bytes. All of it fails when timeout is over.
func DialSecure(ctx context.Context, addr string, n, size int, timeout time.Duration) (*SecureClients, error) {
	const workers = 8
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	clients, dialer := &SecureClients{}, newDialer()
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = clients.open(ctx, dialer, addr, size)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, clients.Close())
	}
	return clients, nil
}

func (s *SecureClients) open(ctx context.Context, d *dialer, addr string, size int) error {
	conn, err := d.dial(ctx, addr)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	c := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // the server is of our own making
	request, answer := make([]byte, size), make([]byte, size)
	if _, err := c.Write(request); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, answer); err != nil {
		return fmt.Errorf("waiting for an answer: %w", err)
	}
	return conn.SetDeadline(time.Time{})
}

// Close closes the connections.
func (s *SecureClients) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
