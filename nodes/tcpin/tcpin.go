// Package tcpin is Node-RED's node type tcp in: what arrives on TCP connections,
// as a server or as a client.
package tcpin

import (
	"context"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpnodes"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Server   flow.Value `json:"server" doc:"server: listen on port; client: connect to host and port, and again when the connection is gone"`
	Host     string     `json:"host" doc:"address or name to connect to"`
	Port     flow.Value `json:"port" doc:"port to listen on or connect to, 1 to 65535"`
	DataMode string     `json:"datamode" doc:"stream: a message for each chunk, or part of the text; single: one message when the connection ends"`
	DataType string     `json:"datatype" doc:"buffer, utf8 or base64: what the payload is"`
	Newline  string     `json:"newline" doc:"where to cut a stream of text, with \\n, \\r and \\t as in JavaScript; empty does not cut"`
	Topic    string     `json:"topic" doc:"topic of the messages"`
	Trim     bool       `json:"trim" doc:"leave what was cut at on the text"`
	TLS      string     `json:"tls" doc:"id of a tls-config node; empty is plain TCP"`
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp in", Category: "network", Outputs: 1,
		Summary: "Receives what comes over TCP connections, as a server or as a client.",
		OutputDocs: []string{
			"{topic, payload, ip, port, _session}; a client's has no ip and port. A tcp out node in reply mode answers the _session, {type, id}",
		},
		Notes:      "The sessions are those of flowrun sessions, tcp-send, tcp-session and tcp-disconnect too: _session.id is the sessionId. A client connects again after 10 seconds.",
		StatusKeys: tcpnodes.StatusKeys(),
		Differences: []string{
			"A UTF-8 character that two segments share stays whole.",
			"base64 cut at line ends is a message for each chunk.",
			"ip is 127.0.0.1 where Node.js says ::ffff:127.0.0.1.",
			"A port that is none is an error of the deploy, and not of the node alone.",
			"Single mode ends a connection that sends more than 64 MB.",
			"A server's badge goes on counting when a peer is gone without a word: after two minutes the system looks after it.",
		},
		Default: func() Config { return Config{Server: "server", DataMode: "stream", DataType: "buffer"} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return newNode(c, env, store)
		},
	})
}

// Node is a tcp in node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store
	format tcpnodes.Format

	server  *tcpnodes.Server // or
	client  *tcpnodes.Client
	streams map[*session.Session]*tcpnodes.Stream
}

func newNode(c Config, env flow.Env, store *session.Store) (*Node, error) {
	n := &Node{config: c, env: env, store: store, streams: map[*session.Session]*tcpnodes.Stream{}}
	n.format = tcpnodes.Format{
		Type: c.DataType, Single: c.DataMode == "single",
		Newline: tcpnodes.Unescape(c.Newline), Attach: c.Trim,
	}
	switch c.DataType {
	case "buffer", "utf8", "base64":
	case "":
		n.format.Type = "buffer"
	default:
		return nil, &flow.ConfigError{Property: "datatype", Reason: fmt.Sprintf("expected buffer, utf8 or base64, got %q", c.DataType)}
	}
	port, err := tcpnodes.Port(c.Port)
	if err != nil {
		return nil, err
	}
	if c.Server == "server" || c.Server == true {
		n.server = &tcpnodes.Server{
			Env: env, Store: store, Port: port, Pool: tcpnodes.Pool, Detailed: true, Receive: n.receive,
			Closed: func(out flow.Outlet, s *session.Session) { n.end(out, s) },
		}
		return n, n.server.Prepare(c.TLS)
	}
	provider, err := tlsconf.Lookup(env, c.TLS)
	n.client = &tcpnodes.Client{
		Env: env, Store: store, Target: sockets.Target{Host: c.Host, Port: port}, TLS: provider,
		Pool: tcpnodes.Pool, Receive: n.receive, Ended: n.end,
	}
	return n, err
}

// Handle does nothing: the node has no input.
func (n *Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start listens or connects.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	if n.server != nil {
		n.server.Start()
	} else {
		n.client.Start()
	}
	return nil
}

// Drain takes nothing new in.
func (n *Node) Drain() {
	if n.server != nil {
		n.server.Drain()
		return
	}
	n.store.Drain(n.env.ID)
}

// Stop closes the node's connections.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	if n.server != nil {
		n.server.Stop()
	} else {
		n.client.Stop()
	}
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	return nil
}

// receive sends on what has arrived.
func (n *Node) receive(out flow.Outlet, s *session.Session, payload flow.Value) {
	stream := n.streams[s]
	if stream == nil {
		stream = &tcpnodes.Stream{Format: n.format}
		n.streams[s] = stream
	}
	chunk, _ := payload.(flow.Buffer)
	if err := stream.Add(chunk, n.sender(out, s)); err != nil {
		n.env.Error(fmt.Errorf("%s", n.env.Text("tcpin.errors.error", "error: %v", err)), nil)
		s.Destroy()
	}
}

// end sends what is left of a connection, and tells whether that was something:
// a client connects again at once then.
func (n *Node) end(out flow.Outlet, s *session.Session) (sent bool) {
	if stream := n.streams[s]; stream != nil {
		delete(n.streams, s)
		send := n.sender(out, s)
		stream.End(func(payload flow.Value) {
			send(payload)
			sent = true
		})
	}
	return sent
}

func (n *Node) sender(out flow.Outlet, s *session.Session) func(payload flow.Value) {
	return func(payload flow.Value) {
		m := flow.NewMessage()
		m.Set("topic", n.config.Topic)
		m.Set("payload", payload)
		if n.server != nil {
			host, port := sockets.Address(s.RemoteAddr())
			m.Set("ip", host)
			m.Set("port", float64(port))
		}
		m.Set("_session", tcpnodes.Session(s))
		out.Send(0, m)
	}
}
