package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// Deploy replaces the flows that run by new ones: check, plan, build, swap,
// start. If the new flows have an error, what runs is left untouched and the
// error is a flowfile.Problems. The plan says what was done.
func (r *Runtime) Deploy(ctx context.Context, flows *flowfile.Flows, t DeployType) (Plan, error) {
	r.deploying.Lock()
	defer r.deploying.Unlock()
	plan := Diff(r.flows, flows, t)
	next, err := r.build(flows, plan)
	if err != nil {
		return plan, err
	}
	first := r.flows == nil

	// The old nodes stop, sources first.
	removed, restarted := r.instances(plan.Remove), r.instances(plan.Restart)
	drainCtx, cancel := context.WithTimeout(ctx, min(r.opts.Drain, deployDrain))
	err = errors.Join(r.stopSources(drainCtx, removed, flow.Removed), r.stopSources(drainCtx, restarted, flow.Restarted))
	cancel()
	if err != nil {
		r.log.Warn("not everything came to an end before the deploy", "error", err)
	}

	// The flows stand still while their nodes are exchanged.
	gate := r.pause(r.allLoops()) // new wires or a new catch node may touch any flow
	if err := errors.Join(r.stop(sinks(removed), flow.Removed), r.stop(sinks(restarted), flow.Restarted)); err != nil {
		r.log.Warn("not every node stopped cleanly", "error", err)
	}
	for _, old := range append(removed, restarted...) {
		r.opts.Context.DeleteNode(old.place.info.ID, old.place.info.Flow)
	}
	if !first {
		r.emitFlows("stopped")
	}
	emptied := r.swap(flows, next, removed)
	r.start(next)
	gate.open()

	for _, l := range emptied {
		l.stop()
		delete(r.loops, l.flowID)
	}
	r.opts.Context.Clean(func(id string) bool { return flows.Lookup(id) != nil })
	r.emitFlows("started")
	return plan, nil
}

// Check reports the problems of flows without running them: those of the file,
// and those of the nodes' configuration.
func (r *Runtime) Check(flows *flowfile.Flows) flowfile.Problems {
	_, problems := r.make(flows, runnable(flows).list)
	return problems
}

// build makes the new instances of a plan.
func (r *Runtime) build(flows *flowfile.Flows, plan Plan) ([]instance, error) {
	var list []*flowfile.Node
	for _, ids := range [][]string{plan.Add, plan.Restart} {
		for _, id := range ids {
			list = append(list, flows.Lookup(id))
		}
	}
	next, problems := r.make(flows, list)
	if problems.HasErrors() {
		return nil, problems
	}
	for _, p := range problems {
		r.log.Warn(p.String())
	}
	return next, nil
}

// make makes instances of nodes. It has no side effects.
func (r *Runtime) make(flows *flowfile.Flows, list []*flowfile.Node) ([]instance, flowfile.Problems) {
	problems := flows.Check(func(typ string) bool { _, ok := r.opts.Registry.Lookup(typ); return ok })
	env, more := flowfile.NewEnv(flows, r.opts.Getenv)
	problems = append(problems, more...)
	next := make([]instance, 0, len(list))
	for _, n := range list {
		typ, ok := r.opts.Registry.Lookup(n.Type)
		if !ok {
			if strings.HasPrefix(n.Type, "subflow:") && flows.Lookup(strings.TrimPrefix(n.Type, "subflow:")) != nil {
				p := problemOf(n, errors.New("subflows do not run yet"))
				p.Hint = "put its nodes into the flow, or an inert node in its place with --stub-type " + n.Type
				problems = append(problems, p)
			}
			continue // Check has named all other types that are not known
		}
		p := r.placeFor(n, typ)
		lookup := env.Lookup(n)
		node, err := typ.New(flowfile.Substitute(n.Props, lookup), flow.Env{
			ID: n.ID, Type: n.Type, Name: n.Name, Flow: n.Z, Path: pathOf(n), Wires: len(n.Wires),
			Getenv: lookup, Host: p,
		})
		if err != nil {
			problems = append(problems, problemOf(n, err))
			continue
		}
		next = append(next, instance{place: p, node: node, typ: typ})
	}
	problems.Sort()
	return next, problems
}

// problemOf places a constructor's error in the file.
func problemOf(n *flowfile.Node, err error) flowfile.Problem {
	p := flowfile.Problem{Pos: n.Pos, Severity: flowfile.Error, Node: n.ID, Type: n.Type, Name: n.Name, Text: err.Error()}
	if bad, ok := errors.AsType[*flow.ConfigError](err); ok {
		p.Pos = n.PropPos(bad.Property)
	}
	return p
}

func pathOf(n *flowfile.Node) string {
	if n.Z == "" {
		return "global/" + n.ID
	}
	return n.Z + "/" + n.ID
}

// placeFor returns the place that a node has, or a new one. A node that moved
// to another flow, or is of another type now, gets a new one.
func (r *Runtime) placeFor(n *flowfile.Node, typ flow.Type) *place {
	r.mu.RLock()
	p := r.places[n.ID]
	r.mu.RUnlock()
	if p != nil && p.info.Flow == n.Z && p.info.Type == n.Type {
		return p
	}
	return &place{info: infoOf(n), source: typ.Inputs == 0, keepsNothing: typ.KeepsNothing}
}

// showsName lists the types of Node-RED that keep their name even if it is
// empty: the source that catch and status nodes report has it then.
func showsName(typ string) bool {
	switch typ {
	case "function", "debug", "template":
		return true
	}
	return false
}

func infoOf(n *flowfile.Node) Info {
	return Info{
		ID: n.ID, Type: n.Type, Name: n.Name, Flow: n.Z, Path: pathOf(n),
		hasName: n.Name != "" || showsName(n.Type) && n.Props.Get("name") != nil,
	}
}

