package httprequest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

// script serves connections by their bytes. Each is closed when talk returns.
func script(t *testing.T, talk func(conn net.Conn, in *bufio.Reader)) (address string) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			talk(conn, bufio.NewReader(conn))
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// Line ends of a kind that HTTP does not have are a mistake in heads, and only
// there.
func TestLineEnds(t *testing.T) {
	const good, bad = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 12\n\n"
	const interim = "HTTP/1.1 100 Continue\r\n\r\n"
	const body = "Hello\nworld\n"
	for _, c := range []struct {
		answer          string
		strict, lenient bool // is it taken?
	}{
		{good + body, true, true},
		{bad + body, false, true},
		{"HTTP/1.0 200\nContent-Type: text/plain\n\n" + body, false, true},
		{interim + good + body, true, true},
		{interim + bad + body, false, true},
		{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + interim + bad + body, false, true},
	} {
		address := script(t, func(conn net.Conn, in *bufio.Reader) {
			_, _ = http.ReadRequest(in) // what is left unread makes the end a reset
			_, _ = io.WriteString(conn, c.answer)
		})
		for config, taken := range map[string]bool{`{"url":"URL"}`: c.strict, `{"url":"URL","insecureHTTPParser":true}`: c.lenient} {
			_, msg := ask(t, address, config, `{}`)
			if got := flow.Text(msg.Get("payload")); taken && got != body || !taken && !strings.HasPrefix(got, "RequestError: Parse Error") {
				t.Errorf("%q with %s: %s", c.answer, config, flow.JSON(msg))
			}
		}
	}
}

// Each answer of a connection has a head.
func TestLineEndsOfTheNextAnswer(t *testing.T) {
	answers := make(chan string, 3)
	address := script(t, func(conn net.Conn, in *bufio.Reader) {
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_, _ = io.WriteString(conn, <-answers)
		}
	})
	const bad = "HTTP/1.1 200 OK\nContent-Length: 6\n\nHello\n"
	answers <- "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nHello\n"
	answers <- bad
	answers <- bad // the http package asks again on another connection
	d := flowtest.New(t, Type(nil), `{"url":"`+address+`"}`, direct)
	for i, want := range []flow.Value{200.0, "HPE_CR_EXPECTED"} {
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Done) == i+1 })
		if got := d.Messages(0)[i].Get("statusCode"); got != want {
			t.Errorf("answer %d: %v, want %v", i+1, got, want)
		}
	}
}

// An answer may begin while the request is still being sent.
func TestAnswerBeforeTheRequestIsSent(t *testing.T) {
	address := script(t, func(conn net.Conn, in *bufio.Reader) {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n")
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(conn, "Hello\nworld\n")
	})
	const large = 8 << 20 // more than the sockets take at once
	_, msg := ask(t, address, `{"method":"POST","url":"URL"}`, `{"payload":"`+strings.Repeat("x", large)+`"}`)
	if got := flow.JSON(msg.Get("payload")); got != `"Hello\nworld\n"` {
		t.Errorf("got %s", got)
	}
}
