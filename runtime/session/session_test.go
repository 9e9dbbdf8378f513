package session

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

// echo is what a flow does that sends all it gets back where it came from.
func echo(st *Store) func(m *flow.Message, c *flow.Cause) {
	return func(m *flow.Message, c *flow.Cause) {
		s := st.Get(m.Get("sessionId"))
		if s == nil {
			return
		}
		data := m.Get("payload")
		b, ok := data.(flow.Buffer)
		if !ok {
			b = flow.Buffer(flow.Text(data) + "\n")
		}
		_ = s.Send(Sending{Node: "owner", Data: b, Cause: c})
	}
}

func TestAnswersAfterThePeersEnd(t *testing.T) {
	st := New()
	l := newLoop(t, nil)
	release := make(chan struct{})
	answer := echo(st)
	l.handle = func(m *flow.Message, c *flow.Cause) {
		<-release
		answer(m, c)
	}
	_, peer, w := accept(t, st, l, Options{Line: true})
	fmt.Fprint(peer, "a\nb\nunfinished")
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	close(release)
	got, err := io.ReadAll(peer)
	if string(got) != "a\nb\nunfinished\n" || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
	if len(st.Snapshot()) != 0 {
		t.Error("the session is still there")
	}
}

// The idle time starts anew with what comes in and with what goes out.
func TestIdleTime(t *testing.T) {
	st := New()
	h := &recorder{}
	s, peer, _ := accept(t, st, h, Options{Line: true})
	idleSince := func() time.Time {
		i := st.Snapshot()[0]
		return time.Now().Add(-i.Idle) // this much after the truth, never before
	}
	if i := st.Snapshot()[0]; i.Idle < 0 || i.Idle > time.Since(i.Started) {
		t.Errorf("idle for %v, started %v ago", i.Idle, time.Since(i.Started))
	}
	before := time.Now()
	fmt.Fprintln(peer, "a")
	h.await(t, dataPort, 1)
	if since := idleSince(); since.Before(before) {
		t.Errorf("idle since %v, data came in after %v", since, before)
	}
	before = time.Now()
	if err := s.Send(Sending{Node: "owner", Data: []byte("b")}); err != nil {
		t.Fatal(err)
	}
	if since := idleSince(); since.Before(before) {
		t.Errorf("idle since %v, data went out after %v", since, before)
	}
}

func TestReset(t *testing.T) {
	st := New()
	h := &recorder{}
	_, peer, w := accept(t, st, h, Options{Line: true})
	fmt.Fprint(peer, "a\nhal")
	h.await(t, dataPort, 1)
	_ = peer.SetLinger(0)
	_ = peer.Close()
	err := await(t, w.closed)
	if err == nil || err.Code != "ECONNRESET" || err.Text != "read ECONNRESET" {
		t.Errorf("closed with %+v", err)
	}
	if got, want := h.await(t, dataPort, 2), []string{`"a"`, `"hal"`}; !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDisconnectWritesTheQueueFirst(t *testing.T) {
	st := New()
	h := &recorder{}
	s, peer, w := accept(t, st, h, Options{})
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MB: more than sockets hold
	if err := s.Send(Sending{Node: "owner", Data: data}); err != nil {
		t.Fatal(err)
	}
	if i := st.Snapshot()[0]; i.Queued == 0 || i.BytesOut+uint64(i.Queued) != uint64(len(data)) {
		t.Errorf("queued %d, written %d of %d", i.Queued, i.BytesOut, len(data))
	}
	s.Disconnect()
	if err := s.Send(Sending{Node: "owner"}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("sending then gives %v", err)
	}
	got, err := io.ReadAll(peer)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("the peer got %d bytes, %v", len(got), err)
	}
	_, _ = fmt.Fprint(peer, "still here")
	h.await(t, dataPort, 1)
	select {
	case err := <-w.closed:
		t.Errorf("it did not wait for the peer (%v)", err)
	default:
	}
	_ = peer.Close()
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

func TestWritesAreWholeAndInOrder(t *testing.T) {
	st := New()
	s, peer, _ := accept(t, st, &recorder{}, Options{})
	const writers, each = 8, 200
	item := func(w, i int) string { return fmt.Sprintf("%d:%04d:%s\n", w, i, strings.Repeat("x", 3000)) }
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := s.Send(Sending{Node: "owner", Data: []byte(item(w, i))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		got := make([]byte, writers*each*len(item(0, 0)))
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Error(err)
		}
		next := [writers]int{}
		for line := range bytes.Lines(got) {
			w := int(line[0] - '0')
			if string(line) != item(w, next[w]) {
				t.Fatalf("line %d of writer %d is not whole or not in order: %.20q", next[w], w, line)
			}
			next[w]++
		}
	})
	wg.Wait()
}

