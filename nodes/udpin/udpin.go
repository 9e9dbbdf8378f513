// Package udpin is the node type udp-in: it receives datagrams.
package udpin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Port            flow.Value `json:"port" doc:"port to receive on, 1 to 65535; auto is one that is free, which listening tells"`
	Address         string     `json:"address" doc:"address to receive on; empty is all; :: takes IPv4 too"`
	Path            string     `json:"path" doc:"a Unix socket to receive on instead of address and port; one that no process has any more is replaced; @name is an abstract one (Linux)"`
	PathMode        string     `json:"pathMode" doc:"permissions of the Unix socket, in octal: 0660; empty leaves them to the umask"`
	MulticastGroup  flow.Value `json:"multicastGroup" doc:"address of a group to join, several by commas or as a list; may be empty"`
	MulticastSource flow.Value `json:"multicastSource" doc:"the only senders that the groups are joined for, as multicastGroup; empty is all"`
	Mode            string     `json:"mode" doc:"binary: payload is a Buffer; utf8: payload is a string"`
	ReuseAddr       bool       `json:"reuseAddr" doc:"share the port with others that do"`
	IPv6Only        bool       `json:"ipv6Only" doc:"address :: takes no IPv4"`
	MaxSize         int        `json:"maxSize" doc:"bytes of the longest datagram, up to 65536; of a longer one the rest is lost, and rinfo.truncated is true"`
	PeerSessions    bool       `json:"peerSessions" doc:"make a session of each sender: tcp-send answers it and gets its data, tcp-disconnect ends it"`
	PeerTimeout     flow.Value `json:"peerTimeout" doc:"milliseconds without a datagram either way after which such a session ends; 0 is never"`
	MaxPeers        int        `json:"maxPeers" doc:"how many such sessions there may be; datagrams of others are dropped"`
	sockets.UDPOptions
}

func (c Config) check() error {
	if c.MaxSize < 1 || c.MaxSize > session.DatagramSize {
		return &flow.ConfigError{Property: "maxSize", Reason: "expected 1 to 65536 bytes, got " + strconv.Itoa(c.MaxSize)}
	}
	if _, err := sockets.ParseMode(c.PathMode); err != nil {
		return err
	}
	if c.Path != "" {
		if err := sockets.CheckUnixDatagrams("path"); err != nil {
			return err
		}
		if c.PeerSessions {
			return &flow.ConfigError{Property: "peerSessions", Reason: "those who send to a path have no address of their own; leave it off, or give address and port"}
		}
		if len(sockets.Addresses(c.MulticastGroup)) > 0 {
			return &flow.ConfigError{Property: "multicastGroup", Reason: "a path has no groups; give address and port instead"}
		}
	}
	if c.MaxPeers < 1 {
		return &flow.ConfigError{Property: "maxPeers", Reason: "expected a number from 1 on, got " + strconv.Itoa(c.MaxPeers)}
	}
	return c.Check()
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "udp-in", Category: "network", Outputs: 2,
		Summary: "Receives UDP datagrams, also those for a multicast group.",
		OutputDocs: []string{
			"events: listening {sessionId, address, port, multicastGroup}, or {sessionId, path}; error; with peerSessions connected {sessionId, remoteHost, remotePort, localHost, localPort}, " +
				"disconnected {sessionId}, and drop {localAddress, localPort, remoteAddress, remotePort, family} for the first datagram of a peer too many",
			"data {sessionId, payload, rinfo}, a message for each datagram, whose sessionId is that of the socket or, with peerSessions, of the sender; rinfo {address, family, port, size} says where it came from (from a Unix socket its path as address, empty if it has none, and the family Unix), and with truncated: true that it was longer than maxSize",
		},
		Errors:      []flow.Doc{{Name: "UDP_ERROR", Text: "the socket cannot be bound, the group not be joined, or the socket broke; errorText says which"}},
		Notes:       "While 256 datagrams are on their way through the flows no more are read; the system drops what does not fit into its buffer.",
		Differences: []string{"A port out of range is an error envelope, UDP_ERROR; a multicast group that cannot be joined is not shown as listening."},
		Default: func() Config {
			return Config{Mode: "binary", ReuseAddr: true, MaxSize: session.DatagramSize, PeerTimeout: 60000.0, MaxPeers: 1024, UDPOptions: sockets.DefaultUDP()}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			if err := c.check(); err != nil {
				return nil, err
			}
			return &Node{config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host)}, nil
		},
	})
}

