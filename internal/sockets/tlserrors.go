package sockets

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// TLSFailed is the code of the errors of TLS.
const TLSFailed = "TLS_FAILED"

// ExplainTLS puts the error of a handshake into words: what the other end, or
// this one, did not like. nil stays nil.
func ExplainTLS(err error) *Error {
	if err == nil {
		return nil
	}
	return &Error{Code: TLSFailed, Text: "TLS handshake failed: " + tlsCause(err), Err: err}
}

// tlsAlert returns the error that one end of a TLS connection has told the other
// of. Since TLS 1.3 a client hears after the handshake only that its certificate
// was refused.
func tlsAlert(err error) (e *net.OpError, ok bool) {
	e, ok = errors.AsType[*net.OpError](err)
	return e, ok && (e.Op == "remote error" || e.Op == "local error")
}

func tlsCause(err error) string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalidity(invalid)
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate is signed by an unknown authority" + issuer(unknown.Cert)
	}
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		return tlsText(name)
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if strings.HasSuffix(record.Msg, "a TLS handshake") { // what the tls package says to the first record
			return "the peer does not speak TLS"
		}
		return record.Msg
	}
	if alert, ok := tlsAlert(err); ok && alert.Op == "remote error" {
		return "the peer refuses: " + tlsText(alert.Err)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "it took too long"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return "the peer has closed the connection"
	case errors.Is(err, syscall.ECONNRESET):
		return "the peer has reset the connection"
	}
	return tlsText(err)
}

// invalidity says in which way a certificate is not valid.
func invalidity(err x509.CertificateInvalidError) string {
	if err.Reason != x509.Expired || err.Cert == nil {
		return tlsText(err)
	}
	if now := time.Now(); now.Before(err.Cert.NotBefore) {
		return "the certificate is not valid before " + err.Cert.NotBefore.UTC().Format(time.RFC3339)
	}
	return "the certificate has expired on " + err.Cert.NotAfter.UTC().Format(time.RFC3339)
}

func issuer(c *x509.Certificate) string {
	if c == nil || c.Issuer.String() == "" {
		return ""
	}
	return " (" + c.Issuer.String() + ")"
}

// tlsText is an error's text without the name of the package.
func tlsText(err error) string {
	text := err.Error()
	for _, p := range []string{"tls: ", "x509: "} {
		text = strings.TrimPrefix(text, p)
	}
	return text
}
