package tcprequest

import (
	"fmt"
	"io"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/runtime/session"
)

// An answer that does not end is an error in all modes, and ends the connection.
func TestEndlessAnswer(t *testing.T) {
	ln := sockettest.Listen(t)
	id := fmt.Sprintf("127.0.0.1:%d", sockettest.Port(ln))
	endless := make(flow.Buffer, 64<<20+1)
	for _, mode := range []string{
		`"out":"time","splitc":"3600000"`,
		`"out":"count","splitc":"100000000"`,
		`"out":"char","splitc":"x"`,
		`"out":"sit","ret":"string","newline":"x"`,
	} {
		t.Run(mode, func(t *testing.T) {
			d := flowtest.New(t, Type(session.New(), nil), fmt.Sprintf(`{"server":"127.0.0.1","port":%d,%s}`, sockettest.Port(ln), mode))
			d.Handle(`{"payload":"question","topic":"t"}`)
			d.Until(func() bool { return len(d.Done) == 1 })
			peer, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			l := d.Node.(*Node).links[id]
			// Over the socket it would take the race detector half a minute.
			l.receive(flow.Outlet{}, l.session, endless)
			l.receive(flow.Outlet{}, l.session, flow.Buffer("x")) // was on its way
			if n := len(d.Log); n != 1 || d.Log[0].What != "more than 64 MB without an end" || d.Log[0].Msg.Get("topic") != "t" {
				t.Errorf("reported %v", d.Log)
			}
			if got, _ := io.ReadAll(peer); string(got) != "question" {
				t.Errorf("the server got %q", got)
			}
			if n := len(d.Node.(*Node).links); n != 0 {
				t.Errorf("%d connections are left", n)
			}
		})
	}
}
