package udpout

import (
	"context"
	"net/netip"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// own is the node's socket for a family of addresses.
type own struct {
	id      string
	session *session.Session // nil: not opened yet
	remote  netip.AddrPort   // what it is connected to, if it is
}

func newClient(c Config, multicastTTL int) sockets.UDPClient {
	address, _ := netip.ParseAddr(c.LocalAddress) // checked
	return sockets.UDPClient{
		UDPOptions: c.UDPOptions, Broadcast: c.Broadcast, Multicast: multicastTTL, Address: address, Port: c.LocalPort,
	}
}

// answered returns the session that a message answers, nil if it is to be sent
// from the node's own, and where it goes unless the message itself says so; ok is
// false if there is no such session.
func (n *Node) answered(msg *flow.Message) (s *session.Session, host string, port flow.Value, ok bool) {
	host, port = n.config.Host, n.config.Port
	id := msg.Get("sessionId")
	if !n.config.Reply || !flow.Truthy(id) {
		return nil, host, port, true
	}
	s = n.store.Get(id)
	if s == nil || !s.IsUDP() {
		return nil, "", nil, false
	}
	if p := s.Peer(); p.IsValid() {
		return s, p.Addr().String(), float64(p.Port()), true
	}
	if from, isObject := msg.Get("rinfo").(*flow.Object); isObject {
		return s, flow.Text(from.Get("address")), from.Get("port"), true
	}
	return s, host, port, true
}

// socket returns the node's socket to send to an address from: a new one if there
// is none, a tcp-disconnect has closed it, or it is connected to another address.
func (n *Node) socket(to netip.AddrPort, family int) (*session.Session, error) {
	o := &n.own[family]
	client := n.client
	if n.config.Connect {
		client.Remote = to
	}
	if s := o.session; s != nil && s.State() == session.Connected {
		if o.remote == client.Remote {
			return s, nil
		}
		s.Destroy()
	}
	*o = own{id: session.NewID("sess"), remote: client.Remote}
	conn, err := n.open(client, family)
	if err != nil {
		return nil, err
	}
	options := &session.Options{Node: n.env.ID, Owner: n, Line: n.config.Mode == "utf8"}
	switch {
	case n.config.Receive:
	case n.config.Connect && family != unix: // read for what ICMP says
		options.ReceiveFrom = func(flow.Outlet, flow.Value, *flow.Object) {}
	default:
		o.session, err = n.store.BindSender(conn, o.id, options)
		return o.session, err
	}
	o.session, err = n.store.Bind(conn, o.id, options, session.Datagrams{Size: session.DatagramSize, Refused: n.refused})
	return o.session, err
}

func (n *Node) open(client sockets.UDPClient, family int) (sockets.DatagramConn, error) {
	if family == unix {
		return n.openUnix()
	}
	return client.Open(context.Background(), family == six)
}

// refused tells that nobody receives what a connected socket has sent.
func (n *Node) refused(s *session.Session, err *sockets.Error) {
	text := err.Text
	if to := s.RemoteAddr(); to != nil {
		text += " " + to.String()
	}
	n.announcer.Announce(flow.Badge("red", "dot", "error"), session.Fail("UDP_REFUSED", text, "error", "sessionId", s.ID()))
}

func (n *Node) failure(code, text string, family int) *flow.Message {
	return session.Fail(code, text, "error", "sessionId", n.own[family].id)
}

// Opened implements [session.Owner]; there is nothing to tell.
func (n *Node) Opened(*session.Session) {}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (n *Node) TimedOut(*session.Session) {}

// Closed implements [session.Owner].
func (n *Node) Closed(s *session.Session, err *sockets.Error) {
	if err != nil {
		n.announcer.Announce(flow.Badge("red", "dot", "error"), session.Fail("UDP_ERROR", err.Text, "error", "sessionId", s.ID()))
	}
}
