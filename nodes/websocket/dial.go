package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpproxy"
)

// connectTime is how long an attempt to connect may take.
const connectTime = 30 * time.Second

// dial makes a connection, and returns with it the socket that it uses.
func (n *client) dial(ctx context.Context) (*websocket.Conn, net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	var config *tls.Config
	if n.tls != nil {
		var err error
		if config, err = n.tls.Client(); err != nil {
			return nil, nil, err
		}
	}
	var socket atomic.Pointer[net.Conn] // an attempt that was given up may still set it
	transport := &http.Transport{
		TLSClientConfig:   config,
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.connectTo(ctx, network, address)
			if err == nil {
				socket.Store(&conn)
			}
			return conn, err
		},
	}
	defer transport.CloseIdleConnections()
	ws, _, err := websocket.Dial(ctx, n.config.Path, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
		HTTPHeader: n.headers, Host: n.host,
		Subprotocols: subprotocols(n.config.Subprotocol),
	})
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL: there may be secrets in it
		}
		return nil, nil, err
	}
	return ws, *socket.Load(), nil
}

// connectTo connects to a server, or has a proxy do so (RFC 6455, section 4.1,
// step 3): by CONNECT also without TLS, most proxies would not upgrade.
func (n *client) connectTo(ctx context.Context, network, address string) (net.Conn, error) {
	target := &url.URL{Scheme: "http", Host: address}
	if strings.HasPrefix(n.config.Path, "wss:") {
		target.Scheme = "https"
	}
	proxy, err := httpproxy.FromEnvironment().ProxyFunc()(target) // the environment as it is now
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	if proxy == nil {
		return dialer.DialContext(ctx, network, address)
	}
	if proxy.Scheme != "http" {
		return nil, fmt.Errorf("proxy %s: only http://host:port is possible", proxy.Redacted())
	}
	at := proxy.Host
	if proxy.Port() == "" {
		at = net.JoinHostPort(proxy.Hostname(), "80")
	}
	conn, err := dialer.DialContext(ctx, network, at)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := tunnel(ctx, conn, proxy.User, address); err != nil {
		return nil, errors.Join(fmt.Errorf("proxy %s: %w", at, err), conn.Close())
	}
	return conn, nil
}

// tunnel has a proxy connect to an address (RFC 9110, section 9.3.6).
func tunnel(ctx context.Context, proxy net.Conn, user *url.Userinfo, address string) error {
	defer context.AfterFunc(ctx, func() { _ = proxy.SetDeadline(time.Unix(1, 0)) })()
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		r.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := r.Write(proxy); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(proxy), r) // nothing comes after it: the server waits for us
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
