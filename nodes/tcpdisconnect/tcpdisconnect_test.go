package tcpdisconnect_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpdisconnect"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type owner struct{ opened, closed chan struct{} }

func (o owner) Opened(*session.Session)                 { close(o.opened) }
func (o owner) TimedOut(*session.Session)               {}
func (o owner) Closed(*session.Session, *sockets.Error) { close(o.closed) }

// dial opens a session with the id s1, and returns its other end.
func dial(t *testing.T, st *session.Store, host flow.Host) (peer net.Conn, o owner) {
	t.Helper()
	ln := sockettest.Listen(t)
	st.Attach("owner", host)
	o = owner{make(chan struct{}), make(chan struct{})}
	target := sockets.Target{Host: "127.0.0.1", Port: sockettest.Port(ln)}
	if _, err := st.Dial(session.To(target), "s1", &session.Options{Node: "owner", Owner: o}); err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	<-o.opened
	return peer, o
}

func TestReset(t *testing.T) {
	st := session.New()
	d := flowtest.New(t, tcpdisconnect.Type(st), `{"reset":true}`)
	peer, o := dial(t, st, d)
	d.Handle(`{"sessionId":["s1"]}`)
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer reads %v", err)
	}
	<-o.closed
	sockettest.Expect(t, d, 0, `{"event":"disconnecting","sessionId":"s1"}`)
}

func TestDisconnect(t *testing.T) {
	st := session.New()
	d := flowtest.New(t, tcpdisconnect.Type(st), `{}`)
	peer, o := dial(t, st, d)
	d.Handle(`{"sessionId":"s1"}`)
	d.Handle(`{"sessionId":"s1"}`)
	if got, err := io.ReadAll(peer); len(got) != 0 || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
	_ = peer.Close()
	<-o.closed
	d.Handle(`{"sessionId":"s1"}`)
	d.Handle(`{}`)
	sockettest.Expect(t, d, 0,
		`{"event":"disconnecting","sessionId":"s1"}`,
		`{"event":"disconnecting","sessionId":"s1"}`,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":"s1"}`,
		`{"errorCode":"SESSION_NOT_FOUND","errorText":"Session not found","event":"error","sessionId":null}`)
}
