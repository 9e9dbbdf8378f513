package tcpserver

import (
	"net"
	"net/netip"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/access"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Refusal tells of a connection that did not become ready.
type Refusal struct {
	Event      string        // drop: there are too many; rejected: its address; error: it went wrong
	Reason     access.Reason // of drop and rejected
	Code, Text string        // of error: TLS_FAILED, PROXY_FAILED, or what kept the system from accepting

	remote, local net.Addr // nil if there is no connection
}

// Message returns the event as the session nodes send it.
func (r Refusal) Message() *flow.Message {
	if r.Event != "error" {
		host, port := sockets.Address(r.local)
		remoteHost, remotePort := sockets.Address(r.remote)
		return session.OK(r.Event, "reason", string(r.Reason),
			"localAddress", host, "localPort", float64(port),
			"remoteAddress", remoteHost, "remotePort", float64(remotePort), "family", family(remoteHost))
	}
	m := session.Fail(r.Code, r.Text, r.Event)
	if r.remote != nil {
		host, port := sockets.Address(r.remote)
		m.Set("remoteHost", host)
		m.Set("remotePort", float64(port))
	}
	return m
}

// family is what Node.js calls the kind of an address.
func family(host string) string {
	a, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return "Unix"
	case a.Is4():
		return "IPv4"
	}
	return "IPv6"
}

// Events document what [Refusal.Message] sends.
const Events = "drop {reason, localAddress, localPort, remoteAddress, remotePort, family}, for a connection above maxConnections or maxConnectionsPerPeer; rejected, the same for a peer that block or allow keeps out"

// Notes document what the properties do.
const Notes = "maxConnections counts connections from when they are accepted on, also while they shake hands. " +
	"With proxyProtocol, allow, block and maxConnectionsPerPeer are about the client that the proxy names; with optional a peer that says nothing first is waited for as long as a handshake may take. " +
	tlsconf.Notes

// Errors document the codes of [Refusal.Message].
var Errors = []flow.Doc{
	{Name: "TLS_FAILED", Text: "the TLS handshake with a peer (remoteHost, remotePort) failed, for the cause in errorText; or the node cannot listen because its certificates are of no use"},
	{Name: "PROXY_FAILED", Text: "a proxy did not say in time, or in words that make sense, who its client is"},
	{Name: "EMFILE, ENFILE, …", Text: "a connection could not be accepted; the node tries again"},
}
