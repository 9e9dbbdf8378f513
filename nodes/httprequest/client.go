package httprequest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
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
	config := &tls.Config{InsecureSkipVerify: insecure, MinVersion: tls.VersionTLS12} //nolint:gosec // the flow's author asks for it
	if c.secure != nil {
		var err error
		if config, err = c.secure.Client(); err != nil {
			return nil, err
		}
	}
	idle := idleTime
	if c.config.Persist {
		idle = persistTime
	}
	t := &http.Transport{
		Proxy:                 func(r *http.Request) (*url.URL, error) { return c.proxy().For(r.URL) },
		DialContext:           c.dial,
		TLSClientConfig:       config,
		TLSNextProto:          map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1, as in Node-RED
		DisableCompression:    true,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       idle,
		ExpectContinueTimeout: time.Second,
	}
	if c.secure != nil {
		t.DialTLSContext = c.dialTLS
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

// dialTLS connects to a server as the tls-config node says. It is not asked for
// connections through a proxy.
func (c *client) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	secured, err := tlsconf.Connect(ctx, conn, nil, c.secure, host)
	if err != nil {
		return nil, err
	}
	return newWire(secured, c.config.Lenient), nil
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
	sender := &http.Client{Transport: t, Jar: jar, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if !r.follow {
			return http.ErrUseLastResponse
		}
		a.redirects = append(a.redirects, redirectOf(next.Response))
		if len(via) > maxRedirects-1 {
			return errRedirects
		}
		r.keepSecrets(next, via)
		return nil
	}}
	response, err := c.send(ctx, sender, r)
	if err != nil {
		a.err = err
		return a
	}
	defer func() { _ = response.Body.Close() }()
	a.status, a.header, a.url = response.StatusCode, response.Header, addressOf(response.Request.URL)
	limit := int64(c.config.MaxSize)
	a.body, a.err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	if a.err == nil && int64(len(a.body)) > limit {
		a.err = errTooLarge
	}
	return a
}

// send sends the request, and once more with what a server asks for that wants to
// know who it is.
func (c *client) send(ctx context.Context, sender *http.Client, r *request) (*http.Response, error) {
	response, err := c.sendOnce(ctx, sender, r, "")
	if err != nil || r.digest == nil {
		return response, err
	}
	var challenge *challenge
	for _, variant := range []bool{false, true} {
		if response.StatusCode != http.StatusUnauthorized {
			break
		}
		if again := parseChallenge(response.Header.Values("WWW-Authenticate")); again != nil {
			challenge = again
		}
		if challenge == nil || variant && !challenge.isSHA512() {
			break
		}
		authorization := challenge.answer(*r.digest, response.Request, variant)
		_ = response.Body.Close()
		if response, err = c.sendOnce(ctx, sender, r, authorization); err != nil {
			return nil, err
		}
	}
	return response, nil
}

func (c *client) sendOnce(ctx context.Context, sender *http.Client, r *request, authorization string) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	asked, err := http.NewRequestWithContext(ctx, r.method, r.target.String(), body)
	if err != nil {
		return nil, err
	}
	asked.Header = r.header.Clone()
	if host := asked.Header.Get("Host"); host != "" {
		asked.Host = host
	}
	if authorization != "" {
		remove(asked.Header, "Authorization")
		asked.Header.Set("Authorization", authorization)
	}
	return sender.Do(asked)
}

func addressOf(u *url.URL) string {
	if u.Path == "" {
		with := *u
		with.Path = "/"
		return with.String()
	}
	return u.String()
}
