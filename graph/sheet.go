package graph

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// Options say what is drawn.
type Options struct {
	// Flow is the id or label of the flow or subflow definition to draw; empty:
	// all of them.
	Flow string
	// Ports returns how many inputs and outputs the nodes of a type have, if it
	// is known. Nil knows none; then wires tell.
	Ports func(typ string) (inputs, outputs int, known bool)
}

// ErrNoFlow says that there is no flow with the id or label asked for.
var ErrNoFlow = errors.New("no such flow")

// The structural types of a flow file.
const (
	typeTab      = "tab"
	typeSubflow  = "subflow"
	typeGroup    = "group"
	typeJunction = "junction"
	instanceType = typeSubflow + ":" // followed by the id of the definition
)

// sheet is a flow or a subflow definition with all that is drawn of it.
type sheet struct {
	id, title string
	subflow   bool
	disabled  bool
	boxes     []*box
	groups    []*group // outer ones before those in them
	wires     []wire
	links     []link
}

// maxPorts bounds the outputs of a node, so that a slip of the pen is no gigabyte.
const maxPorts = 1000

// wire leads from an output of a box to the input of another.
type wire struct {
	from     *box
	port     int
	to       *box
	virtual  bool // between link nodes
	disabled bool // one of its ends is
}

// link is the other end of a link node's link, where that is on another sheet.
type link struct {
	at, other *box
	out       bool   // it leads away from at
	title     string // of the other's sheet
}

// drawer makes sheets of flows.
type drawer struct {
	flows *flowfile.Flows
	ports func(string) (int, int, bool)
	wired map[string]bool // nodes that a wire leads to
	boxes map[string]*box
	home  map[*box]*sheet
}

// sheetsOf returns the sheets to draw. The error wraps [ErrNoFlow].
func sheetsOf(f *flowfile.Flows, o Options) ([]*sheet, error) {
	d := drawer{flows: f, ports: o.Ports, wired: map[string]bool{}, boxes: map[string]*box{}, home: map[*box]*sheet{}}
	if d.ports == nil {
		d.ports = func(string) (int, int, bool) { return 0, 0, false }
	}
	for _, n := range f.Nodes {
		for _, port := range n.Wires {
			for _, id := range port {
				d.wired[id] = true
			}
		}
	}
	var all []*sheet
	var titles []string
	for _, n := range d.containers() {
		s := d.sheet(n)
		all = append(all, s)
		titles = append(titles, s.title)
	}
	for _, s := range all {
		d.wire(s)
		d.link(s)
	}
	if o.Flow == "" {
		return all, nil
	}
	for _, is := range []func(*sheet) bool{
		func(s *sheet) bool { return s.id == o.Flow },
		func(s *sheet) bool { return s.title == o.Flow },
	} {
		if found := slices.DeleteFunc(slices.Clone(all), func(s *sheet) bool { return !is(s) }); len(found) > 0 {
			return found, nil
		}
	}
	return nil, fmt.Errorf("flow %q: %w; there are %s", o.Flow, ErrNoFlow, strings.Join(titles, ", "))
}

// containers returns the flows, then the subflow definitions. A container
// without id stands for nodes that are on a canvas but in no flow.
func (d *drawer) containers() []*flowfile.Node {
	list := d.flows.Tabs()
	loose := false
	for _, n := range d.flows.Nodes {
		if n.Type == typeSubflow {
			list = append(list, n)
		}
		loose = loose || n.Z == "" && isDrawn(n)
	}
	if loose {
		list = append(list, &flowfile.Node{Type: typeTab, Name: "(in no flow)", Props: &flow.Object{}})
	}
	return list
}

// isDrawn tells whether the object is a node on a canvas.
func isDrawn(n *flowfile.Node) bool {
	return n.OnCanvas && n.Type != typeTab && n.Type != typeSubflow && n.Type != typeGroup
}

// sheet makes the sheet of a tab or subflow definition, without its wires.
func (d *drawer) sheet(container *flowfile.Node) *sheet {
	s := &sheet{
		id: container.ID, title: cmp.Or(container.Name, container.ID),
		subflow: container.Type == typeSubflow, disabled: container.Disabled,
	}
	for _, n := range d.flows.Nodes {
		switch {
		case n.Z != container.ID:
		case n.Type == typeGroup:
			s.groups = append(s.groups, newGroup(n))
		case isDrawn(n):
			d.put(s, d.newBox(n, s.disabled))
		}
	}
	if s.subflow {
		for _, b := range subflowPorts(container) {
			d.put(s, b)
		}
	}
	s.arrangeGroups()
	return s
}

func (d *drawer) put(s *sheet, b *box) {
	s.boxes = append(s.boxes, b)
	d.home[b] = s
	if d.boxes[b.id] == nil {
		d.boxes[b.id] = b
	}
}

// wire adds the wires between boxes of the sheet.
func (d *drawer) wire(s *sheet) {
	add := func(from *box, port int, to *box) {
		if from == nil || to == nil || d.home[from] != s || d.home[to] != s || port < 0 || port >= maxPorts {
			return // a node is missing, or not drawn here
		}
		from.outputs = max(from.outputs, port+1)
		s.wires = append(s.wires, wire{from: from, port: port, to: to, disabled: from.disabled || to.disabled})
	}
	for _, b := range s.boxes {
		if b.node != nil && b.kind != subflowPort {
			for port, ids := range b.node.Wires {
				for _, id := range ids {
					add(b, port, d.boxes[id])
				}
			}
			continue
		}
		for _, end := range b.ends {
			if b.outputs > 0 {
				add(b, 0, d.boxes[end.id])
			} else {
				add(d.boxes[end.id], end.port, b)
			}
		}
	}
	for _, b := range s.boxes {
		b.grow() // wires may need more outputs than the type has
	}
}

// link adds the wires between link nodes: those on the sheet as virtual wires,
// the others as ends that name the other sheet.
func (d *drawer) link(s *sheet) {
	seen := map[[2]*box]bool{}
	for _, b := range s.boxes {
		if b.node == nil {
			continue
		}
		out := b.node.Type == "link out" || b.node.Type == "link call"
		if !out && b.node.Type != "link in" {
			continue
		}
		list, _ := b.node.Props.Get("links").(flow.Array)
		for _, v := range list {
			other := d.boxes[flow.Text(v)]
			if other == nil {
				continue
			}
			from, to := b, other
			if !out {
				from, to = other, b
			}
			switch {
			case seen[[2]*box{from, to}]:
			case d.home[other] == s:
				s.wires = append(s.wires, wire{from: from, to: to, virtual: true, disabled: from.disabled || to.disabled})
			default:
				s.links = append(s.links, link{at: b, other: other, out: out, title: d.home[other].title})
			}
			seen[[2]*box{from, to}] = true
		}
	}
}

// allWires returns the wires of the sheets, those between link nodes of different
// sheets too.
func allWires(sheets []*sheet) []wire {
	var list []wire
	drawn, seen := map[*box]bool{}, map[[2]*box]bool{}
	for _, s := range sheets {
		list = append(list, s.wires...)
		for _, b := range s.boxes {
			drawn[b] = true
		}
	}
	for _, s := range sheets {
		for _, l := range s.links {
			from, to := l.at, l.other
			if !l.out {
				from, to = to, from
			}
			if ends := [2]*box{from, to}; drawn[l.other] && !seen[ends] {
				seen[ends] = true
				list = append(list, wire{from: from, to: to, virtual: true})
			}
		}
	}
	return list
}
