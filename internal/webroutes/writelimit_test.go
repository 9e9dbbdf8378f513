package webroutes

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// limitedServer serves with a limit, and returns its address.
func limitedServer(t *testing.T, limit time.Duration, secure *tls.Config, serve http.HandlerFunc) string {
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
		_ = server.Serve(limitWrites(l, limit, secure))
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return l.Addr().String()
}

const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// dialAndAsk sends a request and returns the connection.
func dialAndAsk(t *testing.T, addr string) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	return c
}

// By TLS the limit is that of the connection below.
func TestWhoDoesNotReadIsCutOffByTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // for its certificate
	defer certified.Close()
	failed := make(chan error, 1)
	secure := &tls.Config{Certificates: certified.TLS.Certificates}
	addr := limitedServer(t, 50*time.Millisecond, secure, func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(much)
		failed <- err
	})
	d := tls.Dialer{Config: certified.Client().Transport.(*http.Transport).TLSClientConfig}
	d.Config.ServerName = "example.com"
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// much is more than a connection takes that nobody reads from.
var much = bytes.Repeat([]byte("0123456789abcdef"), 4<<20)

// writers are the ways in which an answer is written. The server gives the length of
// a file, and then ReadFrom is called.
var writers = map[string]func(http.ResponseWriter, []byte) error{
	"Write": func(w http.ResponseWriter, b []byte) error { _, err := w.Write(b); return err },
	"ReadFrom": func(w http.ResponseWriter, b []byte) error {
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, err := io.Copy(w, io.LimitReader(bytes.NewReader(b), int64(len(b))))
		return err
	},
}

func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	for name, write := range writers {
		failed := make(chan error, 1)
		addr := limitedServer(t, 50*time.Millisecond, nil, func(w http.ResponseWriter, _ *http.Request) { failed <- write(w, much) })
		dialAndAsk(t, addr)
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A slow client that goes on reading has all the time it needs.
func TestSlowReaderIsNotCutOff(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a write goes on late here")
	}
	const limit = 600 * time.Millisecond
	for name, write := range writers {
		failed := make(chan error, 1)
		addr := limitedServer(t, limit, nil, func(w http.ResponseWriter, _ *http.Request) { failed <- write(w, much) })
		c := dialAndAsk(t, addr)
		if err := c.(*net.TCPConn).SetReadBuffer(piece); err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); time.Since(began) < 4*limit; {
			if _, err := io.CopyN(io.Discard, c, piece); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			<-time.After(limit / 10)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a flow takes is not the client's time.
func TestLateAnswerIsWritten(t *testing.T) {
	const limit = 50 * time.Millisecond
	addr := limitedServer(t, limit, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Late") != "" {
			<-time.After(2 * limit)
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
		r.Header.Set("Late", late)
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
	addr := limitedServer(t, limit, nil, func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			done <- err
			return
		}
		defer context.AfterFunc(ctx, func() { _ = c.Close() })()
		for _, deadline := range []time.Time{time.Now().Add(time.Hour), {}} { // as some do around each write
			if err := c.SetWriteDeadline(deadline); err != nil {
				done <- err
				return
			}
		}
		_, err = c.Write(much) // until it is closed
		done <- err
	})
	dialAndAsk(t, addr)
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the write has ended with %v", err)
	}
}
