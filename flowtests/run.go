package flowtests

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/freeport"
	"github.com/flowrun/flowrun/runtime"
)

// Options says how tests run.
type Options struct {
	// Getenv looks up variables for the flows; those of a test come first. Nil
	// hides them all.
	Getenv func(name string) (string, bool)
	// Prepare adds to the flows of some files what is not in them: credentials.
	// It may be nil.
	Prepare func(flows *flowfile.Flows, files []string) error
	// Parallel is how many tests run at the same time, 1 if it is less.
	Parallel int
}

// Result is how a test ended.
type Result struct {
	File    string
	Test    *Test
	Took    time.Duration
	Failure *Failure // nil: it has passed
}

// Failure is why a test failed: where, what was expected, what came.
type Failure struct {
	Pos   flowfile.Pos
	Text  string
	Rows  []Row    // expected and got side by side; may be empty
	Notes []string // what nodes reported, and the like
}

// Run runs the tests of files for which want is true, nil for all, and returns
// their results in the order of the files. When the context ends, those that
// have not ended fail.
func Run(ctx context.Context, files []*File, want func(*Test) bool, o Options) []Result {
	var list []Result
	for _, file := range files {
		for _, t := range file.Tests {
			if want == nil || want(t) {
				list = append(list, Result{File: file.Path, Test: t})
			}
		}
	}
	var ports freeport.Pool
	var running sync.WaitGroup
	turns := make(chan struct{}, max(1, o.Parallel))
	for i := range list {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			began := time.Now()
			list[i].Failure = runTest(ctx, list[i].Test, &ports, o)
			list[i].Took = time.Since(began)
		})
	}
	running.Wait()
	return list
}

// run is one run of a test.
type run struct {
	test *Test
	*engine
	board *board
	clock *flow.SystemClock
	peers *peers
	site  *site
	ports map[string]int    // fresh ones by what stands in the file
	vars  *strings.Replacer // of ${NAME} in texts
	info  map[string]runtime.Info
	taken map[spot]int // how many happenings the steps have looked at; the board guards it
}

func runTest(ctx context.Context, t *Test, pool *freeport.Pool, o Options) *Failure {
	r := &run{test: t, board: newBoard(), clock: new(flow.SystemClock), ports: map[string]int{}, taken: map[spot]int{}, info: map[string]runtime.Info{}}
	r.board.names = r.name
	r.peers = newPeers(r.board)
	r.site = newSite(r.board)
	fresh, err := pool.Take(len(t.Setup.Ports))
	if err != nil {
		return &Failure{Pos: t.Pos, Text: err.Error()}
	}
	pairs := []string{}
	for i, name := range t.Setup.Ports {
		r.ports[name] = fresh[i]
		pairs = append(pairs, "${"+name+"}", strconv.Itoa(fresh[i]))
	}
	for name, value := range t.Setup.Env {
		pairs = append(pairs, "${"+name+"}", value)
	}
	r.vars = strings.NewReplacer(pairs...)

	e, failure := r.prepare(o)
	if failure != nil {
		return failure
	}
	defer e.close()
	defer r.site.close()
	defer r.peers.close() // before the engine, which waits for them
	r.engine = e
	steps := t.steps
	for len(steps) > 0 { // what the flow may connect to is there before it starts
		if _, opens := steps[0].(opener); !opens {
			break
		}
		if failure := steps[0].run(ctx, r); failure != nil {
			return failure
		}
		steps = steps[1:]
	}
	stop := r.rt.Listen(r.board)
	defer stop()
	if failure := r.start(ctx, e); failure != nil {
		return failure
	}
	for _, s := range steps {
		failure := s.run(ctx, r)
		if ctx.Err() != nil {
			return &Failure{Pos: t.Pos, Text: "interrupted"}
		}
		if failure != nil {
			r.board.Look(func() { failure.Notes = append(failure.Notes, r.board.told[:min(len(r.board.told), maxNotes)]...) })
			return failure
		}
	}
	return nil
}

// maxNotes bounds how much of what nodes reported stands in a failure.
const maxNotes = 10

// start deploys the flows.
func (r *run) start(ctx context.Context, e *engine) *Failure {
	for _, n := range e.flows.Expand().Nodes {
		r.info[n.ID] = runtime.Info{ID: n.ID, Type: n.Type, Name: n.Name}
	}
	_, err := e.rt.Deploy(ctx, e.flows, runtime.Full)
	if err == nil {
		return nil
	}
	f := &Failure{Pos: r.test.Pos, Text: "the flow does not start", Notes: strings.Split(err.Error(), "\n")}
	if strings.Contains(err.Error(), "--stub-type") {
		f.Notes = append(f.Notes, "what --stub-type does for a deploy, stub-types: [TYPE] does in a test file")
	}
	return f
}

// name names a node for people.
func (r *run) name(id string) string {
	if info, ok := r.info[id]; ok {
		return info.String()
	}
	return id
}

// address returns where a port of the file is in this run.
func (r *run) address(host, port string) string {
	if fresh, ok := r.ports[port]; ok {
		port = strconv.Itoa(fresh)
	}
	return net.JoinHostPort(host, port)
}

// expand returns a value with the variables in its texts replaced.
func (r *run) expand(v flow.Value) flow.Value {
	v, _ = mapValue(v, func(v flow.Value) (flow.Value, error) {
		if text, ok := v.(string); ok {
			return r.vars.Replace(text), nil
		}
		return v, nil
	})
	return v
}

// messageOf makes a message of properties.
func (r *run) messageOf(o *flow.Object) *flow.Message {
	props, _ := r.expand(o).(*flow.Object)
	return flow.MessageOf(props)
}

// Select returns what takes the tests whose name has one of some texts in it;
// all tests if there are none.
func Select(texts []string) func(*Test) bool {
	return func(t *Test) bool {
		return len(texts) == 0 || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(t.Name, text) })
	}
}
