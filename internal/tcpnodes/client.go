package tcpnodes

import (
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Client keeps a connection to a server. It lives on the loop of its node, which
// calls Start and Stop.
type Client struct {
	Env    flow.Env
	Store  *session.Store
	Target sockets.Target
	TLS    tlsconf.Provider // nil: plain
	Pool   string           // of the sessions

	// Receive gets what arrives, Ended says on the loop that the connection is
	// gone, and tells whether to connect again soon. Both may be nil.
	Receive func(out flow.Outlet, s *session.Session, payload flow.Value)
	Ended   func(out flow.Outlet, s *session.Session) (again bool)

	session *session.Session // nil: not connected
	alarm   flow.Alarm
	stopped bool
}

// Start connects. The node is attached to the store.
func (c *Client) Start() {
	c.log("tcpin.status.connecting", "connecting to %s:%d")
	c.badge("grey", "dot", "common.status.connecting", "connecting", nil)
	_, _ = c.Store.Dial(Dialer(c.Target, c.TLS), nil, &session.Options{ // a new id is unique
		Node: c.Env.ID, Owner: c, Receive: c.receive, Pool: c.Pool,
	})
}

func (c *Client) receive(out flow.Outlet, s *session.Session, payload flow.Value) {
	if c.Receive != nil {
		c.Receive(out, s, payload)
	}
}

// Session returns the session while there is a connection, else nil.
func (c *Client) Session() *session.Session { return c.session }

// Stop gives up; the sessions are ended by the node.
func (c *Client) Stop() {
	c.stopped = true
	if c.alarm != nil {
		c.alarm.Stop()
	}
}

// Opened implements [session.Owner].
func (c *Client) Opened(s *session.Session) {
	c.Env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
		c.session = s
		c.log("tcpin.status.connected", "connected to %s:%d")
		c.badge("green", "dot", "common.status.connected", "connected", s)
		return nil
	}))
}

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (c *Client) TimedOut(*session.Session) {}

// Closed implements [session.Owner].
func (c *Client) Closed(s *session.Session, err *sockets.Error) {
	c.Env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
		c.session = nil
		if err != nil {
			c.Env.Report(flow.LevelInfo, "Error: "+err.Text, nil)
		}
		again := c.Ended != nil && c.Ended(out, s)
		c.badge("red", "ring", "common.status.disconnected", "disconnected", s)
		if c.stopped {
			return nil
		}
		delay := soon
		if !again {
			delay = reconnectTime
			c.log("tcpin.errors.connection-lost", "connection lost to %s:%d")
		}
		c.after(delay)
		return nil
	}))
}

// after connects again after a while.
func (c *Client) after(d time.Duration) {
	c.alarm = flow.After(c.Env.Clock, d, func() {
		c.Env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
			if !c.stopped {
				c.Start()
			}
			return nil
		}))
	})
}

func (c *Client) log(key, format string) {
	c.Env.Report(flow.LevelInfo, c.Env.Text(key, format, c.Target.Host, c.Target.Port), nil)
}

func (c *Client) badge(fill, shape, key, text string, s *session.Session) {
	badge := flow.Badge(fill, shape, c.Env.Text(key, "%s", text))
	if s != nil && c.Receive != nil { // tcp out does not say, as in Node-RED
		badge.Set("_session", Session(s))
	}
	c.Env.Status(badge)
}
