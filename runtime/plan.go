package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// DeployType says how much a deploy restarts, as in Node-RED.
type DeployType string

// The deploy types.
const (
	Full  DeployType = "full"  // everything
	Flows DeployType = "flows" // what changed, and all that is wired to it
	Nodes DeployType = "nodes" // what changed
)

// ParseDeployType reads a deploy type; empty is Full.
func ParseDeployType(s string) (DeployType, error) {
	switch t := DeployType(s); t {
	case "":
		return Full, nil
	case Full, Flows, Nodes:
		return t, nil
	}
	return "", fmt.Errorf("unknown deploy type %q: use full, flows or nodes", s)
}

// Plan says what a deploy does to the nodes that run, by id and in the order of
// the file. A node that only has new wires is not restarted.
type Plan struct {
	Type    DeployType
	Add     []string
	Remove  []string
	Restart []string
	Rewire  []string
}

// String prints the plan for people.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s deploy: %d to add, %d to restart, %d to remove, %d to rewire\n",
		p.Type, len(p.Add), len(p.Restart), len(p.Remove), len(p.Rewire))
	for _, part := range []struct {
		what string
		ids  []string
	}{{"add", p.Add}, {"restart", p.Restart}, {"remove", p.Remove}, {"rewire", p.Rewire}} {
		for _, id := range part.ids {
			fmt.Fprintf(&b, "  %-8s %s\n", part.what, id)
		}
	}
	return b.String()
}

// Diff compares flows that run (nil: none) with new ones. The rules are
// Node-RED's, but for one: new wires alone restart nothing. The plan's ids are
// those of expanded flows.
func Diff(old, new *flowfile.Flows, t DeployType) Plan {
	var was nodeSet
	if old != nil {
		was = runnable(old.Expand())
	}
	return diff(was, runnable(new.Expand()), t)
}

func diff(was, is nodeSet, t DeployType) Plan {
	plan := Plan{Type: t}
	for _, n := range was.list {
		if is.byID[n.ID] == nil {
			plan.Remove = append(plan.Remove, n.ID)
		}
	}
	changed := changedNodes(was, is)
	if t != Full && changedGlobalConfig(was.flows, is.flows) {
		t = Full
	}
	restart := changed
	if t == Flows {
		restart = linked(was, is, changed, plan.Remove)
	}
	for _, n := range is.list {
		before := was.byID[n.ID]
		switch {
		case before == nil:
			plan.Add = append(plan.Add, n.ID)
		case t == Full || restart[n.ID]:
			plan.Restart = append(plan.Restart, n.ID)
		case !equalWires(before.Wires, n.Wires):
			plan.Rewire = append(plan.Rewire, n.ID)
		}
	}
	return plan
}

// nodeSet is what runs of expanded flows. The zero nodeSet is empty.
type nodeSet struct {
	flows   *flowfile.Flows
	list    []*flowfile.Node
	byID    map[string]*flowfile.Node
	scopes  map[string]*flowfile.Node // tabs and groups, by id
	globals map[string]bool           // ids of config nodes outside of all flows
}

// runnable picks the nodes that get an instance: none that are disabled or
// stand in a disabled tab.
func runnable(expanded *flowfile.Flows) nodeSet {
	set := nodeSet{
		flows: expanded, byID: make(map[string]*flowfile.Node, len(expanded.Nodes)),
		scopes: map[string]*flowfile.Node{}, globals: map[string]bool{},
	}
	for _, n := range expanded.Nodes {
		if n.Type == "tab" || n.Type == "group" {
			set.scopes[n.ID] = n
		}
	}
	for _, n := range expanded.Nodes {
		tab := set.scopes[n.Z]
		if n.Type == "tab" || n.Type == "group" || n.Disabled || tab != nil && tab.Disabled || set.byID[n.ID] != nil {
			continue
		}
		set.list = append(set.list, n)
		set.byID[n.ID] = n
		if n.Z == "" && !n.OnCanvas {
			set.globals[n.ID] = true
		}
	}
	return set
}

// changedNodes returns the ids of nodes in both sets that need a new instance.
func changedNodes(was, is nodeSet) map[string]bool {
	changed := map[string]bool{}
	for _, n := range is.list {
		before := was.byID[n.ID]
		if before == nil {
			continue
		}
		changed[n.ID] = !sameProps(before, n) || scopeChanged(was, is, n)
	}
	// What refers to a changed, new or removed config node changes too.
	gone := func(id string) bool {
		n := is.byID[id]
		if n == nil {
			n = was.byID[id]
			return n != nil && !n.OnCanvas
		}
		return !n.OnCanvas && (changed[id] || was.byID[id] == nil)
	}
	for again := true; again; {
		again = false
		for _, n := range is.list {
			if was.byID[n.ID] == nil || changed[n.ID] {
				continue
			}
			for key, v := range n.Props.All() {
				if id, ok := v.(string); ok && key != "id" && key != "z" && key != "g" && gone(id) {
					changed[n.ID], again = true, true
					break
				}
			}
		}
	}
	changedInstances(was, is, changed)
	return changed
}

