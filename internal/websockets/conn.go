package websockets

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/credit"
)

const (
	// messageCredits is how many messages of a connection may be on their way
	// through the flows.
	messageCredits = 16
	// closeTime is how long a connection may take to say goodbye (as a client
	// in Node-RED).
	closeTime = time.Second
)

// Why the hub ends a connection of its own accord.
var (
	errSlow     = errors.New("the peer reads too slowly")
	errNoAnswer = errors.New("the peer does not answer pings")
	errNoUTF8   = errors.New("a text message is not UTF-8")
)

// conn is one connection. It has a reader, a writer while there is something to
// write, and something that pings if that is wanted.
type conn struct {
	hub     *Hub
	id      string
	session *flow.Object
	peer    string          // its address
	ws      *websocket.Conn // nil until it has opened
	socket  net.Conn
	credits *credit.Pool
	tasks   sync.WaitGroup

	ctx    context.Context // ends when nothing more is delivered
	cancel context.CancelCauseFunc

	// deliveries is even while the reader waits for the peer, and odd while it
	// waits for the flows.
	deliveries atomic.Uint64

	writer
}

func newConn(h *Hub, socket net.Conn) *conn {
	id := newID()
	c := &conn{
		hub: h, id: id, session: sessionOf(id), peer: socket.RemoteAddr().String(), socket: socket,
		credits: credit.NewPool(messageCredits),
	}
	c.writing = true // it does when it has opened
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// run reads until the connection ends, and returns why it did.
func (c *conn) run(ws *websocket.Conn) error {
	if ws == nil {
		why := context.Cause(c.ctx)
		c.cancel(nil)
		c.abandon()
		return errors.Join(why, c.socket.Close())
	}
	c.ws = ws
	ws.SetReadLimit(int64(c.hub.options.MaxPayload))
	c.tasks.Go(c.writeAll)
	if every := time.Duration(c.hub.options.Heartbeat * float64(time.Second)); every > 0 {
		c.tasks.Go(func() { c.ping(every) })
	}
	err := c.read()
	if err == nil {
		c.tasks.Wait() // the writer says goodbye
	}
	if why := context.Cause(c.ctx); why != nil {
		err = why
	}
	c.cancel(nil)
	c.abandon()
	_ = c.ws.CloseNow() // if it is not closed yet: the peer may not read what the writer writes
	c.tasks.Wait()
	return err
}

// read is without an error if the hub closes the connection.
func (c *conn) read() error {
	for {
		kind, data, err := c.ws.Read(context.Background())
		if err != nil {
			return err
		}
		if kind == websocket.MessageText && !utf8.Valid(data) { // RFC 6455, section 8.1
			_ = c.ws.Close(websocket.StatusInvalidFramePayloadData, errNoUTF8.Error())
			return errNoUTF8
		}
		if !c.deliver(kind, data) {
			return nil
		}
	}
}

// deliver hands a message to all who receive. It is false if the connection is
// closed before.
func (c *conn) deliver(kind websocket.MessageType, data []byte) bool {
	c.deliveries.Add(1)
	defer c.deliveries.Add(1)
	hosts, ok := c.hub.receivers(c.ctx)
	if !ok {
		return false
	}
	msg := c.message(kind, data)
	for _, host := range hosts {
		cause, ok := c.credits.Take(c.ctx)
		if !ok {
			return false
		}
		m := msg.Clone()
		host.Post(cause, flow.TaskFunc(func(out flow.Outlet) error {
			out.Send(0, m)
			return nil
		}))
	}
	return true
}

// message makes a message of what was read.
func (c *conn) message(kind websocket.MessageType, data []byte) *flow.Message {
	var payload flow.Value = flow.Buffer(data)
	if kind == websocket.MessageText {
		payload = string(data)
	}
	msg := flow.NewMessage()
	if c.hub.options.WholeMsg {
		if v, err := flow.ParseJSON(data); err == nil {
			payload = v
		}
	}
	if o, ok := payload.(*flow.Object); ok {
		msg = flow.MessageOf(o)
	} else {
		msg.Set("payload", payload)
	}
	msg.Set("_session", c.session)
	return msg
}

// ping pings the peer now and then, and cuts the connection if it does not
// answer. While the reader waits for the flows, answers are not seen; the peer is
// alive then, it has said something.
func (c *conn) ping(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
		before := c.deliveries.Load()
		if before%2 != 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(c.ctx, every)
		err := c.ws.Ping(ctx)
		cancel()
		if err != nil && c.deliveries.Load() == before {
			c.abort(errNoAnswer)
			return
		}
	}
}

// abort ends the connection at once, for a reason. It does not block.
func (c *conn) abort(why error) {
	c.cancel(why)
	raw := c.socket
	if t, ok := raw.(*tls.Conn); ok {
		raw = t.NetConn() // that of TLS may wait to say goodbye
	}
	if s, ok := raw.(interface{ SetLinger(seconds int) error }); ok {
		_ = s.SetLinger(0) // nothing is to be kept for a peer that does not read
	}
	_ = raw.Close() // the reader gets the error
}

// warn logs why a connection has ended. The caller holds the lock.
func (h *Hub) warn(peer string, err error) {
	h.env.Warn(h.env.Text("websocket.errors.connect-error", "An error occurred on the ws connection: %v", fmt.Errorf("%s: %w", peer, err)))
}
