package webroutes

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Newcomers are the connections of a server that have not asked for anything yet,
// as browsers and load balancers open them. [http.Server.Shutdown] waits five
// seconds for them, unless they are dismissed. The zero Newcomers are none.
type Newcomers struct {
	count atomic.Int64 // len(conns)
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Watch has a server tell of its connections.
func (n *Newcomers) Watch(s *http.Server) { s.ConnState = n.changed }

func (n *Newcomers) changed(c net.Conn, state http.ConnState) {
	if state != http.StateNew && n.count.Load() == 0 {
		return // as it is with most requests
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if state != http.StateNew {
		delete(n.conns, c)
	} else {
		if n.conns == nil {
			n.conns = map[net.Conn]struct{}{}
		}
		n.conns[c] = struct{}{}
	}
	n.count.Store(int64(len(n.conns)))
}

// newcomerTime is enough for a request that is on its way just now.
const newcomerTime = 250 * time.Millisecond

// Dismiss closes them after a moment, unless it is stopped before.
func (n *Newcomers) Dismiss() (stop func() bool) { return time.AfterFunc(newcomerTime, n.close).Stop }

func (n *Newcomers) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close()
	}
}
