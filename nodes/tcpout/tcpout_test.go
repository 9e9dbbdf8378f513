package tcpout_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcpin"
	"github.com/flowrun/flowrun/nodes/tcpout"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func expect(t *testing.T, peer net.Conn, want string) {
	t.Helper()
	_ = peer.SetReadDeadline(time.Now().Add(10 * time.Second))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(peer, got); string(got) != want || err != nil {
		t.Errorf("the peer got %q, %v, want %q", got, err, want)
	}
}

func TestReply(t *testing.T) {
	st, port := session.New(), sockettest.FreePort(t)
	in := flowtest.New(t, tcpin.Type(st), fmt.Sprintf(`{"port":%d,"datatype":"utf8"}`, port), func(e *flow.Env) { e.ID = "in" })
	out := flowtest.New(t, tcpout.Type(st), `{"beserver":"reply"}`, func(e *flow.Env) { e.ID = "out" })
	a, b := sockettest.Dial(t, port), sockettest.Dial(t, port)
	_, _ = io.WriteString(a, "ann")
	in.Until(func() bool { return len(in.Messages(0)) == 1 })
	_, _ = io.WriteString(b, "bob")
	in.Until(func() bool { return len(in.Messages(0)) == 2 })
	for _, m := range in.Messages(0) {
		out.HandleMessage(m.Clone())
	}
	expect(t, a, "ann")
	expect(t, b, "bob")

	out.Handle(`{"payload":42}`) // to all
	expect(t, a, "42")
	expect(t, b, "42")
	out.Handle(`{"payload":{"a":1}}`)
	out.Handle(`{"payload":"x","_session":{"type":"tcp","id":"gone"}}`)
	reset := in.Messages(0)[0].Clone()
	reset.Set("reset", true)
	out.Handle(`{"payload":"bye"}`)
	out.HandleMessage(reset)
	expect(t, a, "bye") // what was sent before
	expect(t, b, "bye")
	if _, err := a.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
	_, _ = io.WriteString(b, "still there")
	in.Until(func() bool { return len(in.Messages(0)) == 3 })
	for i, err := range out.Done {
		if failed := i == 3; (err != nil) != failed {
			t.Errorf("message %d: %v", i, err)
		}
	}
}

func TestServer(t *testing.T) {
	port := sockettest.FreePort(t)
	d := flowtest.New(t, tcpout.Type(session.New()), fmt.Sprintf(`{"beserver":"server","port":%d,"base64":true,"end":true}`, port))
	a, b := sockettest.Dial(t, port), sockettest.Dial(t, port)
	d.Until(func() bool { return len(d.Badges()) == 3 })
	d.Handle(`{"payload":"aGk="}`)
	for _, peer := range []net.Conn{a, b} {
		if got, err := io.ReadAll(peer); string(got) != "hi" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		_ = peer.Close()
	}
	d.Until(func() bool { return len(d.Badges()) == 5 })
	if got := d.Badges()[4]; !strings.HasSuffix(got, "0 connections") {
		t.Errorf("the badge is %q", got)
	}
}

// The connection ends when the message is written, and is made again at once.
func TestClient(t *testing.T) {
	ln := sockettest.Listen(t)
	d := flowtest.New(t, tcpout.Type(session.New()), fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"end":true}`, sockettest.Port(ln)))
	for i := range 2 {
		d.Until(func() bool { return len(d.Badges()) == 2+3*i })
		peer, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		d.Handle(`{"payload":"hello"}`)
		if got, err := io.ReadAll(peer); string(got) != "hello" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		_ = peer.Close()
	}
}
