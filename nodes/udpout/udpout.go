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
	Path         string     `json:"path" doc:"a Unix socket to send to instead of host and port: a file, or @name, an abstract one (Linux)"`
	LocalPath    string     `json:"localPath" doc:"with path and receive: the Unix socket that replies come to; empty is an abstract one with a name that the system finds (Linux)"`
	PathMode     string     `json:"pathMode" doc:"permissions of localPath, in octal: 0660; empty leaves them to the umask"`
	Broadcast    bool       `json:"broadcast" doc:"allow broadcast addresses"`
	MulticastTTL flow.Value `json:"multicastTtl" doc:"how many routers multicast datagrams may pass, 1 to 255; empty is the system's default"`
	LocalAddress string     `json:"localAddress" doc:"address to send from; empty is the system's choice"`
	LocalPort    int        `json:"localPort" doc:"port to send from; 0 is one that is free"`
	Reply        bool       `json:"reply" doc:"a message with the sessionId of a udp-in, or of its peer, is sent from the socket that received: to the message's host and port, else to its rinfo, else to the node's host and port"`
	Connect      bool       `json:"connect" doc:"connect the socket to where it sends, so that UDP_REFUSED tells when nobody receives there; another host or port gets a new socket"`
	Receive      bool       `json:"receive" doc:"what comes back leaves on output 2"`
	Mode         string     `json:"mode" doc:"of what comes back: binary: payload is a Buffer; utf8: payload is a string"`
	sockets.UDPOptions
}

func (c Config) check() error {
	if c.LocalAddress != "" && !sockets.IsAddress(c.LocalAddress) {
		return &flow.ConfigError{Property: "localAddress", Reason: "expected an IP address, got " + strconv.Quote(c.LocalAddress)}
	}
	if c.LocalPort < 0 || c.LocalPort > 65535 {
		return &flow.ConfigError{Property: "localPort", Reason: "expected 0 to 65535, got " + strconv.Itoa(c.LocalPort)}
	}
	return errors.Join(c.checkPaths(), c.Check())
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
			{Name: "sessionId, rinfo", Text: "with reply: what is answered"},
		},
		OutputDocs: []string{
			"sent {sessionId, host, port, bytes}, or to a Unix socket {sessionId, path, bytes}; or an error",
			"with receive: data {sessionId, payload, rinfo}, a message for each datagram; rinfo {address, family, port, size} says where it came from",
		},
		Errors: []flow.Doc{
			{Name: "SEND_INVALID", Text: "there is no host or port, or they are no host and port"},
			{Name: "PAYLOAD_INVALID", Text: "the payload is neither string nor Buffer"},
			{Name: "UDP_SEND_FAILED", Text: "the system refused the datagram, or the name could not be looked up"},
			{Name: "UDP_ERROR", Text: "the node has no socket"},
			{Name: "UDP_REFUSED", Text: "with connect: nobody received an earlier datagram"},
			{Name: "SESSION_NOT_FOUND", Text: "with reply: there is no session of UDP with the message's sessionId"},
		},
		Notes: "Datagrams leave in the order of the messages, also while a name is looked up. " +
			"A Unix socket takes as many as the system lets wait for its reader; of one too many UDP_SEND_FAILED says EAGAIN.",
		Differences: []string{"A port out of range or a host that is no text is an error envelope, SEND_INVALID."},
		Default:     func() Config { return Config{Mode: "binary", UDPOptions: sockets.DefaultUDP()} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			if err := c.check(); err != nil {
				return nil, err
			}
			ttl, _ := sockets.ParseInt(c.MulticastTTL)
			return &Node{
				config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host),
				client: newClient(c, ttl),
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
	own      [3]own // by family
	resolver *sockets.Resolver
}

// The families of addresses; those of Unix sockets are paths.
const (
	four = iota
	six
	unix
)

// Start opens the socket for IPv4. One for IPv6 is opened when it is needed.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	n.resolver = sockets.NewResolver(n.env.Host)
	n.outbox = session.NewOutbox(n.env.Host, n.sentLater)
	n.env.Status(flow.Badge("grey", "ring", "ready"))
	family := four
	switch {
	case n.config.Path != "":
		family = unix
	case n.config.Connect || n.client.Address.Is6():
		return nil // opened when the first message says what for
	}
	if _, err := n.socket(netip.AddrPort{}, family); err != nil {
		n.announcer.Announce(flow.Badge("red", "dot", "error"), n.failure("UDP_ERROR", err.Error(), family))
	}
	return nil
}

// Drain reads no more datagrams.
func (n *Node) Drain() { n.store.Drain(n.env.ID) }

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
	from, host, port, ok := n.answered(msg)
	if !ok {
		out.Send(0, session.NotFound(msg.Get("sessionId")))
		return nil
	}
	if n.isUnix(from) {
		n.handleUnix(from, msg, out)
		return nil
	}
	target, err := sockets.FindTarget(msg, host, port, 1)
	if errors.Is(err, sockets.ErrNoTarget) {
		out.Send(0, n.failure("SEND_INVALID", "udp-out requires host and port", four))
		return nil
	}
	if err != nil {
		n.env.Status(flow.Badge("red", "dot", "error"))
		out.Send(0, n.failure("SEND_INVALID", err.Error(), four))
		return nil
	}
	data, ok := bytesOf(msg.Get("payload"))
	if !ok {
		out.Send(0, n.failure("PAYLOAD_INVALID", "payload must be string or Buffer", four))
		return nil
	}
	return n.resolver.Find(target.Host, out, func(addrs []netip.Addr, err error) error {
		if err != nil {
			out.Send(0, n.failure("UDP_SEND_FAILED", err.Error(), four))
			return nil
		}
		n.send(from, data, addrs[0], target, out)
		return nil
	})
}

// bytesOf returns the datagram that a payload makes; ok is false if it makes none.
func bytesOf(payload flow.Value) (data []byte, ok bool) {
	switch p := payload.(type) {
	case string:
		return []byte(p), true
	case flow.Buffer:
		return p, true
	}
	return nil, false
}

// send sends from a session, or if it is nil from the node's own.
func (n *Node) send(s *session.Session, data []byte, ip netip.Addr, target sockets.Target, out flow.Outlet) {
	family := four
	if ip.Unmap().Is6() {
		family = six
	}
	to := netip.AddrPortFrom(ip.Unmap(), uint16(target.Port))
	if s == nil {
		var err error
		if s, err = n.socket(to, family); err != nil {
			n.env.Status(flow.Badge("red", "dot", "error"))
			out.Send(0, n.failure("UDP_ERROR", err.Error(), family))
			return
		}
	}
	if n.outbox != nil && !n.config.Connect && !s.Peer().IsValid() && !out.Wanted(0) {
		n.outbox.Send(s, data, to, out.Cause())
		return
	}
	if n.outbox != nil {
		n.outbox.Flush() // keeps the order
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
