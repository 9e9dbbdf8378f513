package runtime

import (
	"cmp"
	"slices"

	"github.com/flowrun/flowrun/flowfile"
)

// connect sets the wires and the watchers of all places. All flows whose nodes
// or wires changed stand still.
func (r *Runtime) connect() {
	flows := r.running.flows
	byFlow := map[string][]*place{}
	watches := map[string][]watch{}
	watchesStatus := false
	r.linkNames = map[string][]*place{}
	for _, p := range r.places {
		p.ownStatus = false
	}
	for _, n := range r.running.list {
		p := r.places[n.ID]
		if p == nil { // it could not be made
			continue
		}
		wires, ids := r.wiresOf(n)
		if !sameTargets(p.wires, wires) {
			p.wires, p.wireIDs = wires, ids
		}
		p.stats.setOutputs(len(n.Wires))
		p.group = groupsOf(flows, n)
		p.users = nil
		byFlow[n.Z] = append(byFlow[n.Z], p)
		switch n.Type {
		case "link in":
			name := cmp.Or(n.Name, n.ID)
			r.linkNames[name] = append(r.linkNames[name], p)
		case statusType:
			if p.instance != nil {
				p.instance.ownStatus = true
			}
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
	r.connectUsers()
	r.watchesStatus.Store(watchesStatus)
}

// connectUsers tells the global config nodes who uses them: whose properties
// have their id. Their errors and status are those of the users' flows.
func (r *Runtime) connectUsers() {
	if len(r.running.globals) == 0 {
		return
	}
	for _, n := range r.running.list {
		user := r.places[n.ID]
		for _, id := range r.running.flows.Needs(n) {
			if config := r.places[id]; config != nil && user != nil && r.running.globals[id] && !slices.Contains(config.users, user) {
				config.users = append(config.users, user)
			}
		}
	}
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
