package flowfile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// The types of the nodes that stand for a subflow instance: the instance has
// the type of instanceType, and if its definition has a status output there is
// one more.
const statusType = "subflow-status"

// expandLimit bounds how many nodes subflows may expand to: ten instances in
// each other ten times over would be 10^10.
const expandLimit = 200_000

// Expand returns the flows as they run. It has no definitions of subflows, and
// instead of an instance of one it has
//
//   - the instance, wired to what the definition's input is wired to: it passes
//     on what it gets. Its env table is the definition's with its own over it;
//   - a copy of each node, config node and group of the definition: its id is
//     instance-id "-" template-id, its Alias the template id, its Z the id of
//     the instance. Properties that are the id of a template are that of its
//     copy; scopes and links are so item by item; wires out of the definition
//     are dropped. Outputs of the definition are wired to what the instance is
//     wired to;
//   - if the definition has a status output, a node of type subflow-status with
//     the id instance-id ":status", which shows what it gets as the instance's
//     status.
//
// Instances inside of a definition are expanded too. Disabled instances, and
// those in disabled tabs, are left as they are. Link out nodes are wired to the
// link in nodes that either of the two names. The nodes have the credentials
// that the flows have. What does not change is shared with f.
func (f *Flows) Expand() *Flows {
	e := expander{from: f, links: f.linkWires(), templates: map[string][]*Node{}, to: &Flows{Credentials: f.Credentials}}
	e.to.Nodes = make([]*Node, 0, len(f.Nodes))
	var rest []*Node
	for _, n := range f.Nodes {
		switch {
		case n.Type == typeSubflow:
		case n.Type != typeTab && f.definition(n.Z) != nil:
			e.templates[n.Z] = append(e.templates[n.Z], n)
		default:
			rest = append(rest, n)
		}
	}
	for _, n := range rest {
		e.add(e.prepare(n), nil)
	}
	e.to.index()
	return e.to
}

// Containers returns what a node of expanded flows stands in, innermost first:
// subflow instances, and the tab at the end. A global node stands in none.
func (f *Flows) Containers(n *Node) []*Node {
	var list []*Node
	for z := f.Lookup(n.Z); z != nil && z != n && !slices.Contains(list, z); z = f.Lookup(z.Z) {
		list = append(list, z)
	}
	return list
}

// Path returns where a node of expanded flows stands: the id of its tab (global
// if it has none), the ids of the instances around it and its own, by slashes.
// The ids inside of a subflow are those of the definition.
func (f *Flows) Path(n *Node) string {
	path := cmp.Or(n.Alias, n.ID)
	if n.Type == typeTab {
		return path
	}
	inTab := false
	for _, z := range f.Containers(n) {
		path = cmp.Or(z.Alias, z.ID) + "/" + path
		inTab = z.Type == typeTab
	}
	if !inTab {
		path = "global/" + path
	}
	return path
}

// definition returns the subflow definition with the id, nil if there is none.
func (f *Flows) definition(id string) *Node {
	if id == "" {
		return nil
	}
	if d := f.Lookup(id); d != nil && d.Type == typeSubflow {
		return d
	}
	return nil
}

// definitionOf returns the definition of an instance, nil if n is none.
func (f *Flows) definitionOf(n *Node) *Node {
	if !n.isInstance() {
		return nil
	}
	return f.definition(strings.TrimPrefix(n.Type, instanceType))
}

// linkWires returns the link in nodes of each link out node, in the order in
// which the file names them on either side.
func (f *Flows) linkWires() map[string][]string {
	wires := map[string][]string{}
	add := func(from, to string) {
		if !slices.Contains(wires[from], to) {
			wires[from] = append(wires[from], to)
		}
	}
	for _, n := range f.Nodes {
		links, _ := n.Props.Get("links").(flow.Array)
		for _, link := range links {
			switch id := flow.Text(link); n.Type {
			case "link in":
				add(id, n.ID)
			case "link out":
				add(n.ID, id)
			}
		}
	}
	return wires
}

type expander struct {
	from, to  *Flows
	links     map[string][]string
	templates map[string][]*Node // by the id of the definition
}

// prepare returns the node as it runs, apart from subflows.
func (e *expander) prepare(n *Node) *Node {
	isLink := n.Type == "link out" && n.Props.Get("links") != nil
	secret := e.from.Credentials[n.ID]
	if !isLink && secret == nil {
		return n
	}
	c := *n
	c.Credentials = secret
	if isLink {
		c.Wires = [][]string{e.links[n.ID]}
	}
	return &c
}

// add adds a node, and all it stands for if it is an instance; within has the
// definitions around it.
func (e *expander) add(n *Node, within []*Node) {
	def := e.from.definitionOf(n)
	tab := e.from.Lookup(n.Z)
	off := n.Disabled || tab != nil && tab.Disabled
	if def == nil || off || slices.Contains(within, def) || len(e.to.Nodes) > expandLimit {
		e.to.Nodes = append(e.to.Nodes, n)
		return
	}
	parts := e.instantiate(n, def)
	e.to.Nodes = append(e.to.Nodes, parts[0])
	for _, part := range parts[1:] {
		e.add(part, append(slices.Clip(within), def))
	}
}

