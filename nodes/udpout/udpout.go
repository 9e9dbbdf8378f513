// Package udpout is the node type udp-out: it sends datagrams.
package udpout

import (
	"context"
	"errors"
	"net/netip"
	"strconv"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Host         string     `json:"host" doc:"address or name to send to"`
	Port         flow.Value `json:"port" doc:"port to send to, 1 to 65535"`
	Broadcast    bool       `json:"broadcast" doc:"allow broadcast addresses"`
	MulticastTTL flow.Value `json:"multicastTtl" doc:"how many routers multicast datagrams may pass, 1 to 255; empty is the system's default"`
	sockets.UDPOptions
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "udp-out", Category: "network", Inputs: 1, Outputs: 1,
		KeepsNothing: true,
		Summary:      "Sends UDP datagrams to one host, a multicast group or a broadcast address.",
		InputDocs: []flow.Doc{
			{Name: "payload", Text: "a string or a Buffer, the datagram"},
			{Name: "host", Text: "replaces the node's"},
			{Name: "port", Text: "replaces the node's"},
		},
		OutputDocs: []string{"sent {sessionId, host, port, bytes}, or an error"},
		Errors: []flow.Doc{
			{Name: "SEND_INVALID", Text: "there is no host or port, or they are no host and port"},
			{Name: "PAYLOAD_INVALID", Text: "the payload is neither string nor Buffer"},
			{Name: "UDP_SEND_FAILED", Text: "the system refused the datagram, or the name could not be looked up"},
			{Name: "UDP_ERROR", Text: "the node has no socket"},
		},
		Notes:       "Datagrams leave in the order of the messages, also while a name is looked up.",
		Differences: []string{"A port out of range or a host that is no text is an error envelope, SEND_INVALID."},
		Default:     func() Config { return Config{UDPOptions: sockets.DefaultUDP()} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			if err := c.Check(); err != nil {
				return nil, err
			}
			ttl, _ := sockets.ParseInt(c.MulticastTTL)
			return &Node{
				config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host),
				client: sockets.UDPClient{UDPOptions: c.UDPOptions, Broadcast: c.Broadcast, Multicast: ttl},
			}, nil
		},
	})
}

// Node is a udp-out node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store
	client sockets.UDPClient

	announcer *session.Announcer
	outbox    *session.Outbox // for what nobody wants to hear of; may be nil
	sent      struct {
		bytes int
		badge *flow.Object
	}
	ids   [2]string           // of the sessions, by family: IPv4, IPv6
	socks [2]*session.Session // nil: not opened yet

	resolver *sockets.Resolver
}

const four, six = 0, 1

// Start opens the socket for IPv4. One for IPv6 is opened when it is needed.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	n.resolver = sockets.NewResolver(n.env.Host)
	n.outbox = session.NewOutbox(n.env.Host, n.sentLater)
	n.env.Status(flow.Badge("grey", "ring", "ready"))
	if _, err := n.socket(four); err != nil {
		n.announcer.Announce(flow.Badge("red", "dot", "error"), n.failure("UDP_ERROR", err.Error(), four))
	}
	return nil
}

// Stop closes the sockets and gives up lookups.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	n.resolver.Stop()
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	n.announcer.Clear()
	return nil
}

// Handle sends a message's payload.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	target, err := sockets.FindTarget(msg, n.config.Host, n.config.Port, 1)
	if errors.Is(err, sockets.ErrNoTarget) {
		out.Send(0, n.failure("SEND_INVALID", "udp-out requires host and port", four))
		return nil
	}
	if err != nil {
		n.env.Status(flow.Badge("red", "dot", "error"))
		out.Send(0, n.failure("SEND_INVALID", err.Error(), four))
		return nil
	}
	var data []byte
	switch p := msg.Get("payload").(type) {
	case string:
		data = []byte(p)
	case flow.Buffer:
		data = p
	default:
		out.Send(0, n.failure("PAYLOAD_INVALID", "payload must be string or Buffer", four))
		return nil
	}
	return n.resolver.Find(target.Host, out, func(addrs []netip.Addr, err error) error {
		if err != nil {
			out.Send(0, n.failure("UDP_SEND_FAILED", err.Error(), four))
			return nil
		}
		n.send(data, addrs[0], target, out)
		return nil
	})
}

func (n *Node) send(data []byte, ip netip.Addr, target sockets.Target, out flow.Outlet) {
	family := four
	if ip.Unmap().Is6() {
		family = six
	}
	s, err := n.socket(family)
	if err != nil {
		n.env.Status(flow.Badge("red", "dot", "error"))
		out.Send(0, n.failure("UDP_ERROR", err.Error(), family))
		return
	}
	to := netip.AddrPortFrom(ip.Unmap(), uint16(target.Port))
	if n.outbox != nil && !out.Wanted(0) {
		n.outbox.Send(s, data, to, out.Cause())
		return
	}
	if err := s.SendTo(data, to); err != nil {
		out.Send(0, n.failure("UDP_SEND_FAILED", err.Error(), family))
		return
	}
	n.showSent(len(data))
	if !out.Wanted(0) {
		return
	}
	out.Send(0, session.OK("sent", "sessionId", s.ID(),
		"host", target.Host, "port", float64(target.Port), "bytes", float64(len(data))))
}

func (n *Node) sentLater(bytes int, err error) {
	if err == nil {
		n.showSent(bytes)
	}
}

// showSent shows how much was sent. Datagrams are often of one size, so the
// last badge is kept.
func (n *Node) showSent(bytes int) {
	if n.sent.badge == nil || n.sent.bytes != bytes {
		n.sent.bytes = bytes
		n.sent.badge = flow.Badge("green", "dot", "sent "+strconv.Itoa(bytes)+"b")
	}
	n.env.Status(n.sent.badge)
}

// socket returns the socket for a family, a new one if there is none, or a
// tcp-disconnect has closed it.
func (n *Node) socket(family int) (*session.Session, error) {
	if s := n.socks[family]; s != nil && s.State() == session.Connected {
		return s, nil
	}
	n.ids[family] = session.NewID("sess")
	conn, err := n.client.Open(context.Background(), family == six)
	if err != nil {
		return nil, err
	}
	s, err := n.store.BindSender(conn, n.ids[family], &session.Options{Node: n.env.ID, Owner: n})
	n.socks[family] = s
	return s, err
}

func (n *Node) failure(code, text string, family int) *flow.Message {
	return session.Fail(code, text, "error", "sessionId", n.ids[family])
}

// Opened implements [session.Owner]; there is nothing to tell.
func (n *Node) Opened(*session.Session) {}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (n *Node) TimedOut(*session.Session) {}

// Closed implements [session.Owner]; there is nothing to tell.
func (n *Node) Closed(*session.Session, *sockets.Error) {}
