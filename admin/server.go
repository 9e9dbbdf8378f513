package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
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

// Options says what the API serves.
type Options struct {
	Runtime  *runtime.Runtime
	Sessions *session.Store
	Context  *state.Stores
	Comms    *Comms
	Log      *slog.Logger
	Version  string // of flowrun
	// CredentialSecret decrypts credentials in a deploy; empty: they are plain.
	CredentialSecret string
	// Conformance adds what Node-RED's own tests need; nil leaves it out.
	Conformance *Conformance
}

// handler answers the requests of one runtime.
type handler struct {
	Options
	deploying sync.Mutex      // see postFlows
	ctx       context.Context // ends the websockets
	sockets   sync.WaitGroup  // the websockets that are open
}

// Server serves the admin API until [Server.Shutdown].
type Server struct {
	http    http.Server
	handler *handler
	cancel  context.CancelFunc
	ended   chan struct{}
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

// Start serves the API on a listener, which belongs to the server from then on.
func Start(l net.Listener, o Options) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{handler: newHandler(ctx, o), cancel: cancel, ended: make(chan struct{})}
	s.http = http.Server{
		Handler:           s.handler.routes(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	go func() {
		defer close(s.ended)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("the admin API has stopped", "error", err)
		}
	}()
	return s
}

// Shutdown closes the port and the websockets and waits for requests that are
// under way, until the context ends; then it cuts them off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("waiting for admin requests: %w", err), s.http.Close())
	}
	<-s.ended
	s.handler.sockets.Wait()
	return err
}

// NewHandler returns the API without a server; its websockets end with their
// clients.
func NewHandler(o Options) http.Handler { return newHandler(context.Background(), o).routes() }

func newHandler(ctx context.Context, o Options) *handler { return &handler{Options: o, ctx: ctx} }

// routes returns the API, guarded against foreign pages.
func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /flows", h.getFlows)
	mux.HandleFunc("POST /flows", h.postFlows)
	mux.HandleFunc("POST /inject/{id}", h.inject)
	mux.HandleFunc("POST /debug/{state}", h.debugNodes)
	mux.HandleFunc("POST /debug/{id}/{state}", h.debugNode)
	mux.HandleFunc("GET /debug/view/view.html", debugView)
	mux.HandleFunc("GET /comms", h.commsSocket)
	mux.HandleFunc("GET /sessions", h.getSessions)
	mux.HandleFunc("DELETE /sessions/{id}", h.deleteSession)
	mux.HandleFunc("GET /tap/ws", h.tapSocket)
	mux.HandleFunc("GET /tap/nodes", h.tapNodes)
	mux.HandleFunc("POST /tap/nodes/{id}/{op}", h.tapCommand)
	for _, scope := range []string{"global", "flow/{id}", "node/{id}"} {
		path := "/tap/context/" + scope
		mux.HandleFunc("GET "+path, h.getContext)
		mux.HandleFunc("PUT "+path, h.putContext)
		mux.HandleFunc("DELETE "+path, h.deleteContext)
	}
	if h.Conformance != nil {
		h.conformanceRoutes(mux)
	}
	return guard(mux)
}
