package session

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// batchHost is a place whose batch ends when the test says so.
type batchHost struct {
	recorder
	flushers []flow.Flusher
}

func (h *batchHost) AtEnd(f flow.Flusher) { h.flushers = append(h.flushers, f) }

func udpSocket(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestDatagrams(t *testing.T) {
	st := New()
	h := &recorder{}
	st.Attach("n", h)
	w := newWatcher()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := st.Bind(conn, "u", &Options{Node: "n", Owner: w, Line: true}, Datagrams{Size: DatagramSize})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(Sending{}); !errors.Is(err, ErrNoStream) {
		t.Errorf("sending on it gives %v", err)
	}
	c, err := net.Dial("udp4", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 3 * datagramCredits {
		fmt.Fprint(c, i)
		h.await(t, dataPort, i+1)
	}
	got := h.on(dataPort)[7].Get("rinfo").(*flow.Object)
	want := flow.NewObject("address", "127.0.0.1", "family", "IPv4",
		"port", float64(c.LocalAddr().(*net.UDPAddr).Port), "size", 1.0)
	if !flow.Equal(got, want) || slices.Compare(got.Keys(), want.Keys()) != 0 {
		t.Errorf("rinfo is %s", flow.JSON(got))
	}
	s.Disconnect()
	if st.Get("u") != nil {
		t.Error("the id is still there")
	}
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

type released struct{ n int }

func (r *released) Release() { r.n++ }

func TestOutbox(t *testing.T) {
	st, h := New(), &batchHost{}
	st.Attach("n", h)
	t.Cleanup(func() { st.End("n") })
	var sessions []*Session
	for _, id := range []string{"a", "b"} {
		conn, _ := udpSocket(t)
		s, err := st.BindSender(conn, id, &Options{Node: "n", Owner: newWatcher()})
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	peer, to := udpSocket(t)
	var sent []int
	o := NewOutbox(h, func(n int, err error) {
		if err != nil {
			n = -1
		}
		sent = append(sent, n)
	})
	var freed released
	data := []byte("1")
	for _, d := range []struct {
		session int
		data    []byte
	}{{0, data}, {0, make([]byte, 1<<16)}, {0, []byte("22")}, {1, []byte("333")}} {
		c := flow.NewCause(&freed)
		c.Hold()
		o.Send(sessions[d.session], d.data, to, c)
		c.Done()
	}
	data[0] = 'x' // what is sent later is what it was
	if freed.n != 3 || len(h.flushers) != 1 {
		t.Errorf("before the end of the batch: %d causes have ended, %d flushers", freed.n, len(h.flushers))
	}
	h.flushers[0].Flush()
	if !slices.Equal(sent, []int{1, -1, 2, 3}) || freed.n != 4 {
		t.Errorf("sent %v, %d causes have ended", sent, freed.n)
	}
	buf := make([]byte, 10)
	for _, want := range []string{"1", "22", "333"} {
		if n, err := peer.Read(buf); err != nil || string(buf[:n]) != want {
			t.Errorf("received %q, %v, want %s", buf[:n], err, want)
		}
	}
	if i := sessions[0].Info(); i.BytesOut != 3 || i.MessagesOut != 2 || i.Kind != "udp" {
		t.Errorf("the session is %+v", i)
	}
	if NewOutbox(&recorder{}, nil) != nil {
		t.Error("there is an outbox without batches")
	}
}
