package runtime

import (
	"errors"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/typed"
)

// Subflows: flowfile.Expand makes nodes of each instance, and the engine runs
// those like any others, on the loop of the instance's tab. What is left of the
// subflow here is
//
//   - place.instance, where a node's error or status goes on to if nobody in
//     the instance takes it (watchers.go),
//   - that a change inside of an instance restarts all of it (plan.go),
//   - that its status output shows its status as the instance's, see hostFor.
//
// The two types that stand for an instance are the registry's "subflow", for all
// subflow:… types, and "subflow-status".
const (
	subflowType    = "subflow"
	instancePrefix = "subflow:"
	statusType     = "subflow-status"
)

// typeOf returns the type of a node.
func (r *Runtime) typeOf(n *flowfile.Node) (flow.Type, bool) {
	typ, ok := r.opts.Registry.Lookup(n.Type)
	if !ok && strings.HasPrefix(n.Type, instancePrefix) {
		typ, ok = r.opts.Registry.Lookup(subflowType)
	}
	return typ, ok
}

// Check reports the problems of flows without running them: those of the file,
// and those of the nodes' configuration.
func (r *Runtime) Check(flows *flowfile.Flows) flowfile.Problems {
	flows = flows.SplitCredentials(nil)
	set := runnable(flows.Expand())
	_, problems := r.make(flows, set, set.list)
	return problems
}

// build makes the new instances of a plan for flows, which expand to the set.
func (r *Runtime) build(flows *flowfile.Flows, set nodeSet, plan Plan) ([]instance, error) {
	var list []*flowfile.Node
	for _, ids := range [][]string{plan.Add, plan.Restart} {
		for _, id := range ids {
			list = append(list, set.byID[id])
		}
	}
	next, problems := r.make(flows, set, list)
	if problems.HasErrors() {
		return nil, problems
	}
	for _, p := range problems {
		r.log.Warn(p.String())
	}
	return next, nil
}

// make makes instances of nodes. It has no side effects.
func (r *Runtime) make(flows *flowfile.Flows, set nodeSet, list []*flowfile.Node) ([]instance, flowfile.Problems) {
	problems := flows.Check(func(typ string) bool { _, ok := r.opts.Registry.Lookup(typ); return ok })
	env, more := flowfile.NewEnv(set.flows, flowfile.EnvOptions{Process: r.opts.Getenv, Evaluate: r.evaluate})
	problems = append(problems, more...)
	places := r.placesFor(set, list)
	made := map[string]flow.Node{}
	config := func(id string) flow.Node {
		if n := made[id]; n != nil {
			return n
		}
		if set.byID[id] == nil {
			return nil
		}
		return r.nodes[id].node
	}
	next := make([]instance, 0, len(list))
	for _, n := range inOrder(list, set) {
		p := places[n.ID]
		if p == nil {
			continue // there is no such type, Check has said so
		}
		typ, _ := r.typeOf(n)
		lookup := env.Lookup(n)
		e := flow.Env{
			ID: n.ID, Alias: n.Alias, Type: n.Type, Name: n.Name, Path: p.info.Path, Wires: len(n.Wires),
			Flow: n.Z, Flows: p.flows(),
			Getenv: lookup, Config: config, Host: hostFor(p), Clock: r.opts.Clock, MessageKeys: r.opts.Conformance,
		}
		if n.Credentials != nil {
			e.Credentials = flow.NewCredentials(flowfile.Substitute(n.Credentials, lookup))
		}
		problems = append(problems, n.Unset(lookup)...)
		node, err := typ.New(flowfile.Substitute(n.Props, lookup), e)
		if err != nil && r.opts.Conformance {
			node, err = faulty{err}, nil
		}
		if err != nil {
			p := problemOf(n, err)
			problems = append(problems, p)
			if p.Severity == flowfile.Error {
				continue
			}
			node = lame{err}
		}
		made[n.ID] = node
		next = append(next, instance{place: p, node: node, typ: typ})
	}
	problems.Sort()
	return next, problems
}

// evaluate evaluates a typed value of an environment table.
func (r *Runtime) evaluate(flowID string, getenv func(string) (flow.Value, bool), value flow.Value, typ string) (flow.Value, error) {
	place := typed.Place{Env: flow.Env{Flow: flowID, Getenv: getenv}, Stores: r.opts.Context}
	get, err := place.Compile("env", value, typ)
	if bad, ok := errors.AsType[*flow.ConfigError](err); ok {
		return nil, errors.New(bad.Reason) // the variable is named elsewhere
	}
	if err != nil {
		return nil, err
	}
	return get(flow.NewMessage())
}

