package session

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
)

// acceptTLS makes a session of the server's end of a TLS connection.
func acceptTLS(t testing.TB, st *Store, h flow.Host, o Options) (peer *tls.Conn, w *watcher) {
	t.Helper()
	server, client := sockettest.TLS(t)
	here, there := pair(t)
	peer = tls.Client(there, client)
	shaken := make(chan error, 1)
	go func() { shaken <- peer.Handshake() }()
	secure, err := sockets.TLSServer(t.Context(), here, nil, server)
	if err != nil {
		t.Fatal(err)
	}
	if err := await(t, shaken); err != nil {
		t.Fatal(err)
	}
	w = newWatcher()
	o.Node, o.Owner = "owner", w
	st.Attach("owner", h)
	st.Accept(Stream{Conn: secure}, &o)
	t.Cleanup(func() { st.End("owner") })
	return peer, w
}

func TestSecureSession(t *testing.T) {
	st := New()
	l := newLoop(t, nil)
	l.handle = echo(st)
	peer, w := acceptTLS(t, st, l, Options{Line: true})
	for _, size := range []int{1, 100, 5 << 10, 40 << 10, 1 << 20, 1} {
		line := strings.Repeat("x", size) + "\n"
		go func() { _, _ = io.WriteString(peer, line) }()
		got := make([]byte, len(line))
		if _, err := io.ReadFull(peer, got); err != nil || string(got) != line {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
	if rest, err := io.ReadAll(peer); len(rest) > 0 || err != nil {
		t.Errorf("the end is %q, %v", rest, err)
	}
}

// Several records in one segment, and one record in several: TLS holds back what
// the socket does not show any more.
func TestSecureSessionSegments(t *testing.T) {
	st := New()
	h := &recorder{}
	server, client := sockettest.TLS(t)
	here, there := pair(t)
	cut := &gather{Conn: there}
	peer := tls.Client(cut, client)
	shaken := make(chan error, 1)
	go func() { shaken <- peer.Handshake() }()
	secure, err := sockets.TLSServer(t.Context(), here, nil, server)
	if err != nil || await(t, shaken) != nil {
		t.Fatal(err)
	}
	st.Attach("owner", h)
	st.Accept(Stream{Conn: secure}, &Options{Node: "owner", Owner: newWatcher(), Line: true})
	t.Cleanup(func() { st.End("owner") })

	cut.hold = true
	want := 0
	for range 20 {
		for range 5 {
			if _, err := io.WriteString(peer, "a line\n"); err != nil {
				t.Fatal(err)
			}
		}
		whole := cut.held.Bytes()
		_, _ = there.Write(whole[:len(whole)-3])
		h.await(t, dataPort, want+4)
		_, _ = there.Write(whole[len(whole)-3:])
		cut.held.Reset()
		want += 5
		h.await(t, dataPort, want)
	}
}

// gather keeps what is written, if it is told to.
type gather struct {
	net.Conn
	hold bool
	held bytes.Buffer
}

func (g *gather) Write(b []byte) (int, error) {
	if g.hold {
		return g.held.Write(b)
	}
	return g.Conn.Write(b)
}

// What was read before the session was made comes first.
func TestPrefix(t *testing.T) {
	st := New()
	h := &recorder{}
	here, peer := pair(t)
	st.Attach("owner", h)
	s := st.Accept(Stream{Conn: here, Prefix: []byte("one\ntw"), Remote: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 7}},
		&Options{Node: "owner", Owner: newWatcher(), Line: true})
	t.Cleanup(func() { st.End("owner") })
	_, _ = io.WriteString(peer, "o\n")
	if got := h.await(t, dataPort, 2); got[0] != `"one"` || got[1] != `"two"` {
		t.Errorf("%q", got)
	}
	if s.RemoteAddr().String() != "10.0.0.7:7" || s.LocalAddr().String() != here.LocalAddr().String() {
		t.Errorf("the ends are %s and %s", s.RemoteAddr(), s.LocalAddr())
	}
}
