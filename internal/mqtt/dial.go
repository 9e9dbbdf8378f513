package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/wsdial"
)

// Dialler returns how to connect to an address: mqtt:// or tcp://, mqtts://,
// ssl:// or tls://, ws:// or wss://. config makes the configuration of a TLS
// connection; nil is the default.
func Dialler(address string, config func() (*tls.Config, error)) (func(context.Context) (net.Conn, error), error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the address of the broker: %w", errors.Unwrap(err))
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("the address of the broker %q has no host", address)
	}
	if config == nil {
		config = func() (*tls.Config, error) { return &tls.Config{MinVersion: tls.VersionTLS12}, nil }
	}
	switch u.Scheme {
	case "mqtt", "tcp":
		return func(ctx context.Context) (net.Conn, error) {
			return dialTCP(ctx, u, "1883")
		}, nil
	case "mqtts", "ssl", "tls":
		return func(ctx context.Context) (net.Conn, error) { return dialTLS(ctx, u, config) }, nil
	case "ws", "wss":
		return func(ctx context.Context) (net.Conn, error) { return dialWebSocket(ctx, u, config) }, nil
	}
	return nil, fmt.Errorf("the address of the broker begins with %s://, expected mqtt, mqtts, ws or wss", u.Scheme)
}

func dialTCP(ctx context.Context, u *url.URL, port string) (net.Conn, error) {
	if u.Port() != "" {
		port = u.Port()
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
}

func dialTLS(ctx context.Context, u *url.URL, config func() (*tls.Config, error)) (net.Conn, error) {
	c, err := config()
	if err != nil {
		return nil, err
	}
	if c.ServerName == "" {
		c.ServerName = u.Hostname()
	}
	raw, err := dialTCP(ctx, u, "8883")
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, c)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, sockets.ExplainTLS(err)
	}
	return conn, nil
}

// dialWebSocket opens a WebSocket that carries MQTT (section 6 of the standard).
func dialWebSocket(ctx context.Context, u *url.URL, config func() (*tls.Config, error)) (net.Conn, error) {
	c, err := config()
	if err != nil {
		return nil, err
	}
	c.NextProtos = []string{"http/1.1"}
	plain := *u
	plain.User = nil
	header := http.Header{}
	if u.User != nil {
		password, _ := u.User.Password()
		r := http.Request{Header: header}
		r.SetBasicAuth(u.User.Username(), password)
	}
	ws, _, err := wsdial.Dial(ctx, plain.String(), wsdial.Options{TLS: c, Header: header, Subprotocols: []string{"mqtt"}})
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "failed to WebSocket dial: "))
	}
	ws.SetReadLimit(-1)
	return websocket.NetConn(context.Background(), ws, websocket.MessageBinary), nil
}