// A peer that sends and does not read gets no more than its credits; others go
// on, and when it reads it gets every byte.
func TestSlowPeer(t *testing.T) {
	st := New()
	l := newLoop(t, nil)
	l.handle = echo(st)
	_, slow, _ := accept(t, st, l, Options{})
	_, quick, _ := accept(t, st, l, Options{})

	const size = 50 << 20
	block := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	sent := make(chan []byte, 1)
	go func() {
		sum := sha256.New()
		for range size / len(block) {
			if _, err := slow.Write(block); err != nil {
				t.Error(err)
			}
			sum.Write(block)
		}
		_ = slow.CloseWrite()
		sent <- sum.Sum(nil)
	}()

	buf := make([]byte, 5)
	for range 200 {
		fmt.Fprint(quick, "hello")
		if _, err := io.ReadFull(quick, buf); err != nil || string(buf) != "hello" {
			t.Fatalf("the other peer got %q, %v", buf, err)
		}
	}
	for _, i := range st.Snapshot() {
		if i.Queued > (chunkCredits+1)*chunkSize {
			t.Errorf("%d bytes are queued", i.Queued)
		}
	}
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	if mem.HeapAlloc > 32<<20 {
		t.Errorf("%d MB are in use", mem.HeapAlloc>>20)
	}

	sum := sha256.New()
	n, err := io.Copy(sum, slow)
	if n != size || err != nil || !bytes.Equal(sum.Sum(nil), <-sent) {
		t.Errorf("%d of %d bytes came back, %v", n, size, err)
	}
}

func TestManyConnections(t *testing.T) {
	st := New()
	l := newLoop(t, nil)
	l.handle = echo(st)
	st.Attach("owner", l)
	w := &counter{}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			st.Accept(Stream{Conn: c}, &Options{Node: "owner", Owner: w, Line: true})
		}
	})
	for range 4 {
		var burst sync.WaitGroup
		for i := range 250 {
			burst.Go(func() {
				c, err := net.Dial("tcp4", ln.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				fmt.Fprintf(c, "%d\n", i)
				got := make([]byte, len(fmt.Sprint(i))+1)
				if _, err := io.ReadFull(c, got); err != nil {
					t.Error(err)
				}
			})
		}
		burst.Wait()
	}
	_ = ln.Close()
	accepting.Wait()
	st.End("owner")
	if n := len(st.list(nil)); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if w.opened != 1000 || w.closed != 1000 {
		t.Errorf("opened %d, closed %d", w.opened, w.closed)
	}
}

type counter struct {
	mu             sync.Mutex
	opened, closed int
}

func (c *counter) Opened(*Session)   { c.mu.Lock(); c.opened++; c.mu.Unlock() }
func (c *counter) TimedOut(*Session) {}
func (c *counter) Closed(*Session, *sockets.Error) {
	c.mu.Lock()
	c.closed++
	c.mu.Unlock()
}

func TestDial(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	target := sockets.Target{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port}
	st := New()
	st.Attach("n", &recorder{})
	w := newWatcher()
	o := &Options{Node: "n", Owner: w}

	s, err := st.Dial(To(target), 42.0, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Dial(To(target), 42.0, o); !errors.Is(err, ErrExists) {
		t.Errorf("the same id again gives %v", err)
	}
	await(t, w.opened)
	if st.Get(42.0) != s || st.Get("42") != nil || st.Get(flow.Array{}) != nil || st.Get(nil) != nil {
		t.Error("sessions are found by the wrong ids")
	}
	st.End("n")
	if err := await(t, w.closed); err != nil || st.Get(42.0) != nil {
		t.Errorf("closed with %v", err)
	}

	// Given up at once or made and ended: it closes without an error.
	s, err = st.Dial(To(target), 42.0, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Disconnect()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

func TestTimeouts(t *testing.T) {
	st := New()
	h := &recorder{}
	const short = 50 * time.Millisecond
	s, peer, w := accept(t, st, h, Options{Line: true, Timeout: short, Cut: true})
	fmt.Fprint(peer, "unfinished")
	if await(t, w.timedOut) != s {
		t.Error("another session timed out")
	}
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
	h.await(t, dataPort, 1)

	st.Attach("send", h)
	s, peer, w = accept(t, st, h, Options{})
	if err := s.Send(Sending{Node: "send", Timeout: short}); err != nil {
		t.Fatal(err)
	}
	h.await(t, eventsPort, 1)
	fmt.Fprint(peer, "again") // a new time begins
	h.await(t, eventsPort, 2)
	if len(w.timedOut)+len(w.closed) > 0 {
		t.Error("the owner heard of a sender's timeout")
	}
	// A send without a timeout leaves none behind.
	if err := s.Send(Sending{Node: "send"}); err != nil {
		t.Fatal(err)
	}
	if s.rare.sendIdle.after != 0 {
		t.Error("the old timeout is still there")
	}
}
