package session

import (
	"bytes"
	"io"
	"testing"
	"time"
)

func TestFirstByteAndLifetime(t *testing.T) {
	for _, c := range []struct {
		says, want string
		limits     Limits
	}{
		{"", "First byte timeout", Limits{FirstByte: 100.0, Lifetime: "60000"}},
		{"x", "Maximum connection time", Limits{FirstByte: 60_000.0, Lifetime: "300"}},
	} {
		_, peer, w := accept(t, New(), &recorder{}, Options{Limits: c.limits})
		_, _ = io.WriteString(peer, c.says)
		if err := await(t, w.closed); err == nil || err.Code != "TIMEOUT" || err.Text != c.want {
			t.Errorf("said %q: closed with %v, want %s", c.says, err, c.want)
		}
		if _, err := io.ReadAll(peer); err != nil {
			t.Error(err)
		}
	}
}

// A session that ends before its time does so without an error.
func TestLifetimeUnused(t *testing.T) {
	_, peer, w := accept(t, New(), &recorder{}, Options{Limits: Limits{FirstByte: 60_000.0, Lifetime: 60_000.0}})
	_ = peer.Close()
	if err := await(t, w.closed); err != nil {
		t.Errorf("closed with %v", err)
	}
}

// What is above the rate takes its time, and arrives whole.
func TestRates(t *testing.T) {
	const size, rate, atLeast = 50_000, 100_000.0, 300 * time.Millisecond
	data := bytes.Repeat([]byte("0123456789"), size/10)

	st := New()
	l := newLoop(t, echo(st))
	_, peer, w := accept(t, st, l, Options{Limits: Limits{WriteRate: rate}})
	start := time.Now()
	go func() { _, _ = peer.Write(data); _ = peer.CloseWrite() }()
	if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if took := time.Since(start); took < atLeast {
		t.Errorf("written in %s", took)
	}
	_ = await(t, w.closed)

	_, peer, w = accept(t, New(), &recorder{}, Options{Limits: Limits{ReadRate: rate}})
	start = time.Now()
	_, _ = peer.Write(data)
	_ = peer.Close()
	_ = await(t, w.closed)
	if took := time.Since(start); took < atLeast {
		t.Errorf("read in %s", took)
	}
}

// A session that waits for its pace is closed at once all the same.
func TestPaceEnds(t *testing.T) {
	st := New()
	h := &recorder{}
	s, peer, w := accept(t, st, h, Options{Limits: Limits{ReadRate: 0.001, WriteRate: 0.001}})
	_, _ = io.WriteString(peer, "x")
	h.await(t, dataPort, 1)
	st.Attach("sender", h)
	if err := s.Send(Sending{Node: "sender", Data: []byte("much")}); err != nil {
		t.Fatal(err)
	}
	s.Destroy()
	_ = await(t, w.closed)
}

func TestBadLimits(t *testing.T) {
	for name, l := range map[string]Limits{"readRate": {ReadRate: -1}, "writeRate": {WriteRate: -1}} {
		if err := l.Check(); err == nil || err.Error() != name+": must not be negative" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
