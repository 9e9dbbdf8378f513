package udp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/charset"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// OutConfig is the configuration of a udp out node.
type OutConfig struct {
	Addr      string     `json:"addr" doc:"address or name to send to; empty is msg.ip"`
	Port      flow.Value `json:"port" doc:"port to send to; empty is msg.port"`
	IPV       string     `json:"ipv" doc:"udp4 or udp6: which of a name's addresses is preferred"`
	Outport   flow.Value `json:"outport" doc:"port to send from; if a udp in node receives on it, from its socket; empty is one that is free"`
	Multicast string     `json:"multicast" doc:"false: to one host; board: to broadcast addresses too; multi: to a multicast group"`
	Iface     string     `json:"iface" doc:"network interface for multicast, a name or one of its addresses; empty is the system's choice"`
	Base64    bool       `json:"base64" doc:"payload is base64 text, which is decoded"`
}

// Out returns the node type udp out; its sessions are in the store.
func Out(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[OutConfig]{
		Name: "udp out", Category: "network", Inputs: 1,
		KeepsNothing: true,
		Summary:      "Sends UDP datagrams to a host, a multicast group or a broadcast address.",
		InputDocs: []flow.Doc{
			{Name: "payload", Text: "the datagram: a Buffer, or what is sent as text"},
			{Name: "ip", Text: "where to send it, if the node does not say"},
			{Name: "port", Text: "where to send it, if the node does not say"},
		},
		Notes:       "Datagrams leave in the order of the messages, also while a name is looked up. What the system refuses is an error for catch nodes. The socket is a session: flowrun sessions shows it.",
		Differences: []string{"A base64 payload that is no text is an error; in Node-RED it stops the runtime.", "A name that has only addresses of the other family is sent to there.", "With a port that is none the deploy warns, and each message is an error; Node-RED warns with each message."},
		Default:     func() OutConfig { return OutConfig{IPV: "udp4", Multicast: "false"} },
		New: func(c OutConfig, env flow.Env) (flow.Node, error) {
			from, err := portOf("outport", c.Outport)
			if err == nil {
				_, err = portOf("port", c.Port)
			}
			return &out{config: c, env: env, store: store, from: from}, err
		},
	})
}

// out is a udp out node.
type out struct {
	config   OutConfig
	env      flow.Env
	store    *session.Store
	client   sockets.UDPClient
	from     int // the port to send from; 0: any
	resolver *sockets.Resolver
	socks    map[bool]*session.Session // by family: whether it is IPv6
}

// Start prepares for sending. A socket is opened when it is needed: by then the
// udp in node that has the port receives.
func (n *out) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	n.resolver = sockets.NewResolver(n.env.Host)
	n.socks = map[bool]*session.Session{}
	n.client = sockets.UDPClient{UDPOptions: sockets.DefaultUDP(), Reuse: true, Port: n.from}
	if n.config.Multicast == "board" || n.config.Multicast == "multi" {
		n.client.Broadcast = true
		n.client.MulticastLoopback = false
		n.client.MulticastInterface = findInterface(n.env, n.config.Iface)
	}
	if n.config.Multicast == "multi" {
		n.client.Multicast = multicastTTL
	}
	return nil
}

// Stop closes the sockets and gives up lookups.
func (n *out) Stop(_ context.Context, reason flow.StopReason) error {
	if n.resolver != nil {
		n.resolver.Stop()
	}
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	n.env.Status(&flow.Object{})
	return nil
}

// Handle sends a message's payload.
func (n *out) Handle(msg *flow.Message, o flow.Outlet) error {
	if !msg.Has("payload") {
		return nil
	}
	host, portValue := flow.TrimSpace(n.config.Addr), n.config.Port
	if ip := msg.Get("ip"); host == "" && flow.Truthy(ip) {
		host = flow.Text(ip)
	}
	if !flow.Truthy(portValue) {
		portValue = msg.Get("port")
	}
	port := flow.Number(portValue)
	switch {
	case host == "":
		n.env.Warn(n.env.Text("udp.errors.ip-notset", "udp: ip address not set"))
		return nil
	case !flow.Truthy(portValue):
		n.env.Warn(n.env.Text("udp.errors.port-notset", "udp: port not set"))
		return nil
	case !(port >= 1 && port <= 65535):
		n.env.Warn(n.env.Text("udp.errors.port-invalid", "udp: port number not valid"))
		return nil
	}
	data, err := n.bytes(msg.Get("payload"))
	if err != nil {
		return err
	}
	return n.resolver.Find(host, o, func(addrs []netip.Addr, err error) error {
		if err == nil {
			ip := sockets.Choose(addrs, n.config.IPV == "udp6")
			err = n.send(data, netip.AddrPortFrom(ip.Unmap(), uint16(port)))
		}
		if err != nil {
			return fmt.Errorf("udp : %w", err)
		}
		return nil
	})
}

var errNoText = errors.New("udp : a base64 payload must be text")

func (n *out) bytes(payload flow.Value) ([]byte, error) {
	text, isText := payload.(string)
	b, isBuffer := payload.(flow.Buffer)
	switch {
	case n.config.Base64 && isText:
		encoding, _ := charset.Lookup("base64")
		return encoding.NewEncoder().Bytes([]byte(text))
	case isBuffer:
		return b, nil
	case n.config.Base64:
		return nil, errNoText
	case !isText:
		text = flow.Text(payload)
	}
	return []byte(text), nil
}

func (n *out) send(data []byte, to netip.AddrPort) error {
	s, err := n.socket(to.Addr().Is6())
	if err != nil {
		return err
	}
	return s.SendTo(data, to)
}

// socket returns the socket to send from: that of the udp in node on the port,
// else one of the node's own.
func (n *out) socket(six bool) (*session.Session, error) {
	if s := n.socks[six]; s != nil && s.State() == session.Connected {
		return s, nil
	}
	var s *session.Session
	if n.from != 0 {
		s = n.store.BoundTo(n.from)
	}
	if s == nil {
		conn, err := n.client.Open(context.Background(), six)
		if err != nil {
			return nil, err
		}
		if s, err = n.store.BindSender(conn, nil, &session.Options{Node: n.env.ID, Owner: n}); err != nil {
			return nil, err
		}
	}
	n.socks[six] = s
	return s, nil
}

// Opened implements [session.Owner]; there is nothing to tell.
func (n *out) Opened(*session.Session) {}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (n *out) TimedOut(*session.Session) {}

// Closed implements [session.Owner]; there is nothing to tell.
func (n *out) Closed(*session.Session, *sockets.Error) {}
