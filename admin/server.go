package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/admin/auth"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/webroutes"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// MaxBody is how many bytes the body of a request may have if Options say
// nothing else (Node-RED's apiMaxLength).
const MaxBody = 5 << 20

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
	// Types are the node types that there are.
	Types []flow.Type
	// Auth says who may do what; nil lets everybody do everything.
	Auth *auth.Authority
	// TLS has the server's certificate; nil for plain HTTP.
	TLS *tls.Config
	// Hosts are names under which the server may be asked, besides localhost
	// and addresses; Origins are other sites whose pages may ask.
	Hosts, Origins []string
	// MaxBody is how many bytes the body of a request may have; 0 is [MaxBody].
	MaxBody int64
	// Web has the routes of nodes, which are served beside the API; nil if they
	// are not.
	Web *webroutes.Table
	// Conformance adds what Node-RED's own tests need; nil leaves it out.
	Conformance *Conformance
}

// handler answers the requests of one runtime.
type handler struct {
	Options
	started   time.Time
	deploying sync.Mutex      // see postFlows
	ctx       context.Context // ends the websockets
	sockets   sync.WaitGroup  // the websockets that are open
	stopping  atomic.Bool     // no more deploys; set while there is none
	console   *consoleFeed
}

// Server serves the admin API until [Server.Shutdown].
type Server struct {
	http      *http.Server
	handler   *handler
	newcomers webroutes.Newcomers
	cancel    context.CancelFunc
	ended     chan struct{}
}

// CheckAddress tells what is wrong with an address to listen on. Without
// authentication only those of the loopback (127.0.0.1:1880, [::1]:1880,
// localhost:1880) are allowed.
func CheckAddress(address string, authenticated bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("admin %w", err) // "address x: missing port in address"
	}
	if !authenticated && !isLoopback(host) {
		return fmt.Errorf("admin address %s: without users or a token only loopback addresses such as 127.0.0.1:1880 are possible", address)
	}
	return nil
}

// Listen opens a TCP port for the API, at an address that [CheckAddress] allows.
func Listen(ctx context.Context, address string, authenticated bool) (net.Listener, error) {
	if err := CheckAddress(address, authenticated); err != nil {
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
	l = webroutes.LimitWrites(l, o.TLS)
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{handler: newHandler(ctx, o), cancel: cancel, ended: make(chan struct{})}
	s.http = webroutes.NewServer(s.handler.routes(), o.Log)
	s.newcomers.Watch(s.http)
	go func() {
		defer close(s.ended)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("the admin API has stopped", "error", err)
		}
	}()
	return s
}

// Drain has the API change nothing any more, since the flows are about to stop, and
// waits for a deploy that is under way. It still tells how they are.
func (s *Server) Drain() {
	s.handler.deploying.Lock()
	defer s.handler.deploying.Unlock()
	s.handler.stopping.Store(true)
}

// Shutdown closes the port and the websockets and waits for requests that are
// under way, until the context ends; then it cuts them off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.cancel()
	defer s.newcomers.Dismiss()()
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

func newHandler(ctx context.Context, o Options) *handler {
	if o.MaxBody == 0 {
		o.MaxBody = MaxBody
	}
	h := &handler{Options: o, ctx: ctx, started: time.Now()}
	h.console = newConsoleFeed(h)
	return h
}
