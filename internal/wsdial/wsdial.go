// Package wsdial connects to WebSocket servers, through the proxy that the
// environment names if there is one.
package wsdial

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

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpproxy"

	"github.com/flowrun/flowrun/internal/sockets"
)

// Options are what a connection is to be like.
type Options struct {
	TLS          *tls.Config // nil is the default
	Header       http.Header // of the request
	Host         string      // the request's host, if it is not that of the address
	Subprotocols []string    // to offer
}

// Dial connects to an address, ws://… or wss://…, and returns with the connection
// the socket that it uses. An error does not tell the address: there may be secrets
// in it.
func Dial(ctx context.Context, address string, o Options) (*websocket.Conn, net.Conn, error) {
	secure := strings.HasPrefix(address, "wss:")
	var socket atomic.Pointer[net.Conn] // an attempt that was given up may still set it
	transport := &http.Transport{
		TLSClientConfig:   o.TLS,
		DisableKeepAlives: true, // else a server that refuses leaves a connection behind
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := connect(ctx, address, secure)
			if err == nil {
				socket.Store(&conn)
			}
			return conn, err
		},
	}
	defer transport.CloseIdleConnections()
	ws, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
		HTTPHeader: o.Header, Host: o.Host, Subprotocols: o.Subprotocols,
	})
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, nil, err
	}
	return ws, *socket.Load(), nil
}

// connect connects to a server, or has a proxy do so (RFC 6455, section 4.1,
// step 3), also without TLS: most HTTP proxies would not upgrade.
func connect(ctx context.Context, address string, secure bool) (net.Conn, error) {
	target := &url.URL{Scheme: "http", Host: address}
	if secure {
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
