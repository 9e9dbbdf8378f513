package access

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"github.com/flowrun/flowrun/flow"
)

// Config are the properties of a node that say who may connect. Embed it in the
// node's configuration.
type Config struct {
	Allow      flow.Value `json:"allow" doc:"who may connect: a list, or a text of lines, of addresses, ranges (192.168.1.5-192.168.1.9) and subnets (10.0.0.0/8); empty is everybody"`
	Block      flow.Value `json:"block" doc:"who may not, also if they are in allow"`
	Max        int        `json:"maxConnections" doc:"how many connections there may be; 0 is any number"`
	MaxPerPeer int        `json:"maxConnectionsPerPeer" doc:"how many from one address"`
	AcceptRate float64    `json:"acceptRate" doc:"connections accepted a second; more wait in the system's queue; 0 is any number"`
}

// Gate counts connections and tells which may come in. It is safe for concurrent
// use.
type Gate struct {
	allow, block    *List
	max, maxPerPeer int
	rate            *rate.Limiter // nil: any

	mu    sync.Mutex
	count int
	peers map[netip.Addr]int
}

// Reason is why a connection may not come in.
type Reason string

// The reasons are the names of the properties.
const (
	Allowed     Reason = ""
	NotInAllow  Reason = "allow"
	InBlock     Reason = "block"
	TooMany     Reason = "maxConnections"
	TooManyPeer Reason = "maxConnectionsPerPeer"
)

// IsLimited tells whether the properties keep anybody out, or count.
func (c Config) IsLimited() bool {
	return c.Max > 0 || c.MaxPerPeer > 0 || flow.Truthy(c.Allow) || flow.Truthy(c.Block)
}

// Gate returns what the properties say. The error is a *[flow.ConfigError].
func (c Config) Gate() (*Gate, error) {
	g := &Gate{max: c.Max, maxPerPeer: c.MaxPerPeer, peers: map[netip.Addr]int{}}
	var err error
	if g.allow, err = ParseList(c.Allow); err != nil {
		return nil, &flow.ConfigError{Property: "allow", Reason: err.Error()}
	}
	if g.block, err = ParseList(c.Block); err != nil {
		return nil, &flow.ConfigError{Property: "block", Reason: err.Error()}
	}
	for name, n := range map[string]float64{
		"maxConnections": float64(c.Max), "maxConnectionsPerPeer": float64(c.MaxPerPeer), "acceptRate": c.AcceptRate,
	} {
		if n < 0 {
			return nil, &flow.ConfigError{Property: name, Reason: "must not be negative"}
		}
	}
	if c.AcceptRate > 0 {
		g.rate = rate.NewLimiter(rate.Limit(c.AcceptRate), max(1, int(c.AcceptRate)))
	}
	return g, nil
}

// Await returns when the next connection may be accepted, or the context ends.
func (g *Gate) Await(ctx context.Context) {
	if g.rate != nil {
		_ = g.rate.Wait(ctx) // fails when the context has ended
	}
}

// Pass is a connection's place among those that are counted.
type Pass struct {
	gate *Gate
	peer netip.Addr
}

// Enter counts a connection, whoever it is from. Leave is to be called when it
// is closed, unless there is a reason against it.
func (g *Gate) Enter() (*Pass, Reason) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.max > 0 && g.count >= g.max {
		return nil, TooMany
	}
	g.count++
	return &Pass{gate: g}, Allowed
}

// Show tells whether the peer may come in. An address that is not valid is that
// of a Unix socket: no rule is about it.
func (p *Pass) Show(peer netip.Addr) Reason {
	g := p.gate
	if !peer.IsValid() {
		return Allowed
	}
	peer = peer.Unmap().WithZone("")
	switch {
	case g.block.Contains(peer):
		return InBlock
	case !g.allow.IsEmpty() && !g.allow.Contains(peer):
		return NotInAllow
	case g.maxPerPeer == 0:
		return Allowed
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.peers[peer] >= g.maxPerPeer {
		return TooManyPeer
	}
	g.peers[peer]++
	p.peer = peer
	return Allowed
}

// Leave makes room for another connection.
func (p *Pass) Leave() {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count--
	if !p.peer.IsValid() {
		return
	}
	if g.peers[p.peer]--; g.peers[p.peer] == 0 {
		delete(g.peers, p.peer)
	}
}
