package tcprequest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/tcprequest"
	"github.com/flowrun/flowrun/runtime/session"
)

// gate is a host that holds back what is posted while it is shut: to the node a
// connection is still being made then.
type gate struct {
	flow.Host

	mu     sync.Mutex
	shut   bool
	posted []func()
}

func (g *gate) Post(c *flow.Cause, t flow.Task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.Host.Post(c, t)
		return
	}
	c.Hold()
	g.posted = append(g.posted, func() {
		g.Host.Post(c, t)
		c.Done()
	})
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
	for _, post := range g.posted {
		post()
	}
	g.posted = nil
}

// bell is a clock whose alarms go off when the test says so, also those that were
// stopped: they may have been about to.
type bell struct {
	flow.SystemClock
	set, stopped int
	ring         func() // of the first alarm
}

func (b *bell) At(_ time.Time, f func()) flow.Alarm {
	if b.set++; b.set == 1 {
		b.ring = f
	}
	return (*alarm)(b)
}

type alarm bell

func (a *alarm) Reset(time.Time) {}

func (a *alarm) Stop() { a.stopped++ }

// hangUp is a server that answers with what it gets and an exclamation mark, and
// closes the connection.
func hangUp(t *testing.T) net.Listener {
	t.Helper()
	return sockettest.Serve(t, func(conn net.Conn) {
		b := make([]byte, 100)
		n, _ := conn.Read(b)
		fmt.Fprintf(conn, "%s!", b[:n])
	})
}

// newNode makes a node that sends to a server, with a gate in front of it and
// alarms that wait for the test.
func newNode(t *testing.T, ln net.Listener, config string) (*flowtest.Driver, *gate, *bell) {
	t.Helper()
	g, b := &gate{}, &bell{}
	d := flowtest.New(t, tcprequest.Type(session.New(), nil),
		fmt.Sprintf(`{"server":"127.0.0.1","port":%d,%s}`, sockettest.Port(ln), config),
		func(e *flow.Env) {
			g.Host = e.Host
			e.Host, e.Clock = g, b
		})
	return d, g, b
}

func TestResetWhileConnecting(t *testing.T) {
	d, g, _ := newNode(t, echo(t), `"out":"sit","ret":"string"`)
	g.close()
	d.Handle(`{"payload":"one"}`)
	d.Handle(`{"payload":"two"}`)
	d.Handle(`{"reset":true,"payload":"three"}`) // makes a new connection
	g.open()
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	const lost = "the connection was closed before the message could be sent"
	if err := errors.Join(d.Done...); len(d.Done) != 3 || err == nil || err.Error() != lost+"\n"+lost || d.Done[2] != nil {
		t.Errorf("done %q", d.Done)
	}
	if got := d.Messages(0)[0].Get("payload"); got != "three" {
		t.Errorf("got %v", got)
	}
}

// A server that hangs up has answered, and the next message has a connection, an
// answer and an alarm of its own.
func TestTimeIsCutShort(t *testing.T) {
	d, g, b := newNode(t, hangUp(t), `"out":"time","splitc":"400","ret":"string"`)
	d.Handle(`{"payload":"one","topic":"t1"}`)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	if b.set != 1 || b.stopped == 0 {
		t.Errorf("%d alarms set, %d stopped", b.set, b.stopped)
	}
	g.close()
	d.Handle(`{"payload":"two","topic":"t2"}`)
	b.ring() // too late
	g.open()
	d.Until(func() bool { return len(d.Messages(0)) == 2 })
	want := []string{`{"payload":"one!","topic":"t1"}`, `{"payload":"two!","topic":"t2"}`}
	if got := d.Sent(0); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(d.Done) != 2 || errors.Join(d.Done...) != nil {
		t.Errorf("done %v", d.Done)
	}
}

// The time is up while the server is silent but still there.
func TestTimeIsUp(t *testing.T) {
	d, _, b := newNode(t, echo(t), `"out":"time","ret":"string"`)
	d.Handle(`{"payload":"one"}`)
	d.Until(func() bool { return b.ring != nil })
	b.ring()
	b.ring()
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	if got := d.Sent(0); got[0] != `{"payload":"one"}` {
		t.Errorf("got %q", got)
	}
}

// What there is of an answer when the server hangs up is sent on, or is an error.
func TestUnfinishedAnswer(t *testing.T) {
	const unfinished = "the server closed the connection before its answer was complete"
	ln := hangUp(t)
	for _, c := range []struct{ config, sent, reported string }{
		{`"out":"count","splitc":"10"`, "", unfinished},
		{`"out":"char","splitc":"?"`, "", unfinished},
		{`"out":"sit","ret":"string","newline":"\\n"`, "one!", ""},
	} {
		t.Run(c.config, func(t *testing.T) {
			d, _, _ := newNode(t, ln, c.config)
			d.Handle(`{"payload":"one","topic":"t"}`)
			d.Until(func() bool { return slices.Contains(d.Badges(), "grey ring disconnected") })
			var sent, reported string
			for _, m := range d.Messages(0) {
				sent += flow.Text(m.Get("payload"))
			}
			for _, e := range d.Log {
				reported += e.What
				if e.Msg.Get("topic") != "t" {
					t.Errorf("an error for %v", e.Msg)
				}
			}
			if sent != c.sent || reported != c.reported {
				t.Errorf("sent %q, reported %q", sent, reported)
			}
		})
	}
}

// A message that wants no answer may get lost on its way: that is reported, though
// it is complete.
func TestImmediatelyLost(t *testing.T) {
	ln := sockettest.Listen(t)
	d, _, _ := newNode(t, ln, `"out":"immed"`)
	d.Handle(`{"payload":"bye","topic":"t"}`)
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	d.Until(func() bool { return len(d.Done) == 1 })
	if _, err := io.ReadAll(peer); err != nil { // until it has ended its side
		t.Error(err)
	}
	if err := peer.(*net.TCPConn).SetLinger(0); err != nil { // a reset
		t.Error(err)
	}
	_ = peer.Close()
	d.Until(func() bool { return len(d.Log) == 1 })
	if e := d.Log[0]; e.What != "connect failed "+ln.Addr().String() || e.Msg.Get("topic") != "t" {
		t.Errorf("reported %q for %v", e.What, e.Msg)
	}
}
