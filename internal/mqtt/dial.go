package mqtt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/internal/wsdial"
)

// Dialler returns how to connect to an address: mqtt:// or tcp://, mqtts://,
// ssl:// or tls://, ws:// or wss://. p is for the TLS connections; nil is the
// default.
func Dialler(address string, p tlsconf.Provider) (func(context.Context) (net.Conn, error), error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the address of the broker: %w", errors.Unwrap(err))
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("the address of the broker %q has no host", address)
	}
	if _, err := strconv.ParseUint(cmp.Or(u.Port(), "0"), 10, 16); err != nil {
		return nil, fmt.Errorf("the address of the broker %q has no port that there is", address)
	}
	switch u.Scheme {
	case "mqtt", "tcp":
		return func(ctx context.Context) (net.Conn, error) {
			return dialTCP(ctx, u, 1883)
		}, nil
	case "mqtts", "ssl", "tls":
		return func(ctx context.Context) (net.Conn, error) { return dialTLS(ctx, u, p) }, nil
	case "ws", "wss":
		return func(ctx context.Context) (net.Conn, error) { return dialWebSocket(ctx, u, p) }, nil
	}
	return nil, fmt.Errorf("the address of the broker begins with %s://, expected mqtt, mqtts, ws or wss", u.Scheme)
}

func dialTCP(ctx context.Context, u *url.URL, port int) (net.Conn, error) {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		port = n
	}
	d := sockets.Dialing{Options: sockets.WatchedOptions()}
	return d.Dial(ctx, sockets.Target{Host: u.Hostname(), Port: port})
}

func dialTLS(ctx context.Context, u *url.URL, p tlsconf.Provider) (net.Conn, error) {
	raw, err := dialTCP(ctx, u, 8883)
	if err != nil {
		return nil, err
	}
	return tlsconf.Connect(ctx, raw, nil, p, u.Hostname())
}

// dialWebSocket opens a WebSocket that carries MQTT (section 6 of the standard).
func dialWebSocket(ctx context.Context, u *url.URL, p tlsconf.Provider) (net.Conn, error) {
	plain := *u
	plain.User = nil
	header := http.Header{}
	if u.User != nil {
		password, _ := u.User.Password()
		r := http.Request{Header: header}
		r.SetBasicAuth(u.User.Username(), password)
	}
	ws, _, err := wsdial.Dial(ctx, plain.String(), wsdial.Options{TLS: p, Header: header, Subprotocols: []string{"mqtt"}})
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "failed to WebSocket dial: "))
	}
	ws.SetReadLimit(-1)
	return websocket.NetConn(context.Background(), ws, websocket.MessageBinary), nil
}
