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
	slowHandler = 250 * time.Millisecond
)

// Runtime runs flows. Make one with [New], end it with [Runtime.Shutdown].
type Runtime struct {
	opts    Options
	log     *slog.Logger
	tap     atomic.Pointer[tap] // nil while nobody listens
	tapping sync.Mutex          // guards changes of tap
	causes  gauge
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
		opts.Clock = flow.SystemClock{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Runtime{
		opts: opts, log: opts.Log, ctx: ctx, cancel: cancel, epoch: time.Now(),
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
func (r *Runtime) Quiet(ctx context.Context) error { return r.causes.wait(ctx) }

// Shutdown stops the sources, waits for what is under way (Options.Drain, or
// until the context ends), stops all nodes and ends the runtime.
func (r *Runtime) Shutdown(ctx context.Context) error {
	r.deploying.Lock()
	defer r.deploying.Unlock()
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

// watchLoops names nodes whose handler does not come back.
func (r *Runtime) watchLoops() {
	tick := time.NewTicker(slowHandler / 2)
	defer tick.Stop()
	type sample struct {
		count uint64
		since time.Time
		told  bool
	}
	seen := map[*loop]sample{}
	for {
		select {
		case <-r.ctx.Done():
			return
		case now := <-tick.C:
			busy := map[*loop]sample{}
			for _, l := range r.runningLoops() {
				p, count := l.current.Load(), l.count.Load()
				if p == nil {
					continue
				}
				s, known := seen[l]
				if !known || s.count != count {
					s = sample{count: count, since: now}
				}
				if took := now.Sub(s.since); took >= slowHandler && !s.told {
					s.told = true
					r.log.Warn("a node does not come back: its flow waits", "node", p.info.ID, "type", p.info.Type, "name", p.info.Name, "for", took.Round(time.Millisecond))
				}
				busy[l] = s
			}
			seen = busy
		}
	}
}

func (r *Runtime) runningLoops() []*loop {
	r.mu.RLock()
	defer r.mu.RUnlock()
	seen := map[*loop]bool{}
	var list []*loop
	for _, p := range r.places {
		if !seen[p.loop] {
			seen[p.loop] = true
			list = append(list, p.loop)
		}
	}
	return list
}

// AtWork returns the ids of the nodes that are at work at this moment, one a
// flow at most. Who asks again and again learns which nodes take the time.
func (r *Runtime) AtWork() []string {
	var ids []string
	for _, l := range r.runningLoops() {
		if p := l.current.Load(); p != nil {
			ids = append(ids, p.info.ID)
		}
	}
	return ids
}

// logNode logs what a node says, to the tap and to the log.
func (r *Runtime) logNode(p *place, level flow.Level, what flow.Value) {
	if t := r.tap.Load(); t != nil {
		t.log(p, level, what)
	}
	var to slog.Level
	switch {
	case level <= flow.LevelError:
		to = slog.LevelError
	case level == flow.LevelWarn:
		to = slog.LevelWarn
	case level == flow.LevelInfo:
		to = slog.LevelInfo
	default:
		to = slog.LevelDebug
	}
	r.logAbout(p, to, logText(what))
}

// logText is what a node reported as one text.
func logText(what flow.Value) string {
	if e, ok := what.(valueError); ok {
		what = e.value
	}
	switch what.(type) {
	case flow.Array, *flow.Object, flow.Buffer:
		return flow.JSON(what)
	}
	return flow.Text(what)
}

// logBadge logs what a node shows: that something is wrong, what a source says
// of itself (a server that listens), and the rest for who debugs.
func (r *Runtime) logBadge(p *place, badge *flow.Object) {
	text, _ := badge.Get("text").(string)
	switch {
	case text == "":
	case badge.Get("fill") == "red":
		r.logAbout(p, slog.LevelWarn, text)
	case p.source && badge.Get("fill") == "green":
		r.logAbout(p, slog.LevelInfo, text)
	default:
		r.logAbout(p, slog.LevelDebug, text)
	}
}

func (r *Runtime) logAbout(p *place, to slog.Level, text string) {
	if !r.log.Enabled(r.ctx, to) {
		return
	}
	attrs := []slog.Attr{slog.String("node", p.info.ID), slog.String("type", p.info.Type)}
	if p.info.Name != "" {
		attrs = append(attrs, slog.String("name", p.info.Name))
	}
	r.log.LogAttrs(r.ctx, to, text, attrs...)
}

func (r *Runtime) emitFlows(state string, missing []string) {
	if t := r.tap.Load(); t != nil {
		t.flows(state, missing)
	}
}

// gauge counts causes that have not ended.
type gauge struct {
	mu    sync.Mutex
	count atomic.Int64
	idle  chan struct{} // closed when the count is 0; nil if nobody waits
}

func (g *gauge) add() { g.count.Add(1) }

// Release implements flow.Releaser: one cause has ended.
func (g *gauge) Release() {
	if g.count.Add(-1) > 0 {
		return
	}
	g.mu.Lock()
	if g.idle != nil && g.count.Load() <= 0 {
		close(g.idle)
		g.idle = nil
	}
	g.mu.Unlock()
}

// wait waits until no cause is open, or the context ends.
func (g *gauge) wait(ctx context.Context) error {
	g.mu.Lock()
	if g.count.Load() <= 0 {
		g.mu.Unlock()
		return nil
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d messages from outside are still under way: %w", g.count.Load(), ctx.Err())
	}
}
