package httprequest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
)

// Codes of failures: of a request whose time was up, and got's for what has none.
const (
	timedOut  = "ETIMEDOUT"
	otherwise = "ERR_GOT_REQUEST_ERROR"
)

// failureOf puts the error of a request into the words of got, which Node-RED
// asks with.
func failureOf(err error, r *request) *flow.Error {
	if known, ok := errors.AsType[*flow.Error](err); ok {
		return known
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &flow.Error{Name: "TimeoutError", Message: fmt.Sprintf("Timeout awaiting 'request' for %dms", r.timeout.Milliseconds()), Code: timedOut}
	}
	text, code := explain(err)
	return &flow.Error{Name: "RequestError", Message: text, Code: code}
}

func explain(err error) (text, code string) {
	op, isOp := errors.AsType[*net.OpError](err)
	if isOp && op.Op == "proxyconnect" { // the http package's word for what keeps it from its proxy
		return explain(op.Err)
	}
	shaken, isShaken := errors.AsType[*sockets.Error](err)
	switch {
	case errors.Is(err, errLineEnd):
		return errLineEnd.Error(), "HPE_CR_EXPECTED"
	case isShaken:
		return shaken.Text, codeOfTLS(err)
	case isTLS(err):
		return sockets.ExplainTLS(err).Text, codeOfTLS(err)
	case isOp:
		operation, address := op.Op, netip.AddrPort{}
		if operation == "dial" {
			operation = "connect"
			if tcp, ok := op.Addr.(*net.TCPAddr); ok {
				address = tcp.AddrPort()
			}
		}
		explained := sockets.Explain(operation, err, address)
		return explained.Text, explained.Code
	case isHangUp(err):
		return "socket hang up", "ECONNRESET"
	}
	return err.Error(), otherwise
}

// isHangUp tells whether a server has closed the connection too early.
func isHangUp(err error) bool {
	// What the http package says, without exporting it, of a connection that it had
	// kept.
	const kept = "http: server closed idle connection"
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || err != nil && err.Error() == kept
}

func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

// codeOfTLS is the code that Node.js has for an error of TLS. What Go does not tell
// as exactly is TLS_FAILED.
func codeOfTLS(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "EPROTO"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "ERR_TLS_CERT_ALTNAME_INVALID"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		if invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore) {
			return "CERT_NOT_YET_VALID"
		}
		return "CERT_HAS_EXPIRED"
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return codeOfUnknown(err, unknown)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return "ECONNRESET"
	}
	return sockets.TLSFailed
}

// faultOfChain is what is wrong with the certificate of a server besides its name,
// nil if there is nothing. Go looks at the name first, Node.js last.
func faultOfChain(err error, secure tlsconf.Provider) error {
	_, isName := errors.AsType[x509.HostnameError](err)
	refused, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !isName || !ok {
		return nil
	}
	config, failed := secure.Client()
	if failed != nil {
		return nil
	}
	leaf, others := refused.UnverifiedCertificates[0], x509.NewCertPool()
	for _, c := range refused.UnverifiedCertificates[1:] {
		others.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: config.RootCAs, Intermediates: others}); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: refused.UnverifiedCertificates, Err: err}
	}
	return nil
}

// codeOfUnknown is the code for a certificate of an unknown authority. It depends on
// what came along with it, and how far up that leads.
func codeOfUnknown(err error, unknown x509.UnknownAuthorityError) string {
	chain := []*x509.Certificate{unknown.Cert}
	if all, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		chain = all.UnverifiedCertificates
	}
	if len(chain) == 0 || chain[0] == nil {
		return sockets.TLSFailed
	}
	leaf, top := chain[0], chain[0]
	for _, c := range chain[1:] {
		if bytes.Equal(c.RawSubject, top.RawIssuer) {
			top = c
		}
	}
	switch isOwn := bytes.Equal(top.RawIssuer, top.RawSubject); {
	case isOwn && top == leaf:
		return "DEPTH_ZERO_SELF_SIGNED_CERT"
	case isOwn:
		return "SELF_SIGNED_CERT_IN_CHAIN"
	case top == leaf:
		return "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
	}
	return "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
}
