package tlsconf

import (
	"crypto/tls"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

// Inline are the properties for TLS of a node that can do without a tls-config
// node. Embed it in the node's configuration.
type Inline struct {
	TLS        string `json:"tls" doc:"id of a tls-config node: connections use TLS as it says"`
	Secure     bool   `json:"secure" doc:"connections use TLS, also without a tls-config node: as the properties here say"`
	Pair       Pair   `json:"certificate" doc:"{certificate_pem, private_key_pem}: the own certificate and its key, as texts in PEM form"`
	CA         string `json:"ca_certificate_pem" doc:"certificates of the authorities that are trusted, in PEM form; empty is the system's"`
	ServerName string `json:"server_name" doc:"name that the server's certificate must have; empty is the host"`
	Insecure   bool   `json:"accept_invalid_certificates" doc:"take whatever certificate the server has"`

	HandshakeTimeout flow.Value `json:"handshakeTimeout" doc:"milliseconds that the TLS handshake may take"`
}

// Defaults are those of the properties.
func Defaults() Inline { return Inline{HandshakeTimeout: 10_000.0} }

// Patience returns how long a handshake may take.
func (c Inline) Patience() time.Duration {
	if d := sockets.Milliseconds(c.HandshakeTimeout); d > 0 {
		return d
	}
	return sockets.Milliseconds(Defaults().HandshakeTimeout)
}

// Pair is a certificate and its key in PEM form.
type Pair struct {
	Certificate string `json:"certificate_pem"`
	Key         string `json:"private_key_pem"`
}

// Provider returns what the properties say: nil if connections are plain. The
// error is a *[flow.ConfigError].
func (c Inline) Provider(env flow.Env) (Provider, error) {
	if c.TLS != "" {
		p, err := Lookup(env, c.TLS)
		if err != nil || c.ServerName == "" {
			return p, err
		}
		return named{p, c.ServerName}, nil
	}
	if !c.Secure {
		return nil, nil
	}
	source := NewSource(Settings{
		Cert: Origin{Data: Text(c.Pair.Certificate)}, Key: Origin{Data: Text(c.Pair.Key)},
		CA: Origin{Data: Text(c.CA)}, ServerName: c.ServerName, Insecure: c.Insecure,
	})
	if err := source.Check(); err != nil {
		return nil, &flow.ConfigError{Property: "secure", Reason: err.Error()}
	}
	return source, nil
}

// named is a provider with another server name.
type named struct {
	Provider
	server string
}

func (n named) Client() (*tls.Config, error) {
	c, err := n.Provider.Client()
	if err == nil {
		c.ServerName = n.server
	}
	return c, err
}
