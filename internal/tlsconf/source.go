package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Provider has the configurations of the two ends of TLS connections. The one
// returned is the caller's own, who may change it: its ServerName, its
// NextProtos. It follows files that change by itself, but for the authorities
// that a client trusts: ask for a new one for each connection that goes out, or
// now and then.
type Provider interface {
	// Client is for connections that go out. Without a server name in the
	// properties ServerName is empty, and the caller sets it to the host that it
	// connects to.
	Client() (*tls.Config, error)
	// Server is for connections that come in. It is an error if there is no
	// certificate.
	Server() (*tls.Config, error)
}

// Lookup returns the provider that a node's property tls names, nil if that is empty.
// The error is a *[flow.ConfigError].
func Lookup(env flow.Env, id string) (Provider, error) {
	if id == "" {
		return nil, nil
	}
	return flow.ConfigAs[Provider](env, "", "tls", "tls-config", id)
}

// Settings are what an end of TLS connections is to be like.
type Settings struct {
	Cert, Key, CA Origin // PEM
	PFX           Origin // PKCS #12, in place of Cert and Key
	Passphrase    string // of the key, or of PFX

	ServerName string // for clients; empty: the host
	Insecure   bool   // clients take any certificate
	ALPN       []string
	MinVersion uint16 // as the tls package has them; 0: its default
	// ClientAuth is NoClientCert, RequestClientCert, RequireAnyClientCert or
	// RequireAndVerifyClientCert.
	ClientAuth tls.ClientAuthType

	// Warn hears of files that have changed into something of no use. What was
	// read last serves on then. May be nil.
	Warn func(text string)
}

// Origin is where a certificate or key comes from.
type Origin struct {
	File string
	Data []byte // if there is no file
}

func (o Origin) isEmpty() bool { return o.File == "" && len(o.Data) == 0 }

// Source is a [Provider] of what settings say. It is safe for concurrent use.
type Source struct {
	settings Settings

	mu       sync.Mutex
	seen     []stamp // the files when they were read last
	material *material
}

// stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// NewSource returns a source; nothing is read yet.
func NewSource(s Settings) *Source { return &Source{settings: s} }

// Check reads what there is to read, and returns what is wrong with it.
func (s *Source) Check() error {
	_, err := s.current()
	return err
}

// current returns what the files hold now.
func (s *Source) current() (*material, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.settings.look()
	if s.material != nil && slices.Equal(seen, s.seen) {
		return s.material, nil
	}
	s.seen = seen
	m, err := s.settings.load()
	switch {
	case err == nil:
		s.material = m
	case s.material == nil:
		return nil, err
	case s.settings.Warn != nil:
		s.settings.Warn("still using the certificates that were read before: " + err.Error())
	}
	return s.material, nil
}

// look returns the state of all files.
func (s *Settings) look() []stamp {
	var list []stamp
	for _, o := range []Origin{s.Cert, s.Key, s.CA, s.PFX} {
		if o.File == "" {
			continue
		}
		var st stamp
		if info, err := os.Stat(o.File); err == nil {
			st = stamp{info.ModTime(), info.Size()}
		}
		list = append(list, st)
	}
	return list
}

// Client implements [Provider]. Sessions are resumed with all servers that the
// source's connections go to.
func (s *Source) Client() (*tls.Config, error) {
	m, err := s.current()
	if err != nil {
		return nil, err
	}
	c := s.config()
	c.RootCAs = m.authorities
	c.ServerName = s.settings.ServerName
	c.InsecureSkipVerify = s.settings.Insecure
	c.ClientSessionCache = m.sessions
	if m.certificate != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			m, err := s.current()
			if err != nil {
				return nil, err
			}
			return m.certificate, nil
		}
	}
	return c, nil
}

var errNoCertificate = errors.New("a server needs a certificate and its key")

// Server implements [Provider]. Sessions are resumed with tickets, whose keys
// belong to the configuration that is returned.
func (s *Source) Server() (*tls.Config, error) {
	m, err := s.current()
	if err != nil {
		return nil, err
	}
	if m.certificate == nil {
		return nil, errNoCertificate
	}
	c := s.config()
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		m, err := s.current()
		if err != nil {
			return nil, err
		}
		return m.certificate, nil
	}
	c.ClientAuth = s.settings.ClientAuth
	if c.ClientAuth == tls.RequireAndVerifyClientCert {
		if m.authorities == nil {
			return nil, errors.New("to verify the certificates of clients needs the authority (CA) that signs them")
		}
		c.ClientAuth = tls.RequireAnyClientCert
		c.ClientCAs = m.authorities // for the client to choose by
		c.VerifyConnection = s.verifyClient
	}
	return c, nil
}

// verifyClient verifies a client's certificate, also that of a session that is
// resumed, with the authorities of now.
func (s *Source) verifyClient(state tls.ConnectionState) error {
	m, err := s.current()
	if err != nil {
		return err
	}
	chain := state.PeerCertificates
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err = chain[0].Verify(x509.VerifyOptions{
		Roots: m.authorities, Intermediates: between,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	return nil
}

// config returns what both ends have in common.
func (s *Source) config() *tls.Config {
	return &tls.Config{MinVersion: s.settings.MinVersion, NextProtos: slices.Clone(s.settings.ALPN)}
}
