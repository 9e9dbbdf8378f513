package flowfile

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/shell"
)

// Check reports what is wrong with flows that could be read, sorted by place.
// Errors: an id that stands twice; a type that is not known (Node-RED starts
// nothing then, even if the node is disabled); wires that are no list of lists;
// groups, subflows or config nodes that contain or need each other in a circle;
// a node in a subflow's instance; subflows that come to too many nodes.
// Warnings: a wire, link or group that leads nowhere, a wire into another flow.
// known tells the node types that can run; nil takes all for known.
func (f *Flows) Check(known func(typ string) bool) Problems {
	c := checker{flows: f, known: known, containers: map[string]bool{}}
	for _, tab := range f.Tabs() {
		c.containers[tab.ID] = true
	}
	for _, n := range f.Nodes {
		if n.Type == typeSubflow {
			c.containers[n.ID] = true
		}
	}
	for _, n := range f.Nodes {
		c.id(n)
		c.typ(n)
		c.place(n)
		c.wires(n)
		c.links(n)
		c.group(n)
		c.definition(n)
	}
	c.circles()
	c.expansion()
	c.problems.Sort()
	return c.problems
}

type checker struct {
	flows      *Flows
	known      func(string) bool
	containers map[string]bool
	problems   Problems
}

func (c *checker) fail(n *Node, at Pos, severity Severity, text, hint string) {
	c.problems = append(c.problems, n.problem(at, severity, text, hint))
}

func (c *checker) id(n *Node) {
	if first := c.flows.Lookup(n.ID); first != n && first.Pos != n.Pos {
		c.fail(n, n.PropPos("id"), Error,
			fmt.Sprintf("the id is taken by the %s at %s", first.Type, first.Pos), "give one of them another id")
	} else if first != n {
		c.fail(n, n.PropPos("id"), Error, "the id is taken by another "+first.Type, "give one of them another id")
	}
}

func (c *checker) typ(n *Node) {
	definition, isInstance := strings.CutPrefix(n.Type, instanceType)
	switch {
	case n.isStructure():
	case isInstance:
		if c.flows.definition(definition) == nil {
			c.fail(n, n.PropPos("type"), Error, fmt.Sprintf("there is no subflow %q", definition), "add its definition: export the flows again with it")
		}
	case c.known != nil && !c.known(n.Type):
		c.fail(n, n.PropPos("type"), Error, fmt.Sprintf("unknown node type %q", n.Type),
			"check the spelling, or put an inert node in its place with --stub-type "+shell.Quote(n.Type))
	}
}

func (c *checker) place(n *Node) {
	if z := c.flows.Lookup(n.Z); z != nil && z.isInstance() {
		c.fail(n, n.PropPos("z"), Error, fmt.Sprintf("it is in %q, which is an instance of a subflow", n.Z), "put it into a flow, or into the definition of the subflow")
	}
}

func (c *checker) wires(n *Node) {
	if n.isStructure() {
		return
	}
	if _, ok := wiresOf(n.Props.Get("wires")); !ok {
		c.fail(n, n.PropPos("wires"), Error, "wires must be a list with a list of node ids for each output", `such as [["a"],["b","c"]]`)
		return
	}
	index := 0
	for _, port := range n.Wires {
		for _, id := range port {
			c.wire(n, id, index)
			index++
		}
	}
}

func (c *checker) wire(n *Node, id string, index int) {
	to := c.flows.Lookup(id)
	switch {
	case to == nil:
		c.fail(n, n.wirePos(index), Warning, fmt.Sprintf("a wire leads to %q, which does not exist", id), "remove the wire, or add the node")
	case to.isStructure():
		c.fail(n, n.wirePos(index), Warning, fmt.Sprintf("a wire leads to %q, which is a %s", id, to.Type), "wire it to a node")
	case to.Z != n.Z && c.containers[to.Z] && c.containers[n.Z]:
		c.fail(n, n.wirePos(index), Warning, fmt.Sprintf("a wire leads to %q, which is in another flow", id), "use link nodes between flows")
	}
}

func (c *checker) links(n *Node) {
	if !strings.HasPrefix(n.Type, "link ") {
		return
	}
	links, _ := n.Props.Get("links").(flow.Array)
	for _, link := range links {
		if id, ok := link.(string); ok && c.flows.Lookup(id) == nil {
			c.fail(n, n.PropPos("links"), Warning, fmt.Sprintf("a link leads to %q, which does not exist", id), "remove the link, or add the node")
		}
	}
}

func (c *checker) group(n *Node) {
	if n.Group == "" {
		return
	}
	if g := c.flows.Lookup(n.Group); g == nil || g.Type != typeGroup {
		c.fail(n, n.PropPos("g"), Warning, fmt.Sprintf("there is no group %q", n.Group), "remove g, or add the group")
	}
}

