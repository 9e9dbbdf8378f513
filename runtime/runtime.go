package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime/state"
)

// Options says what a [Runtime] is made of.
type Options struct {
	Registry *flow.Registry
	Context  *state.Stores // nil: a memory store of its own
	Log      *slog.Logger  // nil: no log
	Trace    *Trace        // nil: no trace
	Tracer   Tracer        // nil: no spans
	// Getenv looks up the process's environment; nil hides it.
	Getenv func(name string) (string, bool)
	// Drain is how long a shutdown waits for what is under way; a deploy waits
	// at most deployDrain.
	Drain time.Duration
	// Save keeps the flows of a deploy, with their credentials, before they run;
	// if it fails, the deploy does, with [ErrNotSaved]. Nil keeps nothing.
	Save func(*flowfile.Flows) error
	// Conformance is for Node-RED's own tests: what nodes and the engine say
	// are keys of message catalogs, and faulty flows are deployed without what
	// is wrong in them.
	Conformance bool
	// Clock is the time that nodes go by; nil is the machine's.
	Clock flow.Clock
}

// The limits of the engine's patience.
const (
	deployDrain = 2 * time.Second
	stopTimeout = 15 * time.Second // for one node (Node-RED's nodeCloseTimeout)
	stopGrace   = 2 * time.Second  // for a node to do what it does when that is over
	slowHandler = 250 * time.Millisecond
)

// Runtime runs flows. Make one with [New], end it with [Runtime.Shutdown].
type Runtime struct {
	opts    Options
	log     *slog.Logger
	tap     atomic.Pointer[tap] // nil while nobody listens
	tapping sync.Mutex          // guards changes of tap
	causes  *gauge
	epoch   time.Time // the start of its clock
	ready   atomic.Pointer[readiness]

	watchesStatus atomic.Bool

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	deploying sync.Mutex      // one deploy at a time; guards the fields below
	flows     *flowfile.Flows // as they were deployed
	running   nodeSet         // as they run
	loops     map[string]*loop
	nodes     map[string]instance

	mu        sync.RWMutex // guards the fields below
	places    map[string]*place
	linkNames map[string][]*place // link in nodes by name
}

// instance is a node that runs, as a deploy sees it.
type instance struct {
	place *place
	node  flow.Node
	typ   flow.Type
}

// ErrNotSaved says that a deploy failed because its flows could not be kept.
var ErrNotSaved = errors.New("the flows cannot be saved")

// ErrNoNode says that there is no running node with the id given.
var ErrNoNode = errors.New("no such node")

// ErrNoCommands says that nodes of this type take no commands.
var ErrNoCommands = errors.New("it takes no commands")

