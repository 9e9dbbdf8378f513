package websocket

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/webroutes"
	"github.com/flowrun/flowrun/internal/websockets"
)

// ListenerConfig is the configuration of a websocket-listener.
type ListenerConfig struct {
	Path string `json:"path" doc:"path at which clients connect, exactly as it is here"`
	websockets.Options
	Origins []string `json:"origins" doc:"hosts whose pages may connect in a browser, such as *.example.com; the server's own always may. An empty list lets all"`
}

// Listener returns the node type websocket-listener, whose clients come by way
// of the table; nil if nothing serves HTTP.
func Listener(routes *webroutes.Table) flow.Type {
	return flow.Define(flow.Spec[ListenerConfig]{
		Name: "websocket-listener", Category: "config",
		Summary:     "Lets clients connect by WebSocket.",
		Notes:       "Of the subprotocols that a client offers, the first is agreed on. A deploy that leaves this node alone keeps its connections.",
		Differences: []string{"A client that asks for a path which no listener has is told so, with the status 404."},
		Default: func() ListenerConfig {
			return ListenerConfig{Options: websockets.DefaultOptions(), Origins: []string{}}
		},
		New: func(c ListenerConfig, env flow.Env) (flow.Node, error) {
			if err := c.Check(); err != nil {
				return nil, err
			}
			return &listener{config: c, env: env, routes: routes, hub: websockets.NewServer(env, c.Options)}, nil
		},
	})
}

type listener struct {
	config ListenerConfig
	env    flow.Env
	routes *webroutes.Table
	hub    *websockets.Hub
}

// Hub implements [websockets.Endpoint].
func (n *listener) Hub() *websockets.Hub { return n.hub }

// Handle does nothing: the node has no input.
func (n *listener) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start serves the path. It is an error if another node does already.
func (n *listener) Start(context.Context) error {
	if n.routes == nil {
		return errors.New("nothing serves HTTP: there is neither an admin address nor --http")
	}
	err := n.routes.Handle(n.env.ID, webroutes.Route{Method: webroutes.Upgrade, Path: n.config.Path, Serve: n.accept})
	if err != nil {
		return errors.New(n.env.Text("websocket.errors.duplicate-path", "Cannot have two WebSocket listeners on the same path: %s", n.config.Path))
	}
	n.hub.Start()
	return nil
}

// Drain hands out nothing more that comes in.
func (n *listener) Drain() { n.hub.Drain() }

// Stop serves nothing any more and closes the connections.
func (n *listener) Stop(_ context.Context, reason flow.StopReason) error {
	if n.routes != nil {
		n.routes.Release(n.env.ID, reason)
	}
	code := websocket.StatusGoingAway
	if reason == flow.Restarted {
		code = websocket.StatusServiceRestart
	}
	n.hub.Stop(code)
	return nil
}

// accept serves a connection until it ends.
func (n *listener) accept(w http.ResponseWriter, r *http.Request, _ webroutes.Match) {
	hijacker := &hijacker{ResponseWriter: w, hub: n.hub}
	ws, _ := websocket.Accept(hijacker, r, &websocket.AcceptOptions{
		Subprotocols:       offered(r),
		InsecureSkipVerify: len(n.config.Origins) == 0,
		OriginPatterns:     n.config.Origins,
	})
	// After an error ws is nil, and Accept has answered.
	if hijacker.serve != nil {
		hijacker.serve(ws)
	}
}

// offered returns the subprotocols that a client offers.
func offered(r *http.Request) []string {
	return subprotocols(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","))
}

// hijacker has the hub expect the connection that is taken from the HTTP server, before
// the client is told that it is open.
type hijacker struct {
	http.ResponseWriter
	hub   *websockets.Hub
	serve func(*websocket.Conn) // nil until the connection was taken
}

// WriteHeader keeps back the answer that the connection is open, which Hijack writes.
func (h *hijacker) WriteHeader(status int) {
	if status != http.StatusSwitchingProtocols {
		h.ResponseWriter.WriteHeader(status)
	}
}

// Hijack implements [http.Hijacker].
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.serve = h.hub.Expect(conn)
	answer := http.Response{StatusCode: http.StatusSwitchingProtocols, ProtoMajor: 1, ProtoMinor: 1, Header: h.Header()}
	_ = errors.Join(answer.Write(buffers), buffers.Flush()) // if that fails, reading does too
	return conn, buffers, nil
}
