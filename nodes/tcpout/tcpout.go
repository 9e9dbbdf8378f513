// Package tcpout is Node-RED's node type tcp out: it sends over TCP connections,
// its own or those of tcp in nodes.
package tcpout

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpnodes"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Host     string     `json:"host" doc:"address or name to connect to"`
	Port     flow.Value `json:"port" doc:"port to listen on or connect to, 1 to 65535"`
	BeServer string     `json:"beserver" doc:"client: connect to host and port; server: listen on port, and send to all who connect; reply: send to the connection of a tcp in node that the message came from, or to all of them"`
	Base64   bool       `json:"base64" doc:"a payload that is text is base64"`
	End      bool       `json:"end" doc:"close the connection when the message is sent"`
	TLS      string     `json:"tls" doc:"id of a tls-config node; empty is plain TCP"`
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp out", Category: "network", Inputs: 1,
		KeepsNothing: true,
		Summary:      "Sends over TCP connections: to a server, to clients, or back to where a message came from.",
		InputDocs: []flow.Doc{
			{Name: "payload", Text: "a string, Buffer, number or boolean"},
			{Name: "_session", Text: "in reply mode the connection to answer; without it all connections of tcp in nodes"},
			{Name: "reset", Text: "true in reply mode: close the connection, or all of them"},
		},
		Notes:      "A client connects again after 10 seconds; what it is to send meanwhile is dropped, as in Node-RED.",
		StatusKeys: tcpnodes.StatusKeys(),
		Differences: []string{
			"A payload that is an object, a list or nothing is an error that catch nodes get.",
			"A connection that is closed after a message is closed when the message is written.",
		},
		Default: func() Config { return Config{BeServer: "client"} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return newNode(c, env, store)
		},
	})
}

// Node is a tcp out node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store
	server *tcpnodes.Server // or
	client *tcpnodes.Client // or, in reply mode, neither
	ending bool             // the client's connection ends because its message is sent
}

func newNode(c Config, env flow.Env, store *session.Store) (*Node, error) {
	n := &Node{config: c, env: env, store: store}
	if c.BeServer == "reply" {
		return n, nil
	}
	port, err := tcpnodes.Port(c.Port)
	if err != nil {
		return nil, err
	}
	switch c.BeServer {
	case "server":
		n.server = &tcpnodes.Server{Env: env, Store: store, Port: port}
		return n, n.server.Prepare(c.TLS)
	case "client", "":
		provider, err := tlsconf.Lookup(env, c.TLS)
		n.client = &tcpnodes.Client{
			Env: env, Store: store, Target: sockets.Target{Host: c.Host, Port: port}, TLS: provider,
			Ended: func(flow.Outlet, *session.Session) bool {
				soon := n.ending
				n.ending = false
				return soon
			},
		}
		return n, err
	}
	return nil, &flow.ConfigError{Property: "beserver", Reason: fmt.Sprintf("expected client, server or reply, got %q", c.BeServer)}
}

// Start listens or connects.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	switch {
	case n.server != nil:
		n.env.Status(flow.NewObject("text", tcpnodes.Connections(n.env, 0)))
		n.server.Start()
	case n.client != nil:
		n.client.Start()
	}
	return nil
}

// Stop closes the node's own connections.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	switch {
	case n.server != nil:
		n.server.Stop()
	case n.client != nil:
		n.client.Stop()
	}
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	return nil
}

// Handle sends a message's payload.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	if n.server == nil && n.client == nil {
		return n.reply(msg, out)
	}
	payload := msg.Get("payload")
	if payload == nil || payload == (flow.Null{}) {
		return nil
	}
	data, err := tcpnodes.Bytes(payload, n.config.Base64)
	if err != nil {
		return err
	}
	if n.client != nil {
		if s := n.client.Session(); s != nil {
			err = n.send(s, data, out)
			n.ending = n.config.End
		}
		return err
	}
	var errs []error
	for _, s := range n.store.Find(session.Query{Node: n.env.ID}) {
		errs = append(errs, n.send(s, data, out))
	}
	return errors.Join(errs...)
}

// reply sends to the connection that the message came from, or to those of all
// tcp in nodes.
func (n *Node) reply(msg *flow.Message, out flow.Outlet) error {
	var sessions []*session.Session
	if id, ok := tcpnodes.SessionOf(msg); ok {
		s := n.store.Get(id)
		if s == nil {
			return nil // it is gone
		}
		sessions = append(sessions, s)
	} else {
		sessions = n.store.Find(session.Query{Pool: tcpnodes.Pool})
	}
	if msg.Get("reset") == true {
		for _, s := range sessions {
			s.Destroy()
		}
		return nil
	}
	data, err := tcpnodes.Bytes(msg.Get("payload"), n.config.Base64)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range sessions {
		errs = append(errs, n.send(s, data, out))
	}
	return errors.Join(errs...)
}

// send writes, and ends a connection of its own if it is to. One that is about to
// end takes nothing any more, which is no error.
func (n *Node) send(s *session.Session, data []byte, out flow.Outlet) error {
	err := s.Send(session.Sending{Node: n.env.ID, Data: data, Cause: out.Cause(), NoClaim: true})
	if errors.Is(err, session.ErrNotConnected) {
		return nil
	}
	if n.config.End && (n.server != nil || n.client != nil) {
		s.Disconnect()
	}
	return err
}
