package webroutes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The limits of what a client may take to say what it wants and to read the
// answer. What a flow takes is not part of it.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	answerTimeout = time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// NewServer returns a server that has the limits, but for that of the answer:
// [LimitWrites] has it.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Serve serves the routes of a table on a listener, which belongs to the server
// from then on, and does so by TLS if there is a configuration. Stop closes the port
// and waits for requests that are under way until its context ends; then it cuts them
// off.
func Serve(l net.Listener, secure *tls.Config, t *Table, log *slog.Logger) (stop func(context.Context) error) {
	server := NewServer(t, log)
	server.MaxHeaderBytes = maxHeader
	var newcomers Newcomers
	newcomers.Watch(server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(LimitWrites(l, secure)); !errors.Is(err, http.ErrServerClosed) {
			log.Error("nodes serve HTTP no more", "error", err)
		}
	}()
	return func(ctx context.Context) error {
		defer newcomers.Dismiss()()
		err := server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(fmt.Errorf("waiting for requests to nodes: %w", err), server.Close())
		}
		<-ended
		return err
	}
}
