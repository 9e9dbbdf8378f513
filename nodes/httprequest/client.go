package httprequest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/internal/webproxy"
)

// How long an idle connection is kept: as long as Node.js' own agent does, or
// with persist for long.
const (
	idleTime    = 4 * time.Second
	persistTime = 90 * time.Second
)

// client sends requests, over connections that it keeps.
type client struct {
	config Config
	secure tlsconf.Provider // nil without a tls-config node
	proxy  func() webproxy.Settings

	mu         sync.Mutex
	transports map[bool]*http.Transport // by whether any certificate will do
}

func newClient(c Config, secure tlsconf.Provider, proxy func() webproxy.Settings) *client {
	return &client{config: c, secure: secure, proxy: proxy, transports: map[bool]*http.Transport{}}
}

// transport returns the one that takes any certificate, or that does not.
func (c *client) transport(insecure bool) (*http.Transport, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.transports[insecure]; t != nil {
		return t, nil
	}
	secure := c.secure
	if secure == nil {
		secure = tlsconf.NewSource(tlsconf.Settings{Insecure: insecure})
	}
	config, err := secure.Client()
	if err != nil {
		return nil, err
	}
	idle := idleTime
	if c.config.Persist {
		idle = persistTime
	}
	t := &http.Transport{
		Proxy:       func(r *http.Request) (*url.URL, error) { return c.proxy().For(r.URL) },
		DialContext: c.dial,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return c.dialTLS(ctx, network, address, secure)
		},
		TLSClientConfig:        config,                                                 // behind a proxy
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1, as in Node-RED
		DisableCompression:     true,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        idle,
		ExpectContinueTimeout:  time.Second,
		OnProxyConnectResponse: checkProxy,
	}
	c.transports[insecure] = t
	return t, nil
}

// dial connects to a server, or to a proxy.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newWire(conn, c.config.Lenient), nil
}

// handshakeTime bounds an attempt to connect with TLS: the http package lets it go
// on when the request has ended, for the next one.
const handshakeTime = 2 * time.Minute

// dialTLS connects to a server with TLS. It is not asked for connections through a
// proxy.
func (c *client) dialTLS(ctx context.Context, network, address string, secure tlsconf.Provider) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	secured, err := tlsconf.Connect(ctx, conn, nil, secure, host)
	if err != nil {
		if fault := faultOfChain(err, secure); fault != nil {
			err = fault
		}
		return nil, err
	}
	return newWire(secured, c.config.Lenient), nil
}

// checkProxy looks at the answer of a proxy that is to make a tunnel.
func checkProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &flow.Error{Name: "RequestError", Message: "the proxy at " + proxy.Host + " refuses: " + answer.Status, Code: otherwise}
}

func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

// answer is what came of a request.
type answer struct {
	status    int
	header    http.Header
	url       string // where it came from
	body      []byte
	redirects flow.Array
	err       error
}

// How a request may fail that the http package does not know of.
var (
	errTooLarge  = &flow.Error{Name: "RequestError", Message: "the answer is too large", Code: "ERR_BODY_TOO_LARGE"}
	errAborted   = &flow.Error{Name: "ReadError", Message: "The server aborted pending request", Code: "ECONNRESET"}                 // got's words
	errRedirects = &flow.Error{Name: "MaxRedirectsError", Message: "Redirected 21 times. Aborting.", Code: "ERR_TOO_MANY_REDIRECTS"} // got's words
)

// do sends a request and waits for the answer, also that of where it leads.
func (c *client) do(ctx context.Context, r *request) (a answer) {
	ctx, cancel := context.WithTimeout(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: begin}), r.timeout)
	defer cancel()
	t, err := c.transport(r.insecure)
	if err != nil {
		return answer{err: err}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return answer{err: err}
	}
	jar.SetCookies(r.target, r.cookies)
	way := &trip{request: r, over: t, jar: jar}
	response, err := way.send(ctx)
	a.redirects = way.redirects
	if err != nil {
		a.err = err
		return a
	}
	defer func() { _ = response.Body.Close() }()
	a.status, a.header, a.url = response.StatusCode, response.Header, addressOf(response.Request.URL)
	if len(response.TransferEncoding) > 0 { // the http package takes both out of the headers
		a.header.Set("Transfer-Encoding", strings.Join(response.TransferEncoding, ", "))
	}
	if response.Close && response.ProtoAtLeast(1, 1) { // else it goes without saying
		a.header.Set("Connection", "close")
	}
	limit := int64(c.config.MaxSize)
	a.body, a.err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case isHangUp(a.err):
		a.err = errAborted
	case a.err == nil && int64(len(a.body)) > limit:
		a.err = errTooLarge
	}
	return a
}