func (r *Runtime) instances(ids []string) []instance {
	list := make([]instance, 0, len(ids))
	for _, id := range ids {
		if n, ok := r.nodes[id]; ok {
			list = append(list, n)
		}
	}
	return list
}

func isSource(n instance) bool { return n.typ.Inputs == 0 }

// sinks returns the nodes that have an input.
func sinks(list []instance) []instance {
	var out []instance
	for _, n := range list {
		if !isSource(n) {
			out = append(out, n)
		}
	}
	return out
}

// stopSources stops the nodes without inputs: first they take in nothing more,
// then what is under way comes to its end, then they stop, and what they had to
// say about that is delivered.
func (r *Runtime) stopSources(ctx context.Context, list []instance, reason flow.StopReason) error {
	var sources []instance
	draining := false
	for _, n := range list {
		if isSource(n) {
			sources = append(sources, n)
		}
		if d, ok := n.node.(flow.Drainer); ok {
			d.Drain()
			draining = true
		}
	}
	var err error
	if draining {
		err = r.causes.wait(ctx)
	}
	if len(sources) == 0 {
		return err
	}
	loops := r.loopsOf(sources)
	gate := r.pause(loops)
	err = errors.Join(err, r.stop(sources, reason))
	gate.open()
	for _, l := range loops {
		l.between(func() {})
	}
	if draining && err == nil {
		err = r.causes.wait(ctx)
	}
	return err
}

// stop stops nodes, all at the same time. Their flows stand still.
func (r *Runtime) stop(list []instance, reason flow.StopReason) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	errs := make([]error, len(list))
	var wait sync.WaitGroup
	for i, n := range list {
		n.place.node = nil
		s, ok := n.node.(flow.Stopper)
		if !ok {
			continue
		}
		wait.Go(func() {
			if err := s.Stop(ctx, reason); err != nil {
				errs[i] = fmt.Errorf("stopping %s: %w", n.place.info, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// swap puts the new instances and wires in place and returns the loops that
// have no node left. The flows stand still.
func (r *Runtime) swap(flows *flowfile.Flows, next []instance, removed []instance) []*loop {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, old := range removed {
		old.place.gone = true
		delete(r.nodes, old.place.info.ID)
		delete(r.places, old.place.info.ID)
	}
	for _, n := range next {
		id := n.place.info.ID
		if old := r.places[id]; old != nil && old != n.place {
			old.gone = true
		}
		n.place.info = infoOf(flows.Lookup(id))
		n.place.node = n.node
		if n.place.loop == nil {
			n.place.loop = r.loopFor(n.place.info.Flow)
		}
		r.places[id] = n.place
		r.nodes[id] = n
	}
	r.flows = flows
	r.connect(flows)

	inUse := map[*loop]bool{}
	for _, p := range r.places {
		inUse[p.loop] = true
	}
	var emptied []*loop
	for _, l := range r.loops {
		if !inUse[l] {
			emptied = append(emptied, l)
		}
	}
	return emptied
}

func (r *Runtime) loopFor(flowID string) *loop {
	l := r.loops[flowID]
	if l == nil {
		l = newLoop(r, flowID)
		r.loops[flowID] = l
	}
	return l
}

// connect sets the wires and the watchers of all places. All flows whose nodes
// or wires changed stand still.
func (r *Runtime) connect(flows *flowfile.Flows) {
	byFlow := map[string][]*place{}
	watches := map[string][]watch{}
	watchesStatus := false
	for _, n := range flows.Nodes {
		p := r.places[n.ID]
		if p == nil || p.info.Flow != n.Z {
			continue
		}
		wires, ids := r.wiresOf(n)
		if !sameTargets(p.wires, wires) {
			p.wires, p.wireIDs = wires, ids
		}
		p.group = groupsOf(flows, n)
		byFlow[n.Z] = append(byFlow[n.Z], p)
		switch n.Type {
		case "status":
			watchesStatus = true
			fallthrough
		case "catch", "complete":
			watches[n.Z] = append(watches[n.Z], watchOf(p, n))
		}
	}
	for id, places := range byFlow {
		connectWatchers(places, watches[id])
	}
	r.watchesStatus.Store(watchesStatus)
}

func (r *Runtime) wiresOf(n *flowfile.Node) ([][]*place, [][]string) {
	wires, ids := make([][]*place, len(n.Wires)), make([][]string, len(n.Wires))
	for port, targets := range n.Wires {
		for _, id := range targets {
			if p := r.places[id]; p != nil {
				wires[port] = append(wires[port], p)
				ids[port] = append(ids[port], id)
			}
		}
	}
	return wires, ids
}

func sameTargets(a, b [][]*place) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for j := range a[i] {
			if a[i][j] != b[i][j] {
				return false
			}
		}
	}
	return true
}

// groupsOf returns the groups a node stands in, innermost first.
func groupsOf(flows *flowfile.Flows, n *flowfile.Node) []string {
	var list []string
	for id := n.Group; id != "" && len(list) < 100; {
		g := flows.Lookup(id)
		if g == nil || g.Type != "group" {
			break
		}
		list = append(list, id)
		id = g.Group
	}
	return list
}

// start starts the new nodes, sinks before sources. Their flows stand still. A
// node that cannot start is inert from then on.
func (r *Runtime) start(next []instance) {
	for _, sources := range []bool{false, true} {
		for _, n := range next {
			s, ok := n.node.(flow.Starter)
			if !ok || isSource(n) != sources {
				continue
			}
			n.place.starting.Store(true)
			err := s.Start(r.ctx)
			n.place.starting.Store(false)
			if err != nil {
				n.place.fail(err, nil, nil)
				n.place.node = nil
			}
		}
	}
}
