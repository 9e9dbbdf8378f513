package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpproxy"

	"github.com/flowrun/flowrun/internal/sockets"
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
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := n.connectTo(ctx, address)
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
// step 3), also without TLS: most HTTP proxies would not upgrade.
func (n *client) connectTo(ctx context.Context, address string) (net.Conn, error) {
	target := &url.URL{Scheme: "http", Host: address}
	if strings.HasPrefix(n.config.Path, "wss:") {
		target.Scheme = "https"
	}
	proxy, err := httpproxy.FromEnvironment().ProxyFunc()(target) // the environment as it is now
	if err != nil {
		return nil, err
	}
	if proxy == nil {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "tcp", address)
	}
	port, err := strconv.Atoi(target.Port())
	if err != nil {
		return nil, err
	}
	options := sockets.DefaultOptions()
	options.KeepAlive = true // as net.Dialer has it
	route := sockets.Route{Dialing: sockets.Dialing{Options: options}, Targets: []sockets.Target{{Host: target.Hostname(), Port: port}}}
	if route.Proxy, err = sockets.ParseProxy(proxy.String(), "", ""); err != nil {
		return nil, err
	}
	conn, _, _, err := route.Dial(ctx, 0) // the server says nothing before it is asked
	return conn, err
}
