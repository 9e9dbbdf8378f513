package session

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func TestPause(t *testing.T) {
	st := New()
	h := &recorder{}
	s, peer, _ := accept(t, st, h, Options{Line: true})
	_, _ = io.WriteString(peer, "1\n")
	h.await(t, dataPort, 1)
	s.Pause()
	s.Pause()
	_, _ = io.WriteString(peer, "2\n")
	if err := s.Send(Sending{Node: "owner", Data: []byte("x")}); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(peer, make([]byte, 1)); err != nil {
		t.Errorf("a paused session writes: %v", err)
	}
	if n := len(h.on(dataPort)); n != 1 || !s.Info().Paused {
		t.Errorf("%d messages while paused", n)
	}
	s.Resume()
	h.await(t, dataPort, 2)
	for range 100 { // at any moment of the reader's
		s.Pause()
		s.Resume()
		_, _ = io.WriteString(peer, "3\n")
	}
	h.await(t, dataPort, 102)
	s.Pause()
}

// A session that is paused drains, and ends.
func TestPausedEnds(t *testing.T) {
	st := New()
	s, _, w := accept(t, st, &recorder{}, Options{})
	s.Pause()
	st.Drain("owner")
	st.End("owner")
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

type ender struct {
	*watcher
	ended chan *Session
}

func (e ender) Ended(s *Session) { e.ended <- s }

func TestHalfOpen(t *testing.T) {
	st := New()
	h := &recorder{}
	here, peer := pair(t)
	st.Attach("owner", h)
	o := ender{newWatcher(), make(chan *Session, 1)}
	s := st.Accept(Stream{Conn: here}, &Options{Node: "owner", Owner: o, HalfOpen: true})
	t.Cleanup(func() { st.End("owner") })
	_, _ = io.WriteString(peer, "question")
	_ = peer.CloseWrite()
	await(t, o.ended)
	if s.State() != Connected {
		t.Errorf("the session is %s", s.State())
	}
	if err := s.Send(Sending{Node: "owner", Data: []byte("answer")}); err != nil {
		t.Error(err)
	}
	s.Disconnect()
	if got, err := io.ReadAll(peer); string(got) != "answer" || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
	if err := await(t, o.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

func TestOptionsOfTheSocket(t *testing.T) {
	st := New()
	s, _, w := accept(t, st, &recorder{}, Options{})
	if err := errors.Join(s.SetNoDelay(false), s.SetKeepAlive(true, time.Minute), s.SetKeepAlive(false, 0)); err != nil {
		t.Error(err)
	}
	s.SetTimeout(20 * time.Millisecond)
	if await(t, w.timedOut) != s || s.Info().Timeout != 20*time.Millisecond {
		t.Error("no timeout")
	}
	s.SetTimeout(0)
	s.Reset()
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
	if err := s.SetNoDelay(true); !errors.Is(err, ErrNoTCP) {
		t.Errorf("a closed session says %v", err)
	}
}

func TestFind(t *testing.T) {
	st := New()
	a, _, _ := accept(t, st, &recorder{}, Options{})
	b, _, _ := accept(t, st, &recorder{}, Options{})
	a.Tag("room", "x")
	b.Tag("room", "x")
	b.Tag("n", 1.0)
	for _, c := range []struct {
		q    Query
		want []*Session
	}{
		{Query{}, []*Session{a, b}},
		{Query{Node: "owner"}, []*Session{a, b}},
		{Query{Node: "other"}, nil},
		{Query{Tags: flow.NewObject("room", "x")}, []*Session{a, b}},
		{Query{Tags: flow.NewObject("room", "x", "n", 1.0)}, []*Session{b}},
		{Query{Tags: flow.NewObject("room", "y")}, nil},
	} {
		if got := st.Find(c.q); !slices.Equal(got, c.want) {
			t.Errorf("%+v finds %d", c.q, len(got))
		}
	}
	a.Tag("room", nil)
	if got := st.Find(Query{Tags: flow.NewObject("room", "x")}); !slices.Equal(got, []*Session{b}) || a.Info().Tags.Len() != 0 {
		t.Errorf("a tag taken away still finds %d", len(got))
	}
}

// A session that was paused hears of the peer's end all the same.
func TestPausedDisconnects(t *testing.T) {
	st := New()
	s, peer, w := accept(t, st, &recorder{}, Options{})
	s.Pause()
	s.Disconnect()
	s.Pause() // too late
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the peer reads %v", err)
	}
	_ = peer.Close()
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

// A connection that is made while its node drains is not read from, and ends
// with the node.
func TestDrainsBeforeItIsConnected(t *testing.T) {
	st := New()
	h := &recorder{}
	st.Attach("owner", h)
	w := newWatcher()
	here, peer := pair(t)
	ready := make(chan struct{})
	to := func(context.Context) (Stream, error) { <-ready; return Stream{Conn: here}, nil }
	if _, err := st.Dial(to, nil, &Options{Node: "owner", Owner: w}); err != nil {
		t.Fatal(err)
	}
	st.Drain("owner")
	_, _ = io.WriteString(peer, "data")
	close(ready)
	await(t, w.opened)
	_ = peer.Close()
	st.End("owner")
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
	if n := len(h.on(dataPort)); n > 0 {
		t.Errorf("%d messages came", n)
	}
}

// A session that is destroyed in the moment in which it is connected ends.
func TestDestroyedWhenConnected(t *testing.T) {
	st := New()
	st.Attach("owner", &recorder{})
	w := newWatcher()
	here, _ := pair(t)
	ready := make(chan struct{})
	to := func(context.Context) (Stream, error) { <-ready; return Stream{Conn: here}, nil } // in spite of its context
	s, err := st.Dial(to, nil, &Options{Node: "owner", Owner: w})
	if err != nil {
		t.Fatal(err)
	}
	s.Destroy()
	close(ready)
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

// What was sent before a session is destroyed is on its way, although its flow has
// not come to the end of its batch.
func TestDestroyWritesTheBatch(t *testing.T) {
	st := New()
	s, peer, _ := accept(t, st, &batchHost{}, Options{})
	if err := s.Send(Sending{Node: "owner", Data: []byte("bye"), Cause: &flow.Cause{}}); err != nil {
		t.Fatal(err)
	}
	s.Destroy()
	if got, err := io.ReadAll(peer); string(got) != "bye" || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
}

// The flow goes on, also if the session is closed while all its credits are taken.
func TestDestroyedWithoutCredits(t *testing.T) {
	st := New()
	l := newLoop(t, nil)
	release := make(chan struct{})
	l.handle = func(*flow.Message, *flow.Cause) { <-release }
	s, peer, w := accept(t, st, l, Options{})
	waits := func() bool {
		_, _ = peer.Write([]byte("x"))
		return s.credits.left.Load() < 0
	}
	for !waits() {
		runtime.Gosched()
	}
	s.Destroy()
	_ = await(t, w.closed) // it waits for the flow no more
	close(release)
	done := make(chan struct{})
	l.Post(flow.NewCause(nil), flow.TaskFunc(func(flow.Outlet) error { close(done); return nil }))
	await(t, done)
}

// Who writes to a peer that is gone ends the session, although nobody reads.
func TestWritesToADeadPeer(t *testing.T) {
	for name, state := range map[string]func(*Session, *net.TCPConn, ender){
		"half open": func(_ *Session, peer *net.TCPConn, o ender) {
			_ = peer.CloseWrite()
			await(t, o.ended)
		},
		"paused": func(s *Session, peer *net.TCPConn, _ ender) {
			s.Pause()
			_, _ = peer.Write([]byte("x")) // it is not read, and closing becomes a reset
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := New()
			here, peer := pair(t)
			st.Attach("owner", &recorder{})
			o := ender{newWatcher(), make(chan *Session, 1)}
			s := st.Accept(Stream{Conn: here}, &Options{Node: "owner", Owner: o, HalfOpen: true})
			t.Cleanup(func() { st.End("owner") })
			await(t, o.opened)
			state(s, peer, o)
			_ = peer.SetLinger(0)
			_ = peer.Close()
			for s.Send(Sending{Node: "owner", Data: []byte("anybody?")}) == nil {
				runtime.Gosched()
			}
			if err := await(t, o.closed); err == nil {
				t.Error("it ended in an orderly way")
			}
		})
	}
}

// A session that a node opens while it drains drains too, until there is a new
// instance of the node.
func TestDrainsWhatComesLater(t *testing.T) {
	st := New()
	h := &recorder{}
	st.Attach("owner", h)
	st.Drain("owner")
	open := func() *net.TCPConn {
		here, peer := pair(t)
		st.Accept(Stream{Conn: here}, &Options{Node: "owner", Owner: newWatcher()})
		_, _ = io.WriteString(peer, "question")
		return peer
	}
	t.Cleanup(func() { st.End("owner") })
	open()
	st.Attach("owner", h)
	open()
	if got := h.await(t, dataPort, 1); len(got) != 1 {
		t.Errorf("%d sessions read", len(got))
	}
	for _, s := range st.Snapshot() {
		if s.State != Connected {
			t.Errorf("session %v is %s", s.ID, s.State)
		}
	}
}

// Timers that go off at once find a session that is complete.
func TestTimesOutAtOnce(t *testing.T) {
	st := New()
	s, _, w := accept(t, st, &recorder{}, Options{Timeout: time.Nanosecond, Cut: true})
	if got := await(t, w.timedOut); got != s || got.ID() == nil {
		t.Errorf("session %v timed out", got.ID())
	}
	_ = await(t, w.closed)
}
