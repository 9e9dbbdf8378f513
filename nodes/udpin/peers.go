package udpin

import (
	"net"
	"net/netip"

	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// peers returns how the senders of a socket's datagrams become sessions.
func (n *Node) peers(conn *net.UDPConn) *session.Peers {
	return &session.Peers{
		Options: &session.Options{
			Node: n.env.ID, Owner: peerOwner{n}, Line: n.config.Mode == "utf8",
			Timeout: sockets.Milliseconds(n.config.PeerTimeout), Cut: true,
		},
		Max: n.config.MaxPeers,
		Dropped: func(from netip.AddrPort) {
			host, port := sockets.Address(conn.LocalAddr())
			family := "IPv4"
			if from.Addr().Is6() {
				family = "IPv6"
			}
			n.announcer.Announce(nil, session.OK("drop", "localAddress", host, "localPort", float64(port),
				"remoteAddress", from.Addr().String(), "remotePort", float64(from.Port()), "family", family))
		},
	}
}

// peerOwner tells of the sessions of senders.
type peerOwner struct{ node *Node }

// Opened implements [session.Owner].
func (o peerOwner) Opened(s *session.Session) {
	host, port := sockets.Address(s.RemoteAddr())
	localHost, localPort := sockets.Address(s.LocalAddr())
	o.node.announcer.Announce(nil, session.OK("connected", "sessionId", s.ID(), "remoteHost", host,
		"remotePort", float64(port), "localHost", localHost, "localPort", float64(localPort)))
}

// TimedOut implements [session.Owner]: the session is closed, which is told.
func (o peerOwner) TimedOut(*session.Session) {}

// Closed implements [session.Owner].
func (o peerOwner) Closed(s *session.Session, _ *sockets.Error) {
	o.node.announcer.Announce(nil, session.OK("disconnected", "sessionId", s.ID()))
}