// New returns a runtime without flows.
func New(opts Options) *Runtime {
	if opts.Context == nil {
		opts.Context = state.New()
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Getenv == nil {
		opts.Getenv = func(string) (string, bool) { return "", false }
	}
	if opts.Clock == nil {
		opts.Clock = new(flow.SystemClock)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Runtime{
		opts: opts, log: opts.Log, causes: newGauge(), ctx: ctx, cancel: cancel, epoch: time.Now(),
		loops: map[string]*loop{}, nodes: map[string]instance{}, places: map[string]*place{},
	}
	r.ready.Store(&readiness{ErrNoFlows})
	if opts.Trace != nil {
		r.Listen(opts.Trace)
	}
	r.tasks.Go(r.watchLoops)
	return r
}

// Command gives a node a command, on its loop, and returns the node's answer.
// The error is [ErrNoNode] if there is none with that id, and [ErrNoCommands] if
// the node takes none.
func (r *Runtime) Command(ctx context.Context, id, name string, body *flow.Object) error {
	p, err := r.place(id)
	if err != nil {
		return err
	}
	answer, ended := make(chan error, 1), make(signal, 1)
	p.Post(flow.NewCause(ended), flow.TaskFunc(func(out flow.Outlet) error {
		c, ok := p.node.(flow.Commander)
		if !ok {
			answer <- fmt.Errorf("node %s: %w", p.info, ErrNoCommands)
			return nil
		}
		answer <- c.Command(name, body, out)
		return nil
	}))
	select {
	case err := <-answer:
		return err
	case <-ended: // without an answer: a deploy has removed the node before its turn
		select {
		case err := <-answer:
			return err
		default:
			return fmt.Errorf("node %q: %w", id, ErrNoNode)
		}
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return fmt.Errorf("node %q: %w", id, ErrNoNode)
	}
}

// signal is a [flow.Releaser] that says, once, that a cause has ended.
type signal chan struct{}

// Release implements [flow.Releaser].
func (s signal) Release() { s <- struct{}{} }

// Post runs a task as if the node had posted it; see [flow.Host].
func (r *Runtime) Post(id string, c *flow.Cause, t flow.Task) error {
	p, err := r.place(id)
	if err != nil {
		return err
	}
	p.Post(c, t)
	return nil
}

func (r *Runtime) place(id string) (*place, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p := r.places[id]
	if p == nil {
		return nil, fmt.Errorf("node %q: %w", id, ErrNoNode)
	}
	return p, nil
}

// Flows returns the flows that run, nil before the first deploy.
func (r *Runtime) Flows() *flowfile.Flows {
	r.deploying.Lock()
	defer r.deploying.Unlock()
	return r.flows
}

// NodeStatus is what a node has done so far.
type NodeStatus struct {
	Info
	Badge                  *flow.Object // nil if it never showed one
	Received, Sent, Errors uint64
	SentByPort             []uint64 // by output, as far as the file names them
	// Busy is how long the node's code has run, with what catch, status and
	// complete nodes did while it ran; see [Runtime.Latencies] for how it is measured.
	Busy    time.Duration
	Waiting int // messages and tasks that wait for the node
}

// Status returns the status of all nodes that run, in no order.
func (r *Runtime) Status() []NodeStatus {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]NodeStatus, 0, len(r.places))
	for _, p := range r.places {
		p.badgeMu.Lock()
		badge := p.badge
		p.badgeMu.Unlock()
		ports, sent := p.stats.sentByPort()
		list = append(list, NodeStatus{
			Info: p.info, Badge: badge,
			Received: p.stats.received.Load(), Sent: sent, Errors: p.stats.errors.Load(), SentByPort: ports,
			Busy: time.Duration(p.stats.busy.Load()), Waiting: int(max(0, p.stats.waiting.Load())),
		})
	}
	return list
}

// Quiet waits until no message is under way: all that came in has been handled
// or is kept by a node for later. The error says that the context ended before.
func (r *Runtime) Quiet(ctx context.Context) error { return r.causes.quiet(ctx) }

// Shutdown stops the sources, waits for what is under way (Options.Drain, or
// until the context ends), stops all nodes and ends the runtime. A second one does
// nothing.
func (r *Runtime) Shutdown(ctx context.Context) error {
	r.deploying.Lock()
	defer r.deploying.Unlock()
	if r.ctx.Err() != nil {
		return nil
	}
	r.ready.Store(&readiness{ErrStopping})
	all := make([]instance, 0, len(r.nodes))
	for _, n := range r.nodes {
		all = append(all, n)
	}
	drainCtx, cancel := context.WithTimeout(ctx, r.opts.Drain)
	err := r.stopSources(drainCtx, all, flow.Shutdown)
	cancel()
	gate := r.pause(r.loopsOf(all))
	err = errors.Join(err, r.stop(only(all, isSink), flow.Shutdown), r.stop(only(all, isConfig), flow.Shutdown))
	gate.open()
	for _, l := range r.loops {
		l.stop()
	}
	r.mu.Lock()
	clear(r.places)
	r.mu.Unlock()
	clear(r.nodes)
	clear(r.loops)
	r.emitFlows("stopped", nil)
	r.cancel()
	r.tasks.Wait()
	return err
}

func (r *Runtime) emitFlows(state string, missing []string) {
	if t := r.tap.Load(); t != nil {
		t.flows(state, missing)
	}
}
