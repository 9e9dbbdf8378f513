package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/flowrun/flowrun/runtime"
)

// The limits of what a client may take. A deploy may wait for messages that are
// under way and for nodes that are slow to stop, hence the long answer time.
const (
	maxBody       = 5 << 20 // Node-RED's apiMaxLength
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	answerTimeout = 90 * time.Second
	idleTimeout   = 2 * time.Minute
)

// Server serves the admin API until [Server.Shutdown].
type Server struct {
	http  http.Server
	ended chan struct{}
}

// CheckAddress tells what is wrong with an address to listen on. Only those of
// the loopback (127.0.0.1:1880, [::1]:1880, localhost:1880) are allowed.
func CheckAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("admin %w", err) // "address x: missing port in address"
	}
	if !isLoopback(host) {
		return fmt.Errorf("admin address %s: only loopback addresses such as 127.0.0.1:1880 are possible until the admin API has authentication", address)
	}
	return nil
}

// Listen opens a TCP port for the API.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("admin address %s: %w", address, err)
	}
	return l, nil
}

// Start serves the API for a runtime on a listener, which belongs to the server
// from then on.
func Start(l net.Listener, rt *runtime.Runtime, log *slog.Logger) *Server {
	s := &Server{
		http: http.Server{
			Handler:           NewHandler(rt, log),
			ReadHeaderTimeout: headerTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      answerTimeout,
			IdleTimeout:       idleTimeout,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
		ended: make(chan struct{}),
	}
	go func() {
		defer close(s.ended)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the admin API has stopped", "error", err)
		}
	}()
	return s
}

// Shutdown closes the port and waits for requests that are under way, until the
// context ends; then it cuts them off.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("waiting for admin requests: %w", err), s.http.Close())
	}
	<-s.ended
	return err
}

// NewHandler returns the API of a runtime, guarded against foreign pages. The
// deploys are logged.
func NewHandler(rt *runtime.Runtime, log *slog.Logger) http.Handler {
	h := &handler{rt: rt, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /flows", h.getFlows)
	mux.HandleFunc("POST /flows", h.postFlows)
	mux.HandleFunc("POST /inject/{id}", h.inject)
	return guard(mux)
}
