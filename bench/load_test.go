package bench

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// serveTest runs an echo server that calls handle until the test ends.
func serveTest(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, listener, handle) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func TestWrongAnswerIsAnError(t *testing.T) {
	addr := serveTest(t, func(conn net.Conn) {
		buf := make([]byte, 1000)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			buf[n-2] = '!'
			if _, err := conn.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	clients, err := Dial(t.Context(), 2, 10*time.Second, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = clients.Close() }()
	_, err = clients.Run(Load{Messages: 10, InFlight: 1, Size: 20})
	if err == nil || !strings.Contains(err.Error(), "answer 0 of connection 0") {
		t.Errorf("error %v; want one about the first answer", err)
	}
}

func TestQuantile(t *testing.T) {
	var r Result
	for i := range 100 {
		r.Merge(Result{Messages: 1, latencies: []time.Duration{time.Duration(100 - i)}})
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := r.Quantile(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if got := (Result{}).Quantile(0.5); got != 0 {
		t.Errorf("quantile of nothing is %d", got)
	}
}

func TestUsageOfGrows(t *testing.T) {
	plain := startPlain(t)
	before, err := plain.Usage()
	if err != nil {
		t.Skip(err)
	}
	contender := enter(t, plain, echoCase{mode: "line", connections: 1})
	contender.round(t, Load{Messages: 500, InFlight: 1, Size: requestSize})
	after, err := plain.Usage()
	if err != nil || after.CPU < before.CPU || after.Resident == 0 {
		t.Errorf("from %+v to %+v, error %v", before, after, err)
	}
}
