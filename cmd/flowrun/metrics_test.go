package main

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
)

// What an echo server over a real socket did shows in the metrics.
func TestMetricsOfAnEchoServer(t *testing.T) {
	s := serve(t)
	s.do("GET", "/readyz", "", 503)
	port := freePort(t)
	s.do("POST", "/flows", echoFlow(port, "e"), 204)
	s.await(`listening`)
	s.do("GET", "/healthz", "", 200)
	s.do("GET", "/readyz", "", 200)
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	text := s.do("GET", "/metrics", "", 200)
	for _, want := range []string{
		`flowrun_session_bytes_total{direction="in",kind="tcp"} 6`,
		`flowrun_session_messages_total{direction="out",kind="tcp"} 1`,
		`flowrun_sessions_opened_total{kind="tcp"} 1`,
		`flowrun_sessions{node="`, `,state="connected"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics have no %s:\n%s", want, text)
		}
	}
	s.end()
}