// inOrder returns nodes in the order in which they are made: config nodes first,
// and those after the config nodes that they need.
func inOrder(list []*flowfile.Node, set nodeSet) []*flowfile.Node {
	wanted := make(map[*flowfile.Node]bool, len(list))
	for _, n := range list {
		wanted[n] = true
	}
	ordered := make([]*flowfile.Node, 0, len(list))
	var add func(n *flowfile.Node)
	add = func(n *flowfile.Node) {
		if !wanted[n] {
			return
		}
		delete(wanted, n)
		for _, id := range set.flows.Needs(n) {
			if config := set.byID[id]; config != nil {
				add(config)
			}
		}
		ordered = append(ordered, n)
	}
	for _, onCanvas := range []bool{false, true} {
		for _, n := range list {
			if n.OnCanvas == onCanvas {
				add(n)
			}
		}
	}
	return ordered
}

// problemOf places a constructor's error in the file.
func problemOf(n *flowfile.Node, err error) flowfile.Problem {
	p := flowfile.Problem{Pos: n.Pos, Severity: flowfile.Error, Node: n.ID, Type: n.Type, Name: n.Name, Text: err.Error()}
	if bad, ok := errors.AsType[*flow.ConfigError](err); ok {
		p.Pos, p.Hint = n.PropPos(bad.Property), bad.Hint
		if bad.Idle {
			p.Severity, p.Idle = flowfile.Warning, true
		}
	}
	return p
}

// lame stands in for a node that can only do nothing ([flow.ConfigError]). The error goes
// to the catch nodes with each message.
type lame struct{ err error }

// idsOfLame returns the ids of those that do nothing.
func idsOfLame(list []instance) map[string]bool {
	ids := map[string]bool{}
	for _, n := range list {
		if _, ok := n.node.(lame); ok {
			ids[n.place.info.ID] = true
		}
	}
	return ids
}

// Handle implements [flow.Node].
func (l lame) Handle(*flow.Message, flow.Outlet) error { return l.err }

// placesFor returns the places of nodes whose type is known: those that they
// have, or new ones. A node that moved to another flow or instance, or is of
// another type now, gets a new one. An instance stands before what is in it.
func (r *Runtime) placesFor(set nodeSet, list []*flowfile.Node) map[string]*place {
	r.mu.RLock()
	defer r.mu.RUnlock()
	places := make(map[string]*place, len(list))
	for _, n := range list {
		typ, ok := r.typeOf(n)
		if !ok {
			continue
		}
		var within *place
		if set.byID[n.Z] != nil {
			if within = places[n.Z]; within == nil {
				within = r.places[n.Z]
			}
		}
		p := r.places[n.ID]
		if p == nil || p.info.Flow != n.Z || p.info.Type != n.Type || p.instance != within {
			p = &place{info: infoOf(set.flows, n), source: typ.Inputs == 0, keepsNothing: typ.KeepsNothing, statusKeys: typ.StatusKeys, instance: within}
		}
		places[n.ID] = p
	}
	return places
}

// hostFor returns the host of the node at a place: that of an instance's status
// output speaks for the instance.
func hostFor(p *place) flow.Host {
	if p.info.Type == statusType && p.instance != nil {
		return p.instance
	}
	return p
}

// flows returns the ids of what a place stands in, innermost first.
func (p *place) flows() (ids []string) {
	for at := p; at != nil; at = at.instance {
		if at.info.Flow != "" {
			ids = append(ids, at.info.Flow)
		}
	}
	return ids
}

// tab returns the id of the tab in which a place stands, empty outside of all.
func (p *place) tab() string {
	for p.instance != nil {
		p = p.instance
	}
	return p.info.Flow
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

func infoOf(flows *flowfile.Flows, n *flowfile.Node) Info {
	return Info{
		ID: n.ID, Alias: n.Alias, Type: n.Type, Name: n.Name, Flow: n.Z, Path: flows.Path(n),
		hasName: n.Name != "" || showsName(n.Type) && n.Props.Get("name") != nil,
	}
}
