package session

import (
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a place that runs what is posted at once and keeps what is sent.
type recorder struct {
	mu   sync.Mutex
	sent map[int][]*flow.Message
	wake chan struct{}
}

func (h *recorder) Post(c *flow.Cause, t flow.Task) {
	c.Hold()
	_ = t.Run(flow.NewOutlet(h, nil, c))
	c.Done()
}

func (h *recorder) Status(*flow.Object)                             {}
func (h *recorder) Report(flow.Level, flow.Value, *flow.Message)    {}
func (h *recorder) Wanted(int) bool                                 { return true }
func (h *recorder) Hold(*flow.Cause, *flow.Message) (f func(error)) { return func(error) {} }

func (h *recorder) Route(_ *flow.Cause, port int, m *flow.Message, _ []*flow.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sent == nil {
		h.sent = map[int][]*flow.Message{}
	}
	h.sent[port] = append(h.sent[port], m)
	if h.wake != nil {
		close(h.wake)
		h.wake = nil
	}
}

func (h *recorder) on(port int) []*flow.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent[port]
}

// await returns the payloads on a port when there are n of them.
func (h *recorder) await(t testing.TB, port, n int) []string {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		h.mu.Lock()
		if list := h.sent[port]; len(list) >= n {
			defer h.mu.Unlock()
			var got []string
			for _, m := range list {
				got = append(got, flow.JSON(m.Get("payload")))
			}
			return got
		}
		wake := make(chan struct{})
		if h.wake == nil {
			h.wake = wake
		}
		wake = h.wake
		h.mu.Unlock()
		select {
		case <-wake:
		case <-limit:
			t.Fatalf("no %d messages on port %d", n, port)
		}
	}
}

// loop is a place with a goroutine of its own, as a flow is. Data messages are
// given to handle.
type loop struct {
	recorder
	handle func(m *flow.Message, c *flow.Cause)
	tasks  chan posted
	done   chan struct{}
}

type posted struct {
	cause *flow.Cause
	task  flow.Task
}

func newLoop(t testing.TB, handle func(m *flow.Message, c *flow.Cause)) *loop {
	l := &loop{handle: handle, tasks: make(chan posted, 1<<16), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for p := range l.tasks {
			_ = p.task.Run(flow.NewOutlet(l, nil, p.cause))
			p.cause.Done()
		}
	}()
	t.Cleanup(func() {
		close(l.tasks)
		<-l.done
	})
	return l
}

func (l *loop) Post(c *flow.Cause, t flow.Task) {
	c.Hold()
	l.tasks <- posted{c, t}
}

func (l *loop) Route(c *flow.Cause, port int, m *flow.Message, more []*flow.Message) {
	if port == dataPort && l.handle != nil {
		l.handle(m, c)
		return
	}
	l.recorder.Route(c, port, m, more)
}

// watcher is an owner that keeps what it hears.
type watcher struct {
	opened, timedOut chan *Session
	closed           chan *sockets.Error
}

func newWatcher() *watcher {
	return &watcher{make(chan *Session, 10), make(chan *Session, 10), make(chan *sockets.Error, 10)}
}

func (w *watcher) Opened(s *Session)                     { w.opened <- s }
func (w *watcher) TimedOut(s *Session)                   { w.timedOut <- s }
func (w *watcher) Closed(_ *Session, err *sockets.Error) { w.closed <- err }

// pair returns the two ends of a TCP connection.
func pair(t testing.TB) (here, peer *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return a.(*net.TCPConn), c.(*net.TCPConn)
}

// accept makes a session of one end of a connection, whose data go to h.
func accept(t testing.TB, st *Store, h flow.Host, o Options) (s *Session, peer *net.TCPConn, w *watcher) {
	t.Helper()
	here, peer := pair(t)
	w = newWatcher()
	o.Node, o.Owner = "owner", w
	st.Attach("owner", h)
	s = st.Accept(Stream{Conn: here}, &o)
	t.Cleanup(func() { st.End("owner") })
	return s, peer, w
}

func await[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("it did not happen")
		panic("unreachable")
	}
}
