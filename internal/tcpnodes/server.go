package tcpnodes

import (
	"context"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpserver"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Server accepts connections, and counts them in its node's badge. It lives on
// the loop of its node, which calls Start, Drain and Stop.
type Server struct {
	Env   flow.Env
	Store *session.Store
	Port  int
	Pool  string // of the sessions
	// Receive gets what arrives. Opened and Closed say on the loop that a
	// connection has come, and gone. All may be nil.
	Receive        func(out flow.Outlet, s *session.Session, payload flow.Value)
	Opened, Closed func(out flow.Outlet, s *session.Session)
	// Detailed badges say whose connection has come or gone.
	Detailed bool

	tcp     *tcpserver.Server
	options session.Options
	count   int
	cancel  context.CancelFunc
	serving sync.WaitGroup
	listens bool
}

// Prepare makes what the server needs; tls is the id of a tls-config node, or
// empty. The error is a *[flow.ConfigError].
func (s *Server) Prepare(tls string) (err error) {
	config := tcpserver.Defaults()
	config.Inline = tlsconf.Defaults()
	config.TLS = tls
	s.tcp, err = tcpserver.New(config, s.Env, s)
	return err
}

// Start listens on all addresses. A failure is an error of the node.
func (s *Server) Start() {
	s.options = session.Options{Node: s.Env.ID, Owner: owner{s}, Pool: s.Pool, Receive: s.receive}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	if err := s.tcp.Prepare(); err != nil {
		s.cannot(err)
		return
	}
	ln, err := sockets.Listening{Options: Options()}.Listen(ctx, sockets.Target{Host: "::", Port: s.Port})
	if err != nil { // without IPv6
		ln, err = sockets.Listening{Options: Options()}.Listen(ctx, sockets.Target{Host: "0.0.0.0", Port: s.Port})
	}
	if err != nil {
		s.cannot(err)
		return
	}
	s.listens = true
	s.Env.Report(flow.LevelInfo, s.Env.Text("tcpin.status.listening-port", "listening on port %d", s.Port), nil)
	s.serving.Go(func() {
		if err := s.tcp.Serve(ctx, ln); err != nil {
			s.Env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
				s.cannot(err)
				return nil
			}))
		}
	})
}

func (s *Server) receive(out flow.Outlet, c *session.Session, payload flow.Value) {
	if s.Receive != nil {
		s.Receive(out, c, payload)
	}
}

func (s *Server) cannot(err error) {
	s.Env.Report(flow.LevelError, s.Env.Text("tcpin.errors.cannot-listen",
		"unable to listen on port %d, error: Error: %s", s.Port, err), nil)
}

// Drain accepts no more connections, and reads no more from those there are.
func (s *Server) Drain() {
	if s.cancel != nil {
		s.cancel()
	}
	s.Store.Drain(s.Env.ID)
}

// Stop stops accepting; the sessions are ended by the node.
func (s *Server) Stop() {
	if s.cancel != nil {
		s.cancel()
	}
	s.serving.Wait()
	if s.listens {
		s.Env.Report(flow.LevelInfo, s.Env.Text("tcpin.status.stopped-listening", "stopped listening on port"), nil)
	}
}

// Accepted implements [tcpserver.Owner].
func (s *Server) Accepted(c session.Stream) {
	if err := Options().Apply(c.Conn); err != nil {
		s.Env.Report(flow.LevelInfo, "Error: "+err.Error(), nil)
	}
	s.Store.Accept(c, &s.options)
}

// Refused implements [tcpserver.Owner].
func (s *Server) Refused(r tcpserver.Refusal) {
	s.Store.Refuse()
	s.Env.Report(flow.LevelInfo, "Error: "+r.Text, nil)
}

// owner is the server as the owner of its sessions.
type owner struct{ server *Server }

// Opened implements [session.Owner].
func (o owner) Opened(c *session.Session) { o.server.counted(c, 1, "connect", o.server.Opened) }

// TimedOut implements [session.Owner]; the sessions have no timeout.
func (owner) TimedOut(*session.Session) {}

// Closed implements [session.Owner].
func (o owner) Closed(c *session.Session, err *sockets.Error) {
	if err != nil {
		o.server.Env.Report(flow.LevelInfo, "Error: "+err.Text, nil)
	}
	o.server.counted(c, -1, "disconnect", o.server.Closed)
}

// counted tells on the loop that a connection has come or gone.
func (s *Server) counted(c *session.Session, change int, event string, tell func(flow.Outlet, *session.Session)) {
	s.Env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
		s.count += change
		if tell != nil {
			tell(out, c)
		}
		badge := flow.NewObject("text", Connections(s.Env, s.count))
		if s.Detailed {
			host, port := sockets.Address(c.RemoteAddr())
			badge.Set("event", event)
			badge.Set("ip", host)
			badge.Set("port", float64(port))
			badge.Set("_session", Session(c))
		}
		s.Env.Status(badge)
		return nil
	}))
}
