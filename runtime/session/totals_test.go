package session

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

func TestTotals(t *testing.T) {
	st := New()
	h := &recorder{}
	s, peer, w := accept(t, st, h, Options{Line: true, Timeout: 20 * time.Millisecond})
	fmt.Fprint(peer, "one\ntwo\n")
	h.await(t, dataPort, 2)
	if err := s.Send(Sending{Node: "owner", Data: flow.Buffer("back")}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(peer, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	await(t, w.timedOut)
	_, _, _ = accept(t, st, h, Options{})
	want := Traffic{Opened: 2, BytesIn: 8, BytesOut: 4, MessagesIn: 2, MessagesOut: 1}
	got := st.Totals()
	if got.TCP != want || got.UDP != (Traffic{}) || got.Timeouts == 0 || len(got.Open) != 1 || got.Open[OpenKey{"owner", Connected}] != 2 {
		t.Errorf("two sessions: %+v", got)
	}
	st.End("owner")
	if got := st.Totals(); got.TCP != want || len(got.Open) != 0 {
		t.Errorf("closed: %+v", got)
	}

	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := sockets.Target{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port}
	_ = ln.Close()
	w = newWatcher()
	if _, err := st.Dial(To(nobody), nil, &Options{Node: "owner", Owner: w}); err != nil {
		t.Fatal(err)
	}
	if err := await(t, w.closed); err == nil {
		t.Error("somebody listens there")
	}
	if got := st.Totals(); got.Failed != 1 || got.TCP.Opened != 3 {
		t.Errorf("after a connection that was refused: %+v", got)
	}
}
