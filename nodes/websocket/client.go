package websocket

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/backoff"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/internal/websockets"
)

// ClientConfig is the configuration of a websocket-client.
type ClientConfig struct {
	Path        string   `json:"path" doc:"URL to connect to, ws://… or wss://…"`
	TLS         string   `json:"tls" doc:"id of the tls-config node to use for wss"`
	Subprotocol string   `json:"subprotocol" doc:"subprotocols to offer, with commas between them"`
	Headers     []Header `json:"headers" doc:"headers to send when connecting, a list of {keyType, keyValue, valueType, valueValue}: the type is the name or value itself, or other for what the second has; a value of type env is the variable that valueValue names"`
	websockets.Options
	Reconnect    float64 `json:"reconnect" doc:"seconds from the end of a connection, or an attempt, to the next attempt"`
	ReconnectMax float64 `json:"reconnectMax" doc:"if more than reconnect: the time doubles with each attempt up to these seconds, half of it at random"`
}

// Header is a header as the editor writes it.
type Header struct {
	KeyType    string `json:"keyType"`
	KeyValue   string `json:"keyValue"`
	ValueType  string `json:"valueType"`
	ValueValue string `json:"valueValue"`
}

// Client is the node type websocket-client.
var Client = flow.Define(flow.Spec[ClientConfig]{
	Name: "websocket-client", Category: "config",
	Summary: "Connects to a WebSocket server, again and again.",
	Notes: "It connects when the first node uses it. For wss the proxy that the variable HTTPS_PROXY names is used, for ws that of HTTP_PROXY, except for the hosts in NO_PROXY. " +
		"A deploy that leaves this node alone keeps its connection.",
	Default: func() ClientConfig {
		return ClientConfig{Options: websockets.DefaultOptions(), Headers: []Header{}, Reconnect: 3}
	},
	New: newClient,
})

type client struct {
	config  ClientConfig
	env     flow.Env
	hub     *websockets.Hub
	headers http.Header
	host    string           // the header of this name, which is not among headers
	tls     tlsconf.Provider // may be nil
	shown   string           // the address for the log, without what may be secret in it

	cancel  context.CancelFunc // ends attempts to connect
	running sync.WaitGroup
}

func newClient(c ClientConfig, env flow.Env) (flow.Node, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Reconnect <= 0 {
		return nil, &flow.ConfigError{Property: "reconnect", Reason: "must be more than 0 seconds"}
	}
	c.Path = flow.TrimSpace(c.Path)
	u, err := url.Parse(c.Path)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, &flow.ConfigError{Property: "path", Reason: "must be a URL such as ws://host/path or wss://host/path", Hint: "so the node does nothing; give it one", Idle: true}
	}
	n := &client{config: c, env: env, hub: websockets.NewClient(env, c.Options), shown: u.Scheme + "://" + u.Host + u.EscapedPath()}
	if n.tls, err = tlsconf.Lookup(env, c.TLS); err != nil {
		return nil, err
	}
	n.setHeaders()
	return n, nil
}

// setHeaders works out the headers to send.
func (n *client) setHeaders() {
	n.headers = http.Header{}
	for _, h := range n.config.Headers {
		name, value := h.KeyType, h.ValueType
		if name == "other" {
			name = h.KeyValue
		}
		switch value {
		case "other":
			value = h.ValueValue
		case "env":
			v, _ := n.env.Getenv(h.ValueValue)
			value = ""
			if v != nil {
				value = flow.Text(v)
			}
		}
		switch {
		case name == "" || value == "":
		case strings.EqualFold(name, "Host"):
			n.host = value
		default:
			n.headers.Set(name, value)
		}
	}
}

// Hub implements [websockets.Endpoint].
func (n *client) Hub() *websockets.Hub { return n.hub }

// Handle does nothing: the node has no input.
func (n *client) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start connects as soon as a node uses the connection.
func (n *client) Start(context.Context) error {
	var ctx context.Context
	ctx, n.cancel = context.WithCancel(context.Background())
	n.running.Go(func() { n.connect(ctx) })
	n.hub.Start()
	return nil
}

// Drain hands out nothing more that comes in.
func (n *client) Drain() { n.hub.Drain() }

// Stop closes the connection, for good.
func (n *client) Stop(context.Context, flow.StopReason) error {
	if n.cancel != nil {
		n.cancel()
	}
	n.hub.Stop(websocket.StatusNormalClosure)
	n.running.Wait()
	return nil
}

// connect keeps a connection open until the context ends.
func (n *client) connect(ctx context.Context) {
	select {
	case <-n.hub.Used():
	case <-ctx.Done():
		return
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	delays := backoff.Delays{First: seconds(n.config.Reconnect), Max: seconds(n.config.ReconnectMax)}
	failing := false // since the last connection, and the log says so
	for ctx.Err() == nil {
		ws, socket, err := n.dial(ctx)
		switch {
		case ctx.Err() != nil:
			if ws != nil {
				_ = ws.CloseNow() // nobody wants it any more
			}
		case err != nil:
			n.hub.Failed(fmt.Errorf("%s: %w", n.shown, err), failing)
			failing = true
		default:
			failing = false
			delays.Reset()
			n.hub.Expect(socket)(ws)
		}
		backoff.Wait(ctx, delays.Next())
	}
}

// subprotocols returns those of a list with commas.
func subprotocols(list string) (names []string) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