// instantiate returns an instance as it runs, and then what is in it.
func (e *expander) instantiate(n, def *Node) []*Node {
	instance := *n
	instance.Props = n.Props.Clone()
	instance.Props.Set("env", mergedEnv(def, n))
	instance.Credentials = mergedCredentials(e.from.Credentials[def.ID], n.Credentials)
	parts := []*Node{&instance}

	ids := map[string]string{}
	for _, t := range e.templates[def.ID] {
		ids[t.ID] = n.ID + "-" + t.ID
	}
	copies := map[string]*Node{def.ID: &instance} // the input's side of a shortcut
	for _, t := range e.templates[def.ID] {
		c := copyOf(e.prepare(t), n.ID, ids)
		copies[t.ID] = c
		parts = append(parts, c)
	}

	instance.Wires = nil
	if in, _ := def.Props.Get("in").(flow.Array); len(in) > 0 {
		instance.Wires = make([][]string, len(in))
		for i, input := range in {
			for _, end := range endsOf(input) {
				if id, ok := ids[end.id]; ok {
					instance.Wires[i] = append(instance.Wires[i], id)
				}
			}
		}
	}
	outs, _ := def.Props.Get("out").(flow.Array)
	for i, out := range outs {
		if i < len(n.Wires) {
			wire(copies, endsOf(out), n.Wires[i])
		}
	}
	if status, ok := def.Props.Get("status").(*flow.Object); ok {
		id := n.ID + ":status"
		wire(copies, endsOf(status), []string{id})
		parts = append(parts, &Node{
			ID: id, Type: statusType, Z: n.ID, Pos: def.Pos, OnCanvas: true,
			Props: flow.NewObject("id", id, "type", statusType, "z", n.ID),
		})
	}
	return parts
}

// wire wires outputs of the nodes to targets.
func wire(nodes map[string]*Node, outputs []wireEnd, targets []string) {
	for _, from := range outputs {
		n := nodes[from.id]
		if n == nil || from.port < 0 || from.port > maxPort {
			continue
		}
		for len(n.Wires) <= from.port {
			n.Wires = append(n.Wires, nil)
		}
		n.Wires[from.port] = append(n.Wires[from.port], targets...)
	}
}

// maxPort bounds the number of a port, so that a slip of the pen is no gigabyte.
const maxPort = 1000

// wireEnd is one end of a wire to an input or output of a definition.
type wireEnd struct {
	id   string
	port int
}

func endsOf(v flow.Value) (ends []wireEnd) {
	o, _ := v.(*flow.Object)
	if o == nil {
		return nil
	}
	wires, _ := o.Get("wires").(flow.Array)
	for _, w := range wires {
		if w, ok := w.(*flow.Object); ok {
			port, _ := w.Get("port").(float64)
			ends = append(ends, wireEnd{flow.Text(w.Get("id")), int(port)})
		}
	}
	return ends
}

// copyOf returns a node of a definition as it stands in an instance.
func copyOf(t *Node, instance string, ids map[string]string) *Node {
	c := *t
	c.Alias, c.ID, c.Z = t.ID, ids[t.ID], instance
	if id, ok := ids[t.Group]; ok {
		c.Group = id
	}
	c.Wires = make([][]string, len(t.Wires))
	for port, targets := range t.Wires {
		for _, target := range targets {
			if id, ok := ids[target]; ok {
				c.Wires[port] = append(c.Wires[port], id)
			}
		}
	}
	c.Props = t.Props.Clone()
	for key, v := range t.Props.All() {
		switch v := v.(type) {
		case string:
			if id, ok := ids[v]; ok {
				c.Props.Set(key, id)
			}
		case flow.Array:
			switch {
			case key == "links": // those of a link call may lead out of the subflow
				c.Props.Set(key, remap(v, ids, func(id string) string { return id }))
			case key == "scope" && watches(t.Type):
				c.Props.Set(key, remap(v, ids, func(string) string { return "" }))
			}
		}
	}
	c.Props.Set("id", c.ID)
	c.Props.Set("z", c.Z)
	return &c
}

// remap returns the ids in an instance, and what other makes of the others.
func remap(list flow.Array, ids map[string]string, other func(string) string) flow.Array {
	mapped := make(flow.Array, len(list))
	for i, v := range list {
		id, ok := ids[flow.Text(v)]
		if !ok {
			id = other(flow.Text(v))
		}
		mapped[i] = id
	}
	return mapped
}

// watches tells whether nodes of the type have a scope of node ids.
func watches(typ string) bool { return typ == "catch" || typ == "status" || typ == "complete" }

// mergedEnv returns the definition's env table with the entries of the instance
// in place of those of the same name, and then its other ones.
func mergedEnv(def, instance *Node) flow.Array {
	var merged flow.Array
	at := map[string]int{}
	for _, n := range []*Node{def, instance} {
		table, _ := n.Props.Get("env").(flow.Array)
		for _, v := range table {
			entry, ok := v.(*flow.Object)
			if !ok {
				continue
			}
			name := flow.Text(entry.Get("name"))
			if i, known := at[name]; known {
				merged[i] = entry
				continue
			}
			at[name] = len(merged)
			merged = append(merged, entry)
		}
	}
	return merged
}

// mergedCredentials returns the definition's with those of the instance over
// them; either may be nil.
func mergedCredentials(def, instance *flow.Object) *flow.Object {
	switch {
	case def == nil:
		return instance
	case instance == nil:
		return def
	}
	merged := def.Clone()
	for name, v := range instance.All() {
		merged.Set(name, v)
	}
	return merged
}