// Node is a udp-in node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store

	announcer *session.Announcer
	cancel    context.CancelFunc // gives up binding
	binding   sync.WaitGroup
	bound     bool // Stop looks at it when binding has ended
}

// Handle does nothing: the node has no input.
func (n *Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start binds the socket. A failure is an error envelope.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	if n.config.Path != "" {
		n.bindPath()
		return nil
	}
	port, _ := sockets.ParseInt(n.config.Port)
	if port == 0 && n.config.Port != "auto" {
		n.env.Status(flow.Badge("red", "ring", "missing port"))
		return nil
	}
	id := session.NewID("sess")
	if err := sockets.CheckPort("Port", port, 0); err != nil {
		n.fail(id, err.Error())
		return nil
	}
	server := sockets.UDPServer{
		UDPOptions: n.config.UDPOptions, Host: flow.TrimSpace(n.config.Address), Port: port,
		Groups: sockets.Addresses(n.config.MulticastGroup), Sources: sockets.Addresses(n.config.MulticastSource),
		Reuse: n.config.ReuseAddr, IPv6Only: n.config.IPv6Only,
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	if server.Host == "" || sockets.IsAddress(server.Host) {
		n.bind(ctx, server, id) // here, so that nodes get their ports in the order of the file
	} else {
		n.binding.Go(func() { n.bind(ctx, server, id) }) // the name server may take its time
	}
	return nil
}

func (n *Node) bind(ctx context.Context, server sockets.UDPServer, id string) {
	conn, err := server.Listen(ctx)
	if err != nil {
		if e, ok := errors.AsType[*sockets.Error](err); ok {
			n.fail(id, e.Text)
		}
		return
	}
	d := session.Datagrams{Size: n.config.MaxSize}
	if n.config.PeerSessions {
		d.Peers = n.peers(conn)
	}
	n.receive(conn, id, d)
}

func (n *Node) bindPath() {
	id := session.NewID("sess")
	conn, err := n.config.ListenUnix(n.config.Path, n.config.PathMode)
	if err != nil {
		n.fail(id, err.Error())
		return
	}
	n.receive(conn, id, session.Datagrams{Size: n.config.MaxSize})
}

// receive makes a session of a socket.
func (n *Node) receive(conn sockets.DatagramConn, id string, d session.Datagrams) {
	_, err := n.store.Bind(conn, id, &session.Options{
		Node: n.env.ID, Owner: n, Line: n.config.Mode == "utf8",
	}, d)
	if err != nil {
		n.fail(id, err.Error())
		return
	}
	n.bound = true
}

// Drain reads no more datagrams.
func (n *Node) Drain() { n.store.Drain(n.env.ID) }

// Stop closes the socket.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	if n.cancel != nil {
		n.cancel()
	}
	n.binding.Wait()
	n.announcer.Clear()
	n.store.End(n.env.ID)
	if n.bound {
		n.env.Status(closed())
	}
	n.store.Detach(n.env.ID, reason)
	return nil
}

// Opened implements [session.Owner].
func (n *Node) Opened(s *session.Session) {
	if s.IsUnix() {
		path := s.LocalAddr().String()
		n.announcer.Announce(flow.Badge("green", "dot", "listening "+path), session.OK("listening", "sessionId", s.ID(), "path", path))
		return
	}
	address, port := sockets.Address(s.LocalAddr())
	var group flow.Value = flow.Null{}
	if groups := sockets.Addresses(n.config.MulticastGroup); len(groups) > 0 {
		group = strings.Join(groups, ",")
	}
	n.announcer.Announce(flow.Badge("green", "dot", "listening :"+strconv.Itoa(port)),
		session.OK("listening", "sessionId", s.ID(), "address", address, "port", float64(port), "multicastGroup", group))
}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (n *Node) TimedOut(*session.Session) {}

// Closed implements [session.Owner].
func (n *Node) Closed(s *session.Session, err *sockets.Error) {
	if err != nil {
		n.fail(s.ID(), err.Text)
		return
	}
	n.announcer.Announce(closed(), nil)
}

func closed() *flow.Object { return flow.Badge("grey", "ring", "closed") }

func (n *Node) fail(id flow.Value, text string) {
	n.announcer.Announce(flow.Badge("red", "dot", "error"),
		session.Fail("UDP_ERROR", text, "error", "sessionId", id))
}
