package websockets

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
)

// Options are the properties that websocket-listener and websocket-client have
// in common.
type Options struct {
	WholeMsg   bool    `json:"wholemsg" doc:"send and receive whole messages as JSON, instead of payloads"`
	Heartbeat  float64 `json:"hb" doc:"seconds between pings; a connection that has not answered one when the next is due is closed; 0 sends none"`
	MaxPayload int     `json:"maxPayload" doc:"bytes that a message received may have; a connection that sends a larger one is closed"`
	MaxQueue   int     `json:"maxQueue" doc:"bytes that may wait to be sent on a connection; one for which more would wait reads too slowly and is cut"`
}

// DefaultOptions returns the options of a node without any properties.
func DefaultOptions() Options { return Options{MaxPayload: 5 << 20, MaxQueue: 4 << 20} }

// Check returns a *flow.ConfigError if a limit is none.
func (o Options) Check() error {
	switch {
	case o.MaxPayload < 1:
		return &flow.ConfigError{Property: "maxPayload", Reason: "must be at least 1"}
	case o.MaxQueue < 1:
		return &flow.ConfigError{Property: "maxQueue", Reason: "must be at least 1"}
	}
	return nil
}

// awayTime is how long what comes in waits for a websocket in node that is
// replaced.
const awayTime = 5 * time.Second

// ErrNotConnected says that there is no connection to send on.
var ErrNotConnected = errors.New("the WebSocket is not connected")

// Hub has the connections of a websocket-listener or websocket-client. The nodes
// that use them are attached by their ids. It is safe for concurrent use.
type Hub struct {
	env     flow.Env
	options Options
	server  bool
	used    chan struct{} // closed when the first node is attached

	running sync.WaitGroup // connections

	mu        sync.Mutex
	users     []*user
	receiving []flow.Host   // of the users that receive; never changed, but replaced
	blocked   chan struct{} // nil if what is read may be delivered; closed when that changes
	opened    bool
	drained   bool
	stopped   bool
	conns     map[string]*conn
	cut       int // connections that were too slow
}

// user is a node at its place, which outlives the node's instance.
type user struct {
	id       string
	host     flow.Host
	receives bool
	away     *time.Timer // set while the node is replaced
}

// NewServer returns the hub of a websocket-listener: many connections, and each
// may be answered.
func NewServer(env flow.Env, o Options) *Hub { return newHub(env, o, true) }

// NewClient returns the hub of a websocket-client, which has a connection or none.
func NewClient(env flow.Env, o Options) *Hub { return newHub(env, o, false) }

func newHub(env flow.Env, o Options, server bool) *Hub {
	h := &Hub{env: env, options: o, server: server, used: make(chan struct{}), conns: map[string]*conn{}}
	h.changed()
	return h
}

// WholeMsg tells whether messages are sent and received as a whole.
func (h *Hub) WholeMsg() bool { return h.options.WholeMsg }

// Used is closed as soon as a node uses the hub.
func (h *Hub) Used() <-chan struct{} { return h.used }

// Start has what is read delivered once the flows run: not before all nodes that
// want it are attached.
func (h *Hub) Start() {
	h.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.opened = true
		h.changed()
		return nil
	}))
}

// Drain delivers nothing more. What is sent still goes out.
func (h *Hub) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drained = true
	h.changed()
}

// Stop closes all connections with a status code, when what waits for them is
// sent, and waits until they are closed; but not for long.
func (h *Hub) Stop(code websocket.StatusCode) {
	h.mu.Lock()
	h.stopped = true
	for _, u := range h.users {
		if u.away != nil {
			u.away.Stop()
		}
	}
	h.users = nil
	conns := make([]*conn, 0, len(h.conns))
	for _, c := range h.conns {
		conns = append(conns, c)
	}
	h.mu.Unlock()
	for _, c := range conns {
		c.finish(code)
	}
	h.running.Wait()
}

// Attach adds a node that uses the hub, or the new instance of one. Its host is
// shown what becomes of the connections; if the node receives, it gets what comes
// in.
func (h *Hub) Attach(id string, host flow.Host, receives bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.conns) > 0 {
		host.Status(flow.Badge("green", "dot", h.connectedText()))
	}
	u := h.user(id)
	if u == nil {
		u = &user{id: id}
		h.users = append(h.users, u)
	} else if u.away != nil {
		u.away.Stop()
		u.away = nil
	}
	u.host, u.receives = host, receives
	h.changed()
	select {
	case <-h.used:
	default:
		close(h.used)
	}
}

