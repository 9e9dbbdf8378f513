package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// ServeWeb is the plain server for HTTP: net/http with a route that answers JSON,
// until the context ends.
func ServeWeb(ctx context.Context, listener net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		body, err := json.Marshal(struct {
			ID string `json:"id"`
			N  string `json:"n"`
		}{r.PathValue("id"), r.URL.Query().Get("n")})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(body) // the client is gone if this fails
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// AskWeb asks an HTTP server for things over some connections that stay open, one
// request after the other on each. An answer that is not what was asked for is an
// error.
func AskWeb(ctx context.Context, addr string, connections, requests int, timeout time.Duration) (Result, error) {
	latencies := make([][]time.Duration, connections)
	errs := make([]error, connections)
	conns := make([]net.Conn, connections)
	dialer := newDialer()
	for i := range conns {
		conn, err := dialer.dial(ctx, addr)
		if err != nil {
			return Result{}, err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
			return Result{}, err
		}
		conns[i] = conn
	}
	start := time.Now()
	var group sync.WaitGroup
	for i, conn := range conns {
		group.Go(func() { latencies[i], errs[i] = askThings(conn, i, requests/connections) })
	}
	group.Wait()
	return newResult(start, latencies), errors.Join(errs...)
}

// askThings asks for things over one connection.
func askThings(conn net.Conn, number, requests int) ([]time.Duration, error) {
	latencies := make([]time.Duration, 0, requests)
	in := bufio.NewReader(conn)
	for n := range requests {
		sentAt := time.Now()
		if _, err := fmt.Fprintf(conn, "GET /things/%d?n=%d HTTP/1.1\r\nHost: %s\r\n\r\n", number, n, conn.RemoteAddr()); err != nil {
			return latencies, err
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return latencies, fmt.Errorf("reading answer %d of connection %d: %w", n, number, err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return latencies, err
		}
		if err := compare(number, n, body, fmt.Appendf(nil, `{"id":"%d","n":"%d"}`, number, n)); err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(sentAt))
	}
	return latencies, nil
}
