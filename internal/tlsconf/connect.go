package tlsconf

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

// Connect shakes hands with the server at a host that conn leads to. It owns the
// connection from then on; prefix is what was read from it already. No provider is
// the default. What it returns is a *[sockets.Secure], the error an
// *[sockets.Error] with the code TLS_FAILED.
func Connect(ctx context.Context, conn net.Conn, prefix []byte, p Provider, host string) (net.Conn, error) {
	if p == nil {
		p = NewSource(Settings{})
	}
	config, err := p.Client()
	if err != nil {
		_ = conn.Close()
		return nil, unusable(err)
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	acceptCommonName(config)
	secure, err := sockets.TLSClient(ctx, conn, prefix, config)
	if err != nil {
		return nil, err
	}
	return secure, nil
}

// Server returns a provider's configuration of a server. The error has the code
// TLS_FAILED.
func Server(p Provider) (*tls.Config, *sockets.Error) {
	c, err := p.Server()
	if err != nil {
		return nil, unusable(err)
	}
	return c, nil
}

// unusable is the error of a provider that has no configuration.
func unusable(err error) *sockets.Error {
	return &sockets.Error{Code: sockets.TLSFailed, Text: "TLS is not set up: " + err.Error(), Err: err}
}

// Notes say in the documentation of a node what its property tls, which is
// [Describe]'s, has in a message.
const Notes = "In connected tls is {protocol, cipher, resumed, and if there are any alpn, serverName, certificate}; " +
	"certificate, the peer's, is {subject, commonName, subjectAltNames, issuer, serialNumber, validFrom, validTo, fingerprint256}, " +
	"its subjectAltNames a list of texts such as DNS:example.com, IP:192.0.2.1, email:a@example.com and URI:spiffe://example.com/a."

// Describe says what was agreed on in a handshake, and who the peer is.
func Describe(state tls.ConnectionState) *flow.Object {
	o := flow.NewObject(
		"protocol", protocol(state.Version),
		"cipher", tls.CipherSuiteName(state.CipherSuite),
		"resumed", state.DidResume,
	)
	if state.NegotiatedProtocol != "" {
		o.Set("alpn", state.NegotiatedProtocol)
	}
	if state.ServerName != "" {
		o.Set("serverName", state.ServerName)
	}
	if len(state.PeerCertificates) > 0 {
		o.Set("certificate", describeCertificate(state.PeerCertificates[0]))
	}
	return o
}

// protocol returns the name that Node.js and OpenSSL have for a version: TLSv1.3.
func protocol(version uint16) string {
	if version == tls.VersionTLS10 {
		return "TLSv1"
	}
	return fmt.Sprintf("TLSv1.%d", version-tls.VersionTLS10)
}

func describeCertificate(c *x509.Certificate) *flow.Object {
	names := flow.Array{}
	for _, n := range c.DNSNames {
		names = append(names, "DNS:"+n)
	}
	for _, ip := range c.IPAddresses {
		names = append(names, "IP:"+ip.String())
	}
	for _, a := range c.EmailAddresses {
		names = append(names, "email:"+a)
	}
	for _, u := range c.URIs {
		names = append(names, "URI:"+u.String())
	}
	sum := sha256.Sum256(c.Raw)
	return flow.NewObject(
		"subject", c.Subject.String(), "commonName", c.Subject.CommonName, "subjectAltNames", names,
		"issuer", c.Issuer.String(), "serialNumber", fmt.Sprintf("%X", c.SerialNumber),
		"validFrom", flow.Timestamp(c.NotBefore), "validTo", flow.Timestamp(c.NotAfter),
		"fingerprint256", strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":"),
	)
}