// Detach removes a node. If it is about to be replaced, what comes in waits for
// its new instance.
func (h *Hub) Detach(id string, reason flow.StopReason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.user(id)
	switch {
	case u == nil:
		return
	case reason == flow.Restarted && u.receives && !h.stopped:
		u.away = time.AfterFunc(awayTime, func() { h.forget(u) })
	default:
		h.remove(u)
	}
	h.changed()
}

// forget removes a node that has not come back: it uses another hub now.
func (h *Hub) forget(u *user) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.away != nil {
		h.remove(u)
		h.changed()
	}
}

func (h *Hub) user(id string) *user {
	for _, u := range h.users {
		if u.id == id {
			return u
		}
	}
	return nil
}

func (h *Hub) remove(u *user) {
	h.users = slices.DeleteFunc(h.users, func(other *user) bool { return other == u })
}

// changed works out anew who receives what, and tells readers that wait. The
// caller holds the lock.
func (h *Hub) changed() {
	if h.blocked != nil {
		close(h.blocked)
		h.blocked = nil
	}
	waits := !h.opened || h.drained
	h.receiving = nil
	for _, u := range h.users {
		if u.receives {
			h.receiving = append(h.receiving, u.host)
		}
		waits = waits || u.away != nil
	}
	if waits {
		h.blocked = make(chan struct{})
	}
}

// receivers returns who receives what is read, when it may be delivered. It is
// false if the context ends before.
func (h *Hub) receivers(ctx context.Context) ([]flow.Host, bool) {
	for {
		h.mu.Lock()
		hosts, blocked := h.receiving, h.blocked
		h.mu.Unlock()
		if blocked == nil {
			return hosts, true
		}
		select {
		case <-blocked:
		case <-ctx.Done():
			return nil, false
		}
	}
}

// Send sends on all connections. The cause is held as the package says. The
// error is [ErrNotConnected] if the hub is that of a client without a connection.
func (h *Hub) Send(m Message, c *flow.Cause) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.server && len(h.conns) == 0 {
		return ErrNotConnected
	}
	for _, to := range h.conns {
		to.send(m, c)
	}
	return nil
}

// Reply sends on the connection of a listener that has the id. It is false if
// there is none.
func (h *Hub) Reply(id string, m Message, c *flow.Cause) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	to := h.conns[id]
	if to == nil || !h.server {
		return false
	}
	to.send(m, c)
	return true
}

// Expect takes in a connection that is about to open. What is sent on all connections
// waits for it from now on: a peer that sees itself connected must not miss what is sent
// then. The caller has to call the function that is returned, which runs the connection
// until it ends. The hub closes it. Its argument is what was opened on the socket, or
// nil if nothing was.
func (h *Hub) Expect(socket net.Conn) (serve func(*websocket.Conn)) {
	c := newConn(h, socket)
	if !h.add(c) {
		return func(ws *websocket.Conn) {
			_ = socket.Close() // its end is what is wanted
			if ws != nil {
				_ = ws.CloseNow()
			}
		}
	}
	return func(ws *websocket.Conn) {
		defer h.running.Done()
		h.lost(c, c.run(ws))
	}
}

// add is false if the hub has stopped.
func (h *Hub) add(c *conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false
	}
	h.running.Add(1)
	h.conns[c.id] = c
	h.show("connect", c.session, flow.Badge("green", "dot", h.connectedText()))
	return true
}

// lost takes out a connection that has ended, and says why if that is worth a
// word.
func (h *Hub) lost(c *conn, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c.id)
	switch {
	case errors.Is(err, errSlow):
		h.cut++
		h.env.Error(&slowError{peer: c.peer, limit: h.options.MaxQueue, cut: h.cut}, nil)
	case errors.Is(err, errNoAnswer), errors.Is(err, websocket.ErrMessageTooBig):
		h.warn(c.peer, err)
	default:
		h.showClosed(c.session)
		return
	}
	h.showError(c.session)
	h.showClosed(c.session)
}

// Failed tells that a client could not connect; the error is logged if told.
func (h *Hub) Failed(err error, told bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !told {
		h.env.Warn(h.env.Text("websocket.errors.connect-error", "An error occurred on the ws connection: %v", err))
	}
	session := sessionOf(newID())
	h.showError(session)
	h.showClosed(session)
}
