package webroutes

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// limitedServer serves with a limit, and returns its address.
func limitedServer(t *testing.T, limit time.Duration, serve http.HandlerFunc) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: serve, ReadHeaderTimeout: headerTimeout}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(LimitWrites(l, limit))
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return l.Addr().String()
}

// dialAndAsk sends a request and returns the connection.
func dialAndAsk(t *testing.T, addr string) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return c
}

// much is more than a connection takes that nobody reads from.
var much = bytes.Repeat([]byte("0123456789abcdef"), 4<<20)

func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"Write":    func(w io.Writer) error { _, err := w.Write(much); return err },
		"ReadFrom": func(w io.Writer) error { _, err := io.Copy(w, io.MultiReader(bytes.NewReader(much))); return err },
	} {
		failed := make(chan error, 1)
		addr := limitedServer(t, 50*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) { failed <- write(w) })
		dialAndAsk(t, addr)
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a flow takes is not the client's time.
func TestLateAnswerIsWritten(t *testing.T) {
	const limit = 50 * time.Millisecond
	addr := limitedServer(t, limit, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Late") != "" {
			<-time.After(maxAge + limit)
		}
		_, _ = io.WriteString(w, "hello")
	})
	var transport http.Transport
	defer transport.CloseIdleConnections()
	for _, late := range []string{"", "yes", ""} { // over one connection
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr, nil)
		if err != nil {
			t.Fatal(err)
		}
		if late != "" {
			r.Header.Set("Late", late)
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatalf("late %q: %v", late, err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || string(body) != "hello" {
			t.Errorf("late %q: %q, %v", late, body, err)
		}
	}
}

// Who takes over a connection has no limit but its own.
func TestHijackedIsNotLimited(t *testing.T) {
	const limit = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 10*limit)
	defer cancel()
	done := make(chan error, 1)
	addr := limitedServer(t, limit, func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			done <- err
			return
		}
		defer context.AfterFunc(ctx, func() { _ = c.Close() })()
		_, err = c.Write(much) // until it is closed
		done <- err
	})
	dialAndAsk(t, addr)
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the write has ended with %v", err)
	}
}
