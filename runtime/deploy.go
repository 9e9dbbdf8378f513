package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// Deploy replaces the flows that run by new ones: check, plan, build, swap,
// start. If the new flows have an error, what runs is left untouched and the
// error is a flowfile.Problems, or [ErrNotSaved] if they could not be kept, or
// [ErrStopping] after a shutdown. The plan says what was done. The context bounds
// only the wait for what is under way.
func (r *Runtime) Deploy(ctx context.Context, flows *flowfile.Flows, t DeployType) (Plan, error) {
	r.deploying.Lock()
	defer r.deploying.Unlock()
	if r.ctx.Err() != nil {
		return Plan{}, ErrStopping
	}
	flows, missing := r.withoutMissing(flows)
	var kept flowfile.Credentials
	if r.flows != nil {
		kept = r.flows.Credentials
	}
	flows = flows.SplitCredentials(kept)
	is := runnable(flows.Expand())
	plan := diff(r.running, is, t)
	next, err := r.build(flows, is, plan)
	if err != nil {
		return plan, err
	}
	if r.opts.Save != nil {
		if err := r.opts.Save(flows); err != nil {
			r.log.Error("a deploy failed, its flows cannot be saved; what ran before goes on", "error", err)
			return plan, fmt.Errorf("%w: %w", ErrNotSaved, err)
		}
	}

	// The old nodes stop, sources first. A node with the id of another type, or that
	// does nothing, takes nothing over from the one before.
	removed := r.instances(plan.Remove)
	inert := idsOfLame(next)
	hasSuccessor := func(n instance) bool {
		return is.byID[n.place.info.ID].Type == n.place.info.Type && !inert[n.place.info.ID]
	}
	restarted, retyped := split(r.instances(plan.Restart), hasSuccessor)
	leaving := slices.Concat(removed, retyped)
	drainCtx, cancel := context.WithTimeout(ctx, min(r.opts.Drain, deployDrain))
	err = errors.Join(r.stopSources(drainCtx, leaving, flow.Removed), r.stopSources(drainCtx, restarted, flow.Restarted))
	cancel()
	if err != nil {
		r.log.Warn("not everything came to an end before the deploy", "error", err)
	}

	// The flows stand still while their nodes are exchanged.
	gate := r.pause(r.allLoops()) // new wires or a new catch node may touch any flow
	for _, kind := range []func(instance) bool{isSink, isConfig} {
		if err := errors.Join(r.stop(only(leaving, kind), flow.Removed), r.stop(only(restarted, kind), flow.Restarted)); err != nil {
			r.log.Warn("not every node stopped cleanly", "error", err)
		}
	}
	for _, old := range slices.Concat(leaving, restarted) {
		r.opts.Context.DeleteNode(old.place.info.ID, old.place.info.Flow)
	}
	flows.DropPlaces() // from here on there are no problems to report
	is.flows.DropPlaces()
	r.flows, r.running = flows, is
	begun, emptied := r.swap(next, removed)
	begin := r.pause(begun)
	r.start(next)
	begin.open()
	gate.open()

	for _, l := range emptied {
		l.stop()
		delete(r.loops, l.flowID)
	}
	r.opts.Context.Clean(func(id string) bool { return flows.Lookup(id) != nil || is.flows.Lookup(id) != nil })
	r.ready.Store(readinessWith(missing))
	r.emitFlows("started", missing)
	return plan, nil
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

// A config node has neither input nor output: others use it. It starts first
// and stops last. Of the others, sources are those without an input.
func isConfig(n instance) bool { return n.typ.Inputs == 0 && n.typ.Outputs == 0 }
func isSource(n instance) bool { return n.typ.Inputs == 0 && n.typ.Outputs > 0 }
func isSink(n instance) bool   { return n.typ.Inputs > 0 }

func only(list []instance, kind func(instance) bool) []instance {
	out, _ := split(list, kind)
	return out
}

// split returns those that are of a kind, and the others.
func split(list []instance, kind func(instance) bool) (are, others []instance) {
	for _, n := range list {
		if kind(n) {
			are = append(are, n)
		} else {
			others = append(others, n)
		}
	}
	return are, others
}

// stopSources stops the nodes without inputs: first they take in nothing more,
// then what is under way comes to its end, then they stop, and what they had to
// say about that is delivered.
func (r *Runtime) stopSources(ctx context.Context, list []instance, reason flow.StopReason) error {
	var sources []instance
	draining := reason == flow.Shutdown
	for _, n := range list {
		if isSource(n) {
			sources = append(sources, n)
		}
		switch d := n.node.(type) {
		case flow.Drainer:
			d.Drain()
			draining = true
		case flow.Pauser:
			d.Pause()
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

// stop stops nodes, all at the same time. Their flows stand still. One that does
// not come back is left to itself: the flows must not stand still for ever.
func (r *Runtime) stop(list []instance, reason flow.StopReason) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	type outcome struct {
		place *place
		err   error
	}
	outcomes := make(chan outcome, len(list))
	underWay := map[*place]bool{}
	for _, n := range list {
		n.place.stopping()
		if s, ok := n.node.(flow.Stopper); ok {
			underWay[n.place] = true
			go func() { outcomes <- outcome{n.place, s.Stop(ctx, reason)} }()
		}
	}
	var errs []error
	patience := time.NewTimer(stopTimeout + stopGrace)
	defer patience.Stop()
	for len(underWay) > 0 {
		select {
		case o := <-outcomes:
			delete(underWay, o.place)
			if o.err != nil {
				errs = append(errs, fmt.Errorf("stopping %s: %w", o.place.info, o.err))
			}
		case <-patience.C:
			for p := range underWay {
				errs = append(errs, fmt.Errorf("stopping %s: %w", p.info, errNoStop))
			}
			clear(underWay)
		}
	}
	for _, n := range list {
		n.place.stopped()
	}
	return errors.Join(errs...)
}

// errNoStop says that a node has not stopped although its time was over.
var errNoStop = errors.New("it does not come back; please report this")

// swap puts the new instances and wires in place and returns the loops that are
// new, and those that have no node left. The flows stand still.
func (r *Runtime) swap(next []instance, removed []instance) (begun, emptied []*loop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, old := range removed {
		old.place.remove()
		old.place.clearStatus()
		delete(r.nodes, old.place.info.ID)
		delete(r.places, old.place.info.ID)
	}
	for _, n := range next {
		id := n.place.info.ID
		if old := r.places[id]; old != nil {
			if old != n.place {
				old.remove()
				old.clearStatus()
			} else {
				old.clearStale()
			}
		}
		n.place.info = infoOf(r.running.flows, r.running.byID[id])
		n.place.node = n.node
		n.place.ending.Store(false)
		if n.place.loop == nil {
			l, isNew := r.loopFor(n.place.tab())
			if n.place.loop = l; isNew {
				begun = append(begun, l)
			}
		}
		r.places[id] = n.place
		r.nodes[id] = n
	}
	r.connect()

	inUse := map[*loop]bool{}
	for _, p := range r.places {
		inUse[p.loop] = true
	}
	for _, l := range r.loops {
		if !inUse[l] {
			emptied = append(emptied, l)
		}
	}
	return begun, emptied
}

func (r *Runtime) loopFor(flowID string) (l *loop, isNew bool) {
	l = r.loops[flowID]
	if isNew = l == nil; isNew {
		l = newLoop(r, flowID)
		r.loops[flowID] = l
	}
	return l, isNew
}

// start starts the new nodes: config nodes, then sinks, then sources. Their
// flows stand still. A node that cannot start is inert from then on.
func (r *Runtime) start(next []instance) {
	for _, kind := range []func(instance) bool{isConfig, isSink, isSource} {
		for _, n := range only(next, kind) {
			s, ok := n.node.(flow.Starter)
			if !ok {
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
