package mqtt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/backoff"
	"github.com/flowrun/flowrun/internal/sockets"
)

// How long the pause before the second attempt to connect is; the next ones are
// twice as long each, up to Options.Reconnect.
const firstPause = 200 * time.Millisecond

// patience is how long a client that leaves waits for acknowledgements, as in
// Node-RED.
const patience = 2 * time.Second

// Options are what a connection is to be like.
type Options struct {
	Name string // what logs call the broker
	Host string // as it is configured
	Dial func(context.Context) (net.Conn, error)

	Version            byte // 3, 4 (which is 3.1.1) or 5
	ClientID           string
	Username, Password string
	KeepAlive          uint16 // seconds
	CleanSession       bool   // the broker keeps nothing from before
	Will, Birth, Close *Message

	// In MQTT 5 only; 0 is the standard's default.
	SessionExpiry     uint32 // seconds
	MaximumPacketSize uint32
	ReceiveMaximum    uint16
	TopicAliasMaximum uint16
	UserProperties    *flow.Object

	AutoConnect bool
	Keep        bool          // leave the subscriptions in the broker's session at the end
	Reconnect   time.Duration // the longest pause between two attempts
}

// State is how a client is connected.
type State int

// The states.
const (
	Disconnected State = iota
	Connecting
	Connected
)

// Client is the connection of a broker node. It is safe for concurrent use, and
// no method but Stop waits.
type Client struct {
	log     func(flow.Level, string)
	session *session
	inbox   *inbox
	work    sync.WaitGroup
	turn    sync.Mutex // connecting and leaving: one after the other

	mu      sync.Mutex
	options Options
	state   State
	users   map[string]func(State)
	away    map[string]*absence // of nodes that are replaced
	filters []*filter
	lastID  int // of a filter
	link    *link
	stopped bool
}

// link is a run of connections, from connecting to leaving.
type link struct {
	cancel    context.CancelCauseFunc
	connected chan struct{} // closed when it is connected for the first time
	done      chan struct{}
}

// New returns a client that is not connected. limit is how many messages may
// wait for a connection.
func New(o Options, limit int, log func(flow.Level, string)) *Client {
	c := &Client{
		log: log, options: o, session: newSession(limit),
		users: map[string]func(State){}, away: map[string]*absence{},
	}
	c.inbox = newInbox(c)
	return c
}

// Options returns what the next connection will be like, SetOptions changes it.
func (c *Client) Options() Options {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.options
}

// SetOptions says what the next connection will be like.
func (c *Client) SetOptions(o Options) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options = o
}

// State returns how the client is connected.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// setState tells the nodes.
func (c *Client) setState(s State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == s {
		return
	}
	c.state = s
	for _, watch := range c.users {
		watch(s)
	}
}

// Connect connects and stays connected. done, which may be nil, is called when
// it is connected for the first time, or has been told to disconnect.
func (c *Client) Connect(done func()) {
	c.work.Go(func() {
		c.turn.Lock()
		l := c.start()
		c.turn.Unlock()
		if done == nil {
			return
		}
		select {
		case <-l.connected:
		case <-l.done:
		}
		done()
	})
}

func (c *Client) start() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		return c.link
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	l := &link{cancel, make(chan struct{}), make(chan struct{})}
	if c.stopped {
		cancel(ErrStopped)
		close(l.done)
		return l
	}
	c.link = l
	c.session.stay()
	c.work.Go(func() {
		defer close(l.done)
		c.run(ctx, l)
	})
	return l
}

// Disconnect sends the close message, waits a while for what is not
// acknowledged, and disconnects. done may be nil.
func (c *Client) Disconnect(done func()) {
	c.work.Go(func() {
		c.turn.Lock()
		c.leave()
		c.turn.Unlock()
		if done != nil {
			done()
		}
	})
}

func (c *Client) leave() {
	c.mu.Lock()
	l, message := c.link, c.options.Close
	c.mu.Unlock()
	if l == nil {
		return
	}
	if c.session.isOnline() {
		c.announce(message)
		c.session.leave(false)
		if !ended(l.done, patience) {
			c.session.leave(true)
			ended(l.done, patience)
		}
	}
	l.cancel(errLeft)
	<-l.done
	c.mu.Lock()
	c.link = nil
	c.mu.Unlock()
	c.setState(Disconnected)
}