// definition checks what the input, outputs and status of a definition are wired
// to: its own nodes, or its input.
func (c *checker) definition(n *Node) {
	if n.Type != typeSubflow {
		return
	}
	for _, key := range []string{"in", "out", "status"} {
		v := n.Props.Get(key)
		list, ok := v.(flow.Array)
		if !ok {
			list = flow.Array{v}
		}
		for _, terminal := range list {
			for _, end := range endsOf(terminal) {
				if to := c.flows.Lookup(end.id); end.id != n.ID && (to == nil || to.Z != n.ID) {
					c.fail(n, n.PropPos(key), Warning, fmt.Sprintf("a wire of %q leads to %q, which is not in the subflow", key, end.id), "remove the wire, or add the node")
				}
			}
		}
	}
}

// circles finds groups within themselves, subflows that contain themselves and
// config nodes that wait for each other.
func (c *checker) circles() {
	nested, contained, configs := graph{}, graph{}, graph{}
	for _, n := range c.flows.Nodes {
		definition, isInstance := strings.CutPrefix(n.Type, instanceType)
		switch {
		case n.Type == typeGroup && n.Group != "":
			nested.add(n, n.Group)
		case isInstance:
			if outer := c.flows.Lookup(n.Z); outer != nil && outer.Type == typeSubflow {
				contained.add(outer, definition)
			}
		}
		if !n.isStructure() && !n.OnCanvas && !n.Disabled {
			for _, id := range c.flows.Needs(n) {
				if c.flows.Lookup(id).Z == n.Z {
					configs.add(n, id)
				}
			}
		}
	}
	c.report(nested, "the group is in itself", "take one of them out of its group")
	c.report(contained, "the subflow contains itself", "remove one of the instances")
	c.report(configs, "the config node needs itself", "a config node is made after those whose ids its properties have: break the circle")
}

// Needs returns the ids of the config nodes that n's properties name, whichever
// the flow they are in.
func (f *Flows) Needs(n *Node) (ids []string) {
	for key, v := range n.Props.All() {
		id, ok := v.(string)
		if !ok {
			continue
		}
		switch key {
		case "id", "type", "z", "g", "name", "wires", "_users":
			continue
		}
		if other := f.Lookup(id); other != nil && other != n && !other.isStructure() && !other.OnCanvas && !other.Disabled {
			ids = append(ids, id)
		}
	}
	return ids
}

// expansion finds subflows that are too much for Expand.
func (c *checker) expansion() {
	templates := map[string][]*Node{}
	for _, n := range c.flows.Nodes {
		templates[n.Z] = append(templates[n.Z], n)
	}
	sizes := map[*Node]int{} // of a definition; 0 while it is being counted
	var size func(def *Node) int
	size = func(def *Node) int {
		if n, known := sizes[def]; known {
			return n
		}
		sizes[def] = 0
		total := 1
		for _, n := range templates[def.ID] {
			total++
			if inner := c.flows.definitionOf(n); inner != nil {
				total += size(inner)
			}
			total = min(total, expandLimit+1)
		}
		sizes[def] = total
		return total
	}
	total := 0
	for _, n := range c.flows.Nodes {
		def := c.flows.definitionOf(n)
		if def == nil || n.Disabled || c.flows.definition(n.Z) != nil {
			continue
		}
		if total += size(def); total > expandLimit {
			c.fail(n, n.Pos, Error, fmt.Sprintf("the subflows come to more than %d nodes", expandLimit), "put fewer instances into each other")
			return
		}
	}
}

func (c *checker) report(g graph, text, hint string) {
	for _, circle := range g.circles(c.flows) {
		first := circle[0]
		path := ""
		for _, n := range circle {
			path += n.ID + " → "
		}
		c.fail(first, first.Pos, Error, text+": "+path+first.ID, hint)
	}
}

// graph has the ids to which a node leads.
type graph map[*Node][]string

func (g graph) add(from *Node, to string) { g[from] = append(g[from], to) }

// circles returns each circle once, from its first node in file order on.
func (g graph) circles(f *Flows) (found [][]*Node) {
	const visiting, done = 1, 2
	state := map[*Node]int{}
	var path []*Node
	var visit func(n *Node)
	visit = func(n *Node) {
		state[n] = visiting
		path = append(path, n)
		for _, id := range g[n] {
			next := f.Lookup(id)
			switch {
			case next == nil || state[next] == done:
			case state[next] == visiting:
				start := len(path) - 1
				for path[start] != next {
					start--
				}
				found = append(found, append([]*Node(nil), path[start:]...))
			default:
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[n] = done
	}
	for _, n := range f.Nodes {
		if state[n] == 0 && len(g[n]) > 0 {
			visit(n)
		}
	}
	return found
}
