package httprequest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/hashsum"
	"github.com/flowrun/flowrun/internal/headers"
	"github.com/flowrun/flowrun/internal/sockets"
)

// fill puts an answer into a message.
func (n *Node) fill(msg *flow.Message, a answer) {
	own := &flow.Object{}
	headers.Add(own, a.header)
	own.Set(hashsum.Header, hashsum.Of(own))
	msg.Set("statusCode", float64(a.status))
	msg.Set("headers", own)
	msg.Set("responseUrl", a.url)
	msg.Set("payload", n.payload(a))
	redirects := a.redirects
	if redirects == nil {
		redirects = flow.Array{}
	}
	msg.Set("redirectList", redirects)
	msg.Set("retry", 0.0)
	if lines := a.header.Values("Set-Cookie"); len(lines) > 0 {
		msg.Set("responseCookies", setCookies(lines))
	}
}

func (n *Node) payload(a answer) flow.Value {
	if n.config.Ret == "bin" {
		return flow.Buffer(a.body)
	}
	text := flow.DecodeUTF8(a.body)
	if n.config.Ret != "obj" {
		return text
	}
	if a.status == http.StatusNoContent {
		return &flow.Object{}
	}
	v, err := flow.ParseJSON(a.body)
	if err != nil {
		n.env.Warn(n.env.Text("httpin.errors.json-error", "JSON parse error"))
		return text
	}
	return v
}

// timedOut is the code of a request whose time was up.
const timedOut = "ETIMEDOUT"

// failureOf puts the error of a request into the words of got, which Node-RED
// asks with.
func failureOf(err error, r *request) *flow.Error {
	if known, ok := errors.AsType[*flow.Error](err); ok {
		return known
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &flow.Error{Name: "TimeoutError", Message: fmt.Sprintf("Timeout awaiting 'request' for %dms", r.timeout.Milliseconds()), Code: timedOut}
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	failure := &flow.Error{Name: "RequestError", Message: err.Error()}
	switch {
	case errors.Is(err, errLineEnd):
		failure.Message, failure.Code = errLineEnd.Error(), "HPE_CR_EXPECTED"
	case isTLS(err):
		explained := sockets.ExplainTLS(err)
		failure.Message, failure.Code = explained.Text, explained.Code
	default:
		if _, ok := errors.AsType[*net.OpError](err); !ok {
			break
		}
		operation, address := "connect", netip.AddrPort{}
		if op, ok := errors.AsType[*net.OpError](err); ok {
			if op.Op != "dial" {
				operation = op.Op
			} else if tcp, ok := op.Addr.(*net.TCPAddr); ok {
				address = tcp.AddrPort()
			}
		}
		explained := sockets.Explain(operation, err, address)
		failure.Message, failure.Code = explained.Text, explained.Code
	}
	if failure.Code == "" {
		failure.Code = "ERR_REQUEST"
	}
	return failure
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