// ended waits for a while.
func ended(done <-chan struct{}, d time.Duration) bool {
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}

// Stop disconnects and ends all that goes on. Messages that wait end with
// [ErrStopped], and the log says how many those are.
func (c *Client) Stop() {
	c.mu.Lock()
	c.stopped = true
	for id := range c.away {
		c.back(id)
	}
	c.mu.Unlock()
	c.inbox.stop() // what is not handed on yet is not acknowledged either
	c.mu.Lock()
	if !c.options.Keep {
		c.drop(func(*filter, subscriber) bool { return true })
	}
	c.mu.Unlock()
	c.Disconnect(nil)
	c.work.Wait()
	switch n, name := c.session.close(), c.Options().Name; n {
	case 0:
	case 1:
		c.log(flow.LevelWarn, "1 message not acknowledged by "+name)
	default:
		c.log(flow.LevelWarn, fmt.Sprintf("%d messages not acknowledged by %s", n, name))
	}
}

// Publish queues a message. done is called when the broker has acknowledged it,
// with QoS 0 when it is written, or with what went wrong; maybe before Publish
// returns. Without a connection the message waits for one.
func (c *Client) Publish(m *Message, done func(error)) { c.session.publish(m, done) }

// textOf is an error in Node.js' words: without the port here, which is another
// one each time.
func textOf(err error) string {
	if e, ok := sockets.InWords(err); ok {
		return e.Text
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the broker has hung up"
	}
	return err.Error()
}

// run makes one connection after the other.
func (c *Client) run(ctx context.Context, l *link) {
	reported := ""
	limit := c.Options().Reconnect
	delays := backoff.Delays{First: min(firstPause, limit), Max: limit}
	for pause := time.Duration(0); ctx.Err() == nil; backoff.Wait(ctx, pause) {
		c.setState(Connecting)
		began := time.Now()
		o := c.Options()
		conn, ack, err := open(ctx, &o, c.session)
		if err == nil {
			reported = ""
			err = c.serve(ctx, &o, l, conn, ack)
			if errors.Is(err, errLeft) {
				return
			}
			c.setState(Disconnected)
			c.log(flow.LevelWarn, "disconnected from broker "+o.Name+": "+textOf(err))
			if time.Since(began) > pause { // else it is one that takes clients only to hang up on them
				delays.Reset()
			}
		} else if text := textOf(err); text != reported && ctx.Err() == nil {
			reported = text // once: it is tried again and again
			c.log(flow.LevelWarn, "connection failed to broker "+o.Name+": "+text)
		}
		pause = delays.Next()
	}
}

// serve subscribes, sends the birth message, and serves a connection to its end.
// It is connected when the broker has answered the subscriptions.
func (c *Client) serve(ctx context.Context, o *Options, l *link, conn *conn, ack *connack) error {
	c.session.begin(ack)
	defer c.session.end()
	c.subscribeAll(ack)
	c.announce(o.Birth)
	ready := false
	check := func() {
		if ready || c.session.isAsking() {
			return
		}
		ready = true
		c.log(flow.LevelInfo, "connected to broker "+o.Name)
		c.setState(Connected)
		select {
		case <-l.connected:
		default:
			close(l.connected)
		}
	}
	check()
	return conn.serve(ctx, func(packet any) {
		c.take(packet)
		check()
	})
}

// announce sends a birth or close message.
func (c *Client) announce(m *Message) {
	if m == nil {
		return
	}
	c.session.publish(m, func(err error) {
		if err != nil {
			c.log(flow.LevelWarn, "the message on topic "+m.Topic+" is not sent: "+err.Error())
		}
	})
}

// take gets what a broker sends and the session does not handle.
func (c *Client) take(packet any) {
	switch p := packet.(type) {
	case *publish:
		c.inbox.put(p)
	case answered:
		c.answered(p)
	}
}
