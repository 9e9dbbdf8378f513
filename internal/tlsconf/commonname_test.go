package tlsconf

import (
	"crypto/x509"
	"testing"

	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// A certificate without other names is that of its common name.
func TestCommonName(t *testing.T) {
	ca := sockettest.NewAuthority(t)
	bare := func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }
	for _, c := range []struct {
		issued sockettest.Issued
		ok     bool
	}{
		{ca.Issue(t, "localhost", bare), true},
		{ca.Issue(t, "*.example", bare), false},
		{ca.Issue(t, "other"), true}, // it has localhost among its names
		{ca.Issue(t, "localhost", func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"x.example"}, nil }), false},
		{sockettest.NewAuthority(t).Issue(t, "localhost", bare), false},
	} {
		server, client := ends(t, NewSource(pair(c.issued)), NewSource(Settings{CA: text(ca.PEM)}))
		acceptCommonName(client)
		if _, _, _, err := shake(t, server, client); (err == nil) != c.ok {
			t.Errorf("%s %v: %v", c.issued.Certificate.Subject, c.issued.Certificate.DNSNames, err)
		}
	}
}