// changedInstances adds the subflow instances in which something changed, came
// or went, and all that is in them: an instance is restarted as a whole.
func changedInstances(was, is nodeSet, changed map[string]bool) {
	again := true
	mark := func(id string) {
		if is.byID[id] != nil && !changed[id] {
			changed[id], again = true, true
		}
	}
	for _, n := range was.list {
		if is.byID[n.ID] == nil {
			mark(n.Z)
		}
	}
	for again {
		again = false
		for _, n := range is.list {
			if changed[n.ID] || was.byID[n.ID] == nil {
				mark(n.Z)
			}
			if changed[n.Z] {
				mark(n.ID)
			}
		}
	}
}

// sameProps compares all but position and wires.
func sameProps(a, b *flowfile.Node) bool {
	if !sameCredentials(a, b) {
		return false
	}
	count := func(o *flow.Object) (n int) {
		for k := range o.All() {
			if !layout(k) {
				n++
			}
		}
		return n
	}
	if a.Props.Len() != b.Props.Len() && count(a.Props) != count(b.Props) {
		return false
	}
	for k, v := range b.Props.All() {
		if layout(k) {
			continue
		}
		w, ok := a.Props.Lookup(k)
		if !ok || !flow.Equal(v, w) {
			return false
		}
	}
	return true
}

// credentials returns a node's credentials, undefined if it has none.
func credentials(n *flowfile.Node) flow.Value {
	if n.Credentials == nil {
		return nil
	}
	return n.Credentials
}

func sameCredentials(a, b *flowfile.Node) bool { return flow.Equal(credentials(a), credentials(b)) }

func layout(key string) bool { return key == "x" || key == "y" || key == "wires" }

// scopeChanged tells whether the environment of a node's tab or groups changed.
func scopeChanged(was, is nodeSet, n *flowfile.Node) bool {
	differs := func(id string) bool {
		a, b := was.scopes[id], is.scopes[id]
		if a == nil || b == nil {
			return a != b
		}
		return !flow.Equal(a.Props.Get("env"), b.Props.Get("env")) || !sameCredentials(a, b)
	}
	if differs(n.Z) {
		return true
	}
	seen := map[string]bool{}
	for g := n.Group; g != "" && !seen[g]; {
		seen[g] = true
		if differs(g) {
			return true
		}
		group := is.scopes[g]
		if group == nil {
			break
		}
		g = group.Group
	}
	return false
}

func changedGlobalConfig(old, new *flowfile.Flows) bool {
	env := func(f *flowfile.Flows) (list flow.Array) {
		if f == nil {
			return nil
		}
		for _, n := range f.Nodes {
			if n.Type == "global-config" {
				list = append(list, n.Props.Get("env"), credentials(n))
			}
		}
		return list
	}
	return old != nil && !flow.Equal(env(old), env(new))
}

// linked returns the changed nodes and all that wires connect to a changed, new
// or removed node, in either direction.
func linked(was, is nodeSet, changed map[string]bool, removed []string) map[string]bool {
	neighbours := map[string][]string{}
	connect := func(a, b string) {
		neighbours[a] = append(neighbours[a], b)
		neighbours[b] = append(neighbours[b], a)
	}
	for _, set := range []nodeSet{was, is} {
		for _, n := range set.list {
			if set.byID[n.Z] != nil {
				connect(n.Z, n.ID) // an instance and what is in it
			}
			if n.Type == "link out" {
				continue // links are no wires here, as in Node-RED
			}
			for _, port := range n.Wires {
				for _, id := range port {
					connect(n.ID, id)
				}
			}
		}
	}
	todo := slices.Clone(removed)
	for _, n := range is.list {
		if changed[n.ID] || was.byID[n.ID] == nil {
			todo = append(todo, n.ID)
		}
	}
	reached := map[string]bool{}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[id] {
			continue
		}
		reached[id] = true
		todo = append(todo, neighbours[id]...)
	}
	return reached
}

func equalWires(a, b [][]string) bool {
	return slices.EqualFunc(a, b, slices.Equal)
}
