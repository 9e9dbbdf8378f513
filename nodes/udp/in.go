// Package udp has Node-RED's own node types udp in and udp out.
package udp

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// multicastTTL is how many routers the multicast datagrams of both nodes may
// pass.
const multicastTTL = 128

// InConfig is the configuration of a udp in node.
type InConfig struct {
	Port      flow.Value `json:"port" doc:"port to receive on; empty is one that is free"`
	IPV       string     `json:"ipv" doc:"udp4, or udp6, which takes IPv4 too"`
	Multicast string     `json:"multicast" doc:"true: receive the datagrams for group as well"`
	Group     string     `json:"group" doc:"address of the multicast group"`
	Iface     string     `json:"iface" doc:"network interface to join the group on, a name or one of its addresses; empty is the system's choice"`
	Datatype  string     `json:"datatype" doc:"what payload is: a buffer, utf8 text or base64 text"`
}

// In returns the node type udp in; its sessions are in the store.
func In(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[InConfig]{
		Name: "udp in", Category: "network", Outputs: 1,
		Summary:    "Receives UDP datagrams, also those for a multicast group.",
		OutputDocs: []string{"payload; ip and port of the sender, and both with a colon between them in fromip: a message for each datagram"},
		Notes: "While 256 datagrams are on their way through the flows no more are read; the system drops what does not fit into its buffer. " +
			"The socket is a session: flowrun sessions shows it.",
		Differences: []string{
			"Each node has a socket of its own. If two have the same port, the system chooses which of them gets a datagram for this machine; those for a group go to both. In Node-RED both get all, until one of them stops.",
			"A group that cannot be joined closes the socket.",
			"With a port that is none the node does nothing, and the deploy warns; Node-RED takes a free port.",
		},
		Default: func() InConfig { return InConfig{IPV: "udp4", Datatype: "buffer"} },
		New: func(c InConfig, env flow.Env) (flow.Node, error) {
			port, err := portOf("port", c.Port)
			return &in{config: c, env: env, store: store, port: port}, err
		},
	})
}

// in is a udp in node.
type in struct {
	config InConfig
	env    flow.Env
	store  *session.Store
	port   int // 0: one that is free
}

// portOf reads a property that is a port, 0 if it is empty. The error is a
// *[flow.ConfigError].
func portOf(property string, v flow.Value) (int, error) {
	if v == nil || v == "" {
		return 0, nil
	}
	port, ok := sockets.Port(v)
	if !ok {
		return 0, &flow.ConfigError{Property: property, Reason: flow.JSON(v) + " is no port", Hint: "so the node does nothing; give it one from 1 to 65535", Idle: true}
	}
	return port, nil
}

// Handle does nothing: the node has no input.
func (n *in) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start binds the socket.
func (n *in) Start(ctx context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	server := sockets.UDPServer{UDPOptions: sockets.DefaultUDP(), Port: n.port, Reuse: true, Host: "0.0.0.0"}
	if n.config.IPV == "udp6" {
		server.Host = "::"
	}
	if n.config.Multicast == "true" {
		server.Groups = []string{flow.TrimSpace(n.config.Group)}
		server.MulticastLoopback = false
		server.MulticastInterface = findInterface(n.env, n.config.Iface)
	}
	conn, err := server.Listen(ctx)
	if err != nil {
		n.fail(err, n.port)
		return nil
	}
	_, err = n.store.Bind(conn, nil, &session.Options{
		Node: n.env.ID, Owner: n, Line: n.config.Datatype == "utf8", ReceiveFrom: n.receive,
	}, session.Datagrams{Size: session.DatagramSize})
	return err
}

// findInterface returns the name or address of the interface to use, none, with a
// warning, if the system does not have it.
func findInterface(env flow.Env, iface string) string {
	iface = flow.TrimSpace(iface)
	if _, err := sockets.FindInterface(iface); err != nil {
		env.Warn(env.Text("udp.errors.ifnotfound", "Interface %s not found", iface))
		return ""
	}
	if iface != "" {
		env.Status(flow.NewObject("text", iface))
	}
	return iface
}

// fail reports why the node has no socket.
func (n *in) fail(err error, port int) {
	var text string
	e, _ := errors.AsType[*sockets.Error](err)
	switch {
	case e == nil: // the runtime stops
		return
	case e.Code == "EACCES" && port < 1024:
		text = n.env.Text("udp.errors.access-error", "UDP access error, you may need root access for ports below 1024")
	case strings.HasPrefix(e.Text, "addMembership") && e.Code == "EINVAL":
		text = n.env.Text("udp.errors.bad-mcaddress", "Bad Multicast Address")
	case strings.HasPrefix(e.Text, "addMembership") && e.Code == "ENODEV":
		text = n.env.Text("udp.errors.interface", "Must be ip address of the required interface")
	default:
		text = n.env.Text("udp.errors.error", "error: %s", e.Text)
	}
	n.env.Error(errors.New(text), nil)
}

// receive sends a datagram on.
func (n *in) receive(out flow.Outlet, payload flow.Value, rinfo *flow.Object) {
	ip, port := flow.Text(rinfo.Get("address")), rinfo.Get("port")
	if n.config.IPV == "udp6" && rinfo.Get("family") == "IPv4" {
		ip = "::ffff:" + ip // as the socket has it
	}
	if b, ok := payload.(flow.Buffer); ok && n.config.Datatype == "base64" {
		payload = base64.StdEncoding.EncodeToString(b)
	}
	m := flow.NewMessage()
	m.Set("payload", payload)
	m.Set("fromip", ip+":"+flow.Text(port))
	m.Set("ip", ip)
	m.Set("port", port)
	out.Send(0, m)
}

// Drain reads no more datagrams.
func (n *in) Drain() { n.store.Drain(n.env.ID) }

// Stop closes the socket.
func (n *in) Stop(_ context.Context, reason flow.StopReason) error {
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	n.env.Status(&flow.Object{})
	return nil
}

// Opened implements [session.Owner].
func (n *in) Opened(s *session.Session) {
	a := s.LocalAddr().(*net.UDPAddr).AddrPort()
	n.env.Report(flow.LevelInfo, n.env.Text("udp.status.listener-at", "UDP listener at %s:%s", a.Addr().String(), strconv.Itoa(int(a.Port()))), nil)
}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (n *in) TimedOut(*session.Session) {}

// Closed implements [session.Owner].
func (n *in) Closed(_ *session.Session, err *sockets.Error) {
	if err != nil {
		n.fail(err, 1024)
		return
	}
	n.env.Report(flow.LevelInfo, n.env.Text("udp.status.listener-stopped", "UDP listener stopped"), nil)
}
