package tcpsession

import (
	"net"
	"net/netip"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// describe returns what is known of a session, under the names of the properties
// of a net.Socket of Node.js where it has them.
func describe(s *session.Session) *flow.Object {
	i := s.Info()
	o := flow.NewObject(
		"sessionId", i.ID, "node", i.Node, "claim", i.Claim,
		"state", i.State.String(), "readyState", readyState(i.State),
		"connecting", i.State == session.Connecting, "pending", i.Local == nil, "paused", i.Paused,
	)
	setAddress(o, "local", i.Local)
	setAddress(o, "remote", i.Remote)
	o.Set("bytesRead", float64(i.BytesIn))
	o.Set("bytesWritten", float64(i.BytesOut))
	o.Set("messagesRead", float64(i.MessagesIn))
	o.Set("messagesWritten", float64(i.MessagesOut))
	o.Set("queued", float64(i.Queued))
	o.Set("timeout", milliseconds(i.Timeout))
	o.Set("idle", milliseconds(i.Idle))
	o.Set("age", milliseconds(time.Since(i.Started)))
	o.Set("tags", i.Tags)
	return o
}

func milliseconds(d time.Duration) flow.Value { return float64(d.Milliseconds()) }

// readyState is what Node.js calls a socket's state.
func readyState(s session.State) string {
	switch s {
	case session.Connecting:
		return "opening"
	case session.Connected:
		return "open"
	case session.Disconnecting:
		return "readOnly"
	}
	return "closed"
}

// setAddress sets sideAddress, sidePort and sideFamily.
func setAddress(o *flow.Object, side string, a net.Addr) {
	if a == nil {
		return
	}
	host, port := sockets.Address(a)
	o.Set(side+"Address", host)
	ip, err := netip.ParseAddr(host)
	if err != nil { // a Unix socket
		o.Set(side+"Family", "Unix")
		return
	}
	family := "IPv4"
	if ip.Is6() {
		family = "IPv6"
	}
	o.Set(side+"Port", float64(port))
	o.Set(side+"Family", family)
}
