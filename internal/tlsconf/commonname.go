package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
)

// acceptCommonName has a client take the common name of a server's certificate
// for its host name if it has no other names, as Node.js does. Go knows only those
// others, but there are plants with certificates from before 2017.
func acceptCommonName(c *tls.Config) {
	if c.InsecureSkipVerify {
		return
	}
	c.InsecureSkipVerify = true // VerifyConnection does it
	c.VerifyConnection = func(state tls.ConnectionState) error {
		leaf := state.PeerCertificates[0]
		options := x509.VerifyOptions{Roots: c.RootCAs, DNSName: c.ServerName, Intermediates: x509.NewCertPool()}
		for _, between := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(between)
		}
		if len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.URIs) == 0 {
			named := *leaf
			named.DNSNames = []string{leaf.Subject.CommonName}
			if named.VerifyHostname(c.ServerName) == nil {
				options.DNSName = ""
			}
		}
		if _, err := leaf.Verify(options); err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
		}
		return nil
	}
}
