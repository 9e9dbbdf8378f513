package tcpserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/pires/go-proxyproto"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/access"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// The values of the property proxyProtocol.
const (
	proxyOff      = "off"
	proxyOptional = "optional"
	proxyRequired = "required"
)

// proxy says which proxies are asked who their clients are, by the PROXY protocol
// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
type proxy struct {
	mode    string
	trusted *access.List
}

func parseProxy(mode string, trusted flow.Value) (proxy, error) {
	list, err := access.ParseList(trusted)
	if err != nil {
		return proxy{}, &flow.ConfigError{Property: "proxyTrusted", Reason: err.Error()}
	}
	switch mode {
	case proxyOff:
	case proxyOptional, proxyRequired:
		if list.IsEmpty() {
			return proxy{}, &flow.ConfigError{Property: "proxyTrusted", Reason: "name the proxies that are believed, such as 10.0.0.0/8; 0.0.0.0/0 and ::/0 are everybody"}
		}
	default:
		return proxy{}, &flow.ConfigError{Property: "proxyProtocol", Reason: "expected off, optional or required, got " + mode}
	}
	return proxy{mode, list}, nil
}

// asks tells whether a header may come in front of a connection. One that must
// come is asked for also where the peer is not trusted: read refuses it then.
func (p proxy) asks(peer net.Addr) bool {
	switch p.mode {
	case proxyOptional:
		return p.trusts(peer)
	case proxyRequired:
		return true
	}
	return false
}

// trusts tells whether a peer is believed; those of a Unix socket are.
func (p proxy) trusts(peer net.Addr) bool {
	a := address(peer)
	return !a.IsValid() || p.trusted.Contains(a)
}

// read reads the header, and sets the ends of the connection that it tells of.
// What comes after the header, or without one, is the stream's prefix. A header
// that is not required may be missing: a peer that is silent for as long as the
// patience lasts has none. The connection is closed when the context ends.
func (p proxy) read(ctx context.Context, s *session.Stream, patience time.Duration) *sockets.Error {
	if !p.trusts(s.Conn.RemoteAddr()) {
		return failed("the peer is not in proxyTrusted", nil)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Conn.Close() })
	defer stop()
	_ = s.Conn.SetReadDeadline(time.Now().Add(patience))
	defer func() { _ = s.Conn.SetReadDeadline(time.Time{}) }()
	in := bufio.NewReaderSize(s.Conn, 256)
	defer func() { s.Prefix, _ = in.Peek(in.Buffered()) }()
	switch begins, err := begins(in); {
	case begins:
	case p.mode == proxyOptional && (err == nil || late(err) && in.Buffered() == 0):
		return nil
	case late(err):
		return failed("no header came in time", err)
	default:
		return failed("there is no header", err)
	}
	h, err := proxyproto.Read(in)
	switch {
	case late(err):
		return failed("no header came in time", err)
	case err != nil:
		return failed(strings.TrimPrefix(err.Error(), "proxyproto: "), err)
	case !h.Command.IsLocal(): // else the proxy itself looks whether we are there
		s.Remote, s.Local = tcp(h.SourceAddr), tcp(h.DestinationAddr)
	}
	return nil
}

// maxVersion1 is the length of the longest header of version 1.
const maxVersion1 = 107

// begins waits for the beginning of a header: the signature of version 2, or all
// of a header of version 1, which the library wants to see in one piece. It
// returns false as soon as something else comes.
func begins(in *bufio.Reader) (bool, error) {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case bytes.HasPrefix(b, proxyproto.SIGV1):
			if b[n-1] == '\n' || n == maxVersion1 {
				return true, nil
			}
		case bytes.HasPrefix(proxyproto.SIGV2, b):
			if n == len(proxyproto.SIGV2) {
				return true, nil
			}
		case !bytes.HasPrefix(proxyproto.SIGV1, b):
			return false, nil
		}
	}
}

func late(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

func failed(why string, err error) *sockets.Error {
	return &sockets.Error{Code: "PROXY_FAILED", Text: "PROXY protocol: " + why, Err: err}
}

// tcp returns an end of a connection of TCP, nil for any other.
func tcp(a net.Addr) net.Addr {
	if a, ok := a.(*net.TCPAddr); ok && a != nil {
		return a
	}
	return nil
}
