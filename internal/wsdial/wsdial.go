// Package wsdial connects to WebSocket servers, through the proxy that the
// environment names if there is one.
package wsdial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpproxy"

	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
)

// Options are what a connection is to be like.
type Options struct {
	TLS          tlsconf.Provider // nil is the default
	Header       http.Header      // of the request
	Host         string           // the request's host, if it is not that of the address
	Subprotocols []string         // to offer
}

// Dial connects to an address, ws://… or wss://…, and returns with the connection
// the socket that it uses. An error does not tell the address: there may be secrets
// in it.
func Dial(ctx context.Context, address string, o Options) (*websocket.Conn, net.Conn, error) {
	var socket atomic.Pointer[net.Conn] // an attempt that was given up may still set it
	// The context is that of Dial, which ends with it: the http package would have
	// an attempt go on for the next request.
	dial := func(secure bool) func(context.Context, string, string) (net.Conn, error) {
		return func(_ context.Context, _, address string) (net.Conn, error) {
			conn, err := connect(ctx, address, secure)
			if err != nil {
				return nil, err
			}
			socket.Store(&conn)
			if !secure {
				return conn, nil
			}
			return shakeHands(ctx, conn, o.TLS, address)
		}
	}
	transport := &http.Transport{
		DisableKeepAlives: true, // else a server that refuses leaves a connection behind
		DialContext:       dial(false),
		DialTLSContext:    dial(true),
	}
	defer transport.CloseIdleConnections()
	ws, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
		HTTPHeader: o.Header, Host: o.Host, Subprotocols: o.Subprotocols,
	})
	if err != nil {
		return nil, nil, explain(err)
	}
	return ws, *socket.Load(), nil
}

// explain leaves the address out of an error, and puts what the network says into
// Node.js' words.
func explain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := sockets.InWords(err); ok {
		return e
	}
	if errors.Is(err, io.EOF) {
		return errors.New("socket hang up")
	}
	return err
}

// shakeHands makes TLS of a connection to an address.
func shakeHands(ctx context.Context, conn net.Conn, p tlsconf.Provider, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return tlsconf.Connect(ctx, conn, nil, p, host)
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
	port, err := strconv.ParseUint(target.Port(), 10, 16)
	if err != nil {
		return nil, fmt.Errorf("there is no port %s", target.Port())
	}
	route := sockets.Route{
		Dialing: sockets.Dialing{Options: sockets.WatchedOptions()},
		Targets: []sockets.Target{{Host: target.Hostname(), Port: int(port)}},
	}
	if proxy != nil {
		if route.Proxy, err = sockets.ParseProxy(proxy.String(), "", ""); err != nil {
			return nil, err
		}
	}
	conn, _, _, err := route.Dial(ctx, 0) // the server says nothing before it is asked
	return conn, err
}
