package sockets

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/net/proxy"

	"github.com/flowrun/flowrun/flow"
)

// Proxy is a server that connects on behalf of its clients: with SOCKS5 (RFC
// 1928), or HTTP's CONNECT (RFC 9110, 9.3.6). A name is looked up by the proxy.
type Proxy struct {
	url      *url.URL
	target   Target
	user     string
	password string
}

// ParseProxy reads socks5://host:port or http://host:port, perhaps with
// user:password@; user and password replace those if they are not empty. It is
// nil for an empty address. The error is a *[flow.ConfigError] that does not give
// a password away.
func ParseProxy(address, user, password string) (*Proxy, error) {
	if address == "" {
		return nil, nil
	}
	bad := &flow.ConfigError{Property: "proxy", Reason: "expected socks5://host:port or http://host:port"}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "socks5" && u.Scheme != "http" || u.Hostname() == "" {
		return nil, bad
	}
	p := &Proxy{url: u, target: Target{Host: u.Hostname(), Port: 1080}, user: user, password: password}
	if u.Scheme == "http" {
		p.target.Port = 80
	}
	if text := u.Port(); text != "" {
		if p.target.Port, err = strconv.Atoi(text); err != nil || CheckPort("", p.target.Port, 1) != nil {
			return nil, bad
		}
	}
	if u.User != nil && user == "" {
		p.user = u.User.Username()
		p.password, _ = u.User.Password()
	}
	return p, nil
}

// dial connects to the target through the proxy. prefix is what the target has
// said already.
func (p *Proxy) dial(ctx context.Context, d Dialing, t Target) (conn net.Conn, prefix []byte, err error) {
	if p.url.Scheme == "socks5" {
		conn, err = p.socks(ctx, d, t)
	} else {
		conn, prefix, err = p.connect(ctx, d, t)
	}
	if err != nil && ctx.Err() == nil {
		if cause, ok := errors.AsType[*Error](err); ok { // the proxy itself is not there
			return nil, nil, &Error{Code: cause.Code, Text: "proxy: " + cause.Text, Err: err}
		}
		return nil, nil, &Error{Code: "EPROXY", Text: fmt.Sprintf("proxy %s:%d: %v", p.target.Host, p.target.Port, err), Err: err}
	}
	return conn, prefix, err
}

func (p *Proxy) socks(ctx context.Context, d Dialing, t Target) (net.Conn, error) {
	var auth *proxy.Auth
	if p.user != "" {
		auth = &proxy.Auth{User: p.user, Password: p.password}
	}
	f := &forward{proxy: p, with: d}
	s, err := proxy.SOCKS5("tcp", p.target.address(), auth, f)
	if err != nil {
		return nil, err
	}
	client, ok := s.(proxy.ContextDialer)
	if !ok {
		return nil, errors.New("the SOCKS client knows no contexts")
	}
	if _, err := client.DialContext(ctx, "tcp", t.address()); err != nil {
		return nil, err
	}
	return f.conn, nil // not the client's wrapper: sessions want sockets
}

// forward connects the SOCKS client with the proxy.
type forward struct {
	proxy *Proxy
	with  Dialing
	conn  net.Conn
}

func (f *forward) Dial(network, address string) (net.Conn, error) {
	return f.DialContext(context.Background(), network, address)
}

func (f *forward) DialContext(ctx context.Context, _, _ string) (conn net.Conn, err error) {
	f.conn, err = f.with.dialHost(ctx, f.proxy.target)
	return f.conn, err
}

func (p *Proxy) connect(ctx context.Context, d Dialing, t Target) (net.Conn, []byte, error) {
	conn, err := d.dialHost(ctx, p.target)
	if err != nil {
		return nil, nil, err
	}
	prefix, err := p.ask(ctx, conn, t)
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, prefix, nil
}

// ask has an HTTP proxy connect with the target, and returns what that has said
// already.
func (p *Proxy) ask(ctx context.Context, conn net.Conn, t Target) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: t.address()}, Host: t.address(), Header: http.Header{}}
	if p.user != "" {
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password)))
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New(answer.Status)
	}
	if !stop() {
		return nil, ctx.Err()
	}
	return r.Peek(r.Buffered())
}

func (t Target) address() string { return net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) }
