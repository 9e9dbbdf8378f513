package tlsconf

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"
)

// material is what a [Source] has read.
type material struct {
	certificate *tls.Certificate // with its key; nil if there is none
	authorities *x509.CertPool   // nil: the system's
	sessions    tls.ClientSessionCache
}

// sessionsKept is how many servers a source resumes sessions with.
const sessionsKept = 64

// load reads all that the settings name.
func (s *Settings) load() (*material, error) {
	m := &material{sessions: tls.NewLRUClientSessionCache(sessionsKept)}
	var err error
	if !s.PFX.isEmpty() {
		err = m.loadPFX(s)
	} else {
		err = m.loadPair(s)
	}
	if err != nil || s.CA.isEmpty() {
		return m, err
	}
	text, err := s.CA.read()
	if err != nil {
		return nil, fmt.Errorf("the authority's certificate: %w", err)
	}
	if m.authorities == nil {
		m.authorities = x509.NewCertPool()
	}
	if !m.authorities.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("the authority's certificate%s: %w", s.CA.where(), errNoPEM)
	}
	return m, nil
}

// errNoPEM says that a text is not what it is taken for.
var errNoPEM = errors.New("there is no certificate in PEM form (-----BEGIN CERTIFICATE-----) in it")

// ErrNoPair says that a certificate, or a key, stands alone.
var ErrNoPair = errors.New("a certificate and its key must be given together")

// loadPair reads the certificate, which those of authorities between may follow,
// and its key.
func (m *material) loadPair(s *Settings) error {
	if s.Cert.isEmpty() != s.Key.isEmpty() {
		return ErrNoPair
	}
	if s.Cert.isEmpty() {
		return nil
	}
	cert, err := s.Cert.read()
	if err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	key, err := s.Key.read()
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	if key, err = decrypt(key, s.Passphrase); err != nil {
		return fmt.Errorf("the key%s: %w", s.Key.where(), err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("the certificate%s and its key%s: %s", s.Cert.where(), s.Key.where(), strings.TrimPrefix(err.Error(), "tls: "))
	}
	m.certificate = &pair
	return nil
}

// loadPFX reads a certificate with its key from a PKCS #12 file. Certificates of
// authorities in it are sent with it, and are trusted, as in Node.js.
func (m *material) loadPFX(s *Settings) error {
	data, err := s.PFX.read()
	if err != nil {
		return fmt.Errorf("the PKCS #12 file: %w", err)
	}
	key, cert, more, err := pkcs12.DecodeChain(data, s.Passphrase)
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		err = errPassphrase
	}
	if err != nil {
		return fmt.Errorf("the PKCS #12 file%s: %w", s.PFX.where(), err)
	}
	m.certificate = &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	for _, c := range more {
		m.certificate.Certificate = append(m.certificate.Certificate, c.Raw)
		if c.IsCA {
			if m.authorities == nil {
				m.authorities = x509.NewCertPool()
			}
			m.authorities.AddCert(c)
		}
	}
	return nil
}

// read returns what is there.
func (o Origin) read() ([]byte, error) {
	if o.File != "" {
		return os.ReadFile(o.File)
	}
	return o.Data, nil
}

// where names the file in an error, with a space before it.
func (o Origin) where() string {
	if o.File == "" {
		return ""
	}
	return " " + o.File
}

var (
	errPassphrase   = errors.New("the passphrase is wrong")
	errNoPassphrase = errors.New("it is encrypted, and there is no passphrase")
)

// decrypt returns a PEM text whose key is not encrypted: as it is, or decrypted
// from PKCS #8 (RFC 5958) or from the older form with a DEK-Info header
// (RFC 1421).
func decrypt(text []byte, passphrase string) ([]byte, error) {
	rest := text
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return text, nil // X509KeyPair says what is missing
		}
		legacy := x509.IsEncryptedPEMBlock(block) //nolint:staticcheck // old keys are still about
		if !legacy && block.Type != "ENCRYPTED PRIVATE KEY" {
			continue
		}
		if passphrase == "" {
			return nil, errNoPassphrase
		}
		if legacy {
			der, err := x509.DecryptPEMBlock(block, []byte(passphrase)) //nolint:staticcheck // as above
			if err != nil {
				return nil, errPassphrase
			}
			return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
		}
		return decryptPKCS8(block.Bytes, passphrase)
	}
}

func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	key, _, err := pkcs8.ParsePrivateKey(der, []byte(passphrase))
	if err != nil {
		return nil, fmt.Errorf("it cannot be decrypted: %w", err)
	}
	if _, ok := key.(crypto.Signer); !ok {
		return nil, errors.New("it is no key to sign with")
	}
	if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Text returns a PEM text whose line ends may be written as \n, as in an
// environment variable.
func Text(s string) []byte {
	b := []byte(s)
	if !bytes.Contains(b, []byte("\n")) {
		b = bytes.ReplaceAll(b, []byte(`\n`), []byte("\n"))
	}
	return b
}
