// Package tlsconfig is the config node type tls-config: certificates, keys and
// settings for the nodes that use TLS.
package tlsconfig

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/tlsconf"
)

// Config is the node's configuration.
type Config struct {
	CertType   string `json:"certType" doc:"where certificates and keys are: files, for those that cert, key and ca name, or if there are none in the credentials; data, in the credentials; pfx, in a PKCS #12 file; env, in environment variables"`
	Cert       string `json:"cert" doc:"file of the own certificate, in PEM form; those of authorities between may follow in it"`
	Key        string `json:"key" doc:"file of its private key, in PEM form; may be encrypted with the passphrase in the credentials"`
	CA         string `json:"ca" doc:"file of the certificates of the authorities that are trusted; empty is the system's"`
	P12        string `json:"p12" doc:"PKCS #12 file, with certType pfx"`
	CertEnv    string `json:"certEnv" doc:"environment variable with the own certificate, with certType env"`
	KeyEnv     string `json:"keyEnv" doc:"environment variable with its key"`
	CAEnv      string `json:"caEnv" doc:"environment variable with the authorities' certificates"`
	CertName   string `json:"certname" doc:"what the editor calls the certificate that was uploaded"`
	KeyName    string `json:"keyname" doc:"the same for the key"`
	CAName     string `json:"caname" doc:"the same for the authorities"`
	P12Name    string `json:"p12name" doc:"the same for the PKCS #12 file"`
	ServerName string `json:"servername" doc:"name that the server's certificate must have, and that is sent to it (SNI); empty is the host that is connected to"`
	Verify     bool   `json:"verifyservercert" doc:"clients check the server's certificate"`
	ALPN       string `json:"alpnprotocol" doc:"protocol to agree on (ALPN); several with commas, the best first"`
	MinVersion string `json:"minVersion" doc:"lowest version of TLS: 1.0, 1.1, 1.2 or 1.3"`
	ClientCert string `json:"clientCertificate" doc:"servers ask clients for a certificate: none; request, it may be missing and is not verified; require, it may not be missing; verify, it must be of an authority in ca"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "tls-config", Category: "config",
	Summary: "Has the certificates, keys and settings of TLS connections, for the nodes whose tls is its id.",
	Notes: "Credentials: certdata, keydata, cadata (PEM texts), p12data (base64), passphrase (of the key or the PKCS #12 file; keys may be encrypted as PKCS #8 or in OpenSSL's older form). " +
		"Files are looked at again at each handshake: a certificate that was renewed serves without a deploy; if it is of no use, the node warns and the one before serves on. " +
		"Line ends in environment variables may be written as \\n. TLS sessions are resumed.",
	Differences: []string{
		"minVersion, clientCertificate, and several protocols in alpnprotocol, are flowrun's own.",
		"With certType pfx the authorities may come from ca or cadata too.",
		"Files are read again when they change.",
		"A node that names one which is missing or disabled does nothing, and gives an error with each message; Node-RED has some go on without it.",
	},
	Default: func() Config {
		return Config{CertType: "files", Verify: true, MinVersion: "1.2", ClientCert: "none"}
	},
	New: New,
})

// Node is a tls-config node.
type Node struct {
	*tlsconf.Source
	env flow.Env
}

var versions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

var clientAuth = map[string]tls.ClientAuthType{
	"none": tls.NoClientCert, "request": tls.RequestClientCert,
	"require": tls.RequireAnyClientCert, "verify": tls.RequireAndVerifyClientCert,
}

// New makes a node.
func New(c Config, env flow.Env) (flow.Node, error) {
	s := tlsconf.Settings{
		Passphrase: env.Credentials.Get("passphrase"),
		ServerName: flow.TrimSpace(c.ServerName), Insecure: !c.Verify, Warn: env.Warn,
	}
	for name := range strings.SplitSeq(c.ALPN, ",") {
		if name = flow.TrimSpace(name); name != "" {
			s.ALPN = append(s.ALPN, name)
		}
	}
	var ok bool
	if s.MinVersion, ok = versions[strings.TrimPrefix(c.MinVersion, "TLSv")]; !ok {
		return nil, &flow.ConfigError{Property: "minVersion", Reason: "expected 1.0, 1.1, 1.2 or 1.3, got " + c.MinVersion}
	}
	if s.ClientAuth, ok = clientAuth[c.ClientCert]; !ok {
		return nil, &flow.ConfigError{Property: "clientCertificate", Reason: "expected none, request, require or verify, got " + c.ClientCert}
	}
	if err := c.find(&s, env); err != nil {
		return nil, err
	}
	return &Node{tlsconf.NewSource(s), env}, nil
}

// find tells the settings where certificates and keys are.
func (c Config) find(s *tlsconf.Settings, env flow.Env) error {
	file := func(name string) tlsconf.Origin { return tlsconf.Origin{File: flow.TrimSpace(name)} }
	data := func(name string) tlsconf.Origin {
		return tlsconf.Origin{Data: tlsconf.Text(env.Credentials.Get(name))}
	}
	variable := func(name string) tlsconf.Origin {
		v, _ := env.Getenv(flow.TrimSpace(name))
		if v == nil || name == "" {
			return tlsconf.Origin{}
		}
		return tlsconf.Origin{Data: tlsconf.Text(flow.Text(v))}
	}
	switch kind := c.CertType; {
	case kind == "pfx":
		if s.PFX = file(c.P12); s.PFX.File == "" {
			var err error
			if s.PFX.Data, err = base64.StdEncoding.DecodeString(flow.TrimSpace(env.Credentials.Get("p12data"))); err != nil {
				return fmt.Errorf("credentials: p12data: %w", err)
			}
		}
		if s.CA = file(c.CA); s.CA.File == "" {
			s.CA = data("cadata")
		}
	case kind == "env":
		s.Cert, s.Key, s.CA = variable(c.CertEnv), variable(c.KeyEnv), variable(c.CAEnv)
	case kind == "files" && flow.TrimSpace(c.Cert+c.Key+c.CA) != "":
		s.Cert, s.Key, s.CA = file(c.Cert), file(c.Key), file(c.CA)
	case kind == "files", kind == "data":
		s.Cert, s.Key, s.CA = data("certdata"), data("keydata"), data("cadata")
	default:
		return &flow.ConfigError{Property: "certType", Reason: "expected files, data, pfx or env, got " + kind}
	}
	return nil
}

// Start reads the certificates and keys, and reports what is wrong with them.
// The nodes that use them tell of it again, each in its own way.
func (n *Node) Start(context.Context) error {
	err := n.Check()
	if errors.Is(err, tlsconf.ErrNoPair) {
		return errors.New(n.env.Text("tls.error.missing-file", "%s", err))
	}
	return err
}

// Handle implements [flow.Node]; nothing is ever sent here.
func (*Node) Handle(*flow.Message, flow.Outlet) error { return nil }
