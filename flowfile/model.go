package flowfile

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Types that give a file its structure and are no node types.
const (
	typeTab      = "tab"
	typeSubflow  = "subflow"
	typeGroup    = "group"
	instanceType = "subflow:" // followed by the id of the definition
	typeGlobals  = "global-config"
)

// Node is one object of a flow file: a tab, a subflow definition, a group, a
// node or a config node.
type Node struct {
	ID, Type string
	Alias    string // of a node that Expand has made: its id in the definition
	Z        string // the tab or subflow it is in; empty if it is in none
	Name     string // its name; a tab's label
	Group    string // the group it is in: g
	Disabled bool   // d: true, or disabled: true of a tab
	OnCanvas bool   // has both x and y: a flow node, not a config node
	Wires    [][]string
	Props    *flow.Object // all properties in file order, also those above
	Pos      Pos

	// Credentials are those of Flows.Credentials; Expand puts them here. May be
	// nil.
	Credentials *flow.Object

	source *tree // an object whose pairs have places
}

// PropPos returns the place of a property, the node's if it has none of this
// name.
func (n *Node) PropPos(name string) Pos {
	if n.source != nil {
		if p := n.source.find(name); p != nil {
			return n.at(p.place)
		}
	}
	return n.Pos
}

// wirePos returns the place of a wire's end, counted over all ports.
func (n *Node) wirePos(index int) Pos {
	if n.source != nil {
		if wires := n.source.get("wires"); wires != nil {
			if ends := wires.leaves(nil); index < len(ends) {
				return n.at(ends[index].place)
			}
		}
	}
	return n.PropPos("wires")
}

func (n *Node) at(p place) Pos {
	if p.line == 0 {
		return n.Pos
	}
	return p.in(n.Pos.File)
}

// isStructure tells whether the object is none of those that run.
func (n *Node) isStructure() bool {
	return n.Type == typeTab || n.Type == typeSubflow || n.Type == typeGroup
}

// isInstance tells whether the object is an instance of a subflow.
func (n *Node) isInstance() bool { return strings.HasPrefix(n.Type, instanceType) }

func (n *Node) problem(at Pos, severity Severity, text, hint string) Problem {
	return Problem{Pos: at, Severity: severity, Node: n.ID, Type: n.Type, Name: n.Name, Text: text, Hint: hint}
}

// Flows is what the files of one deployment hold.
type Flows struct {
	// Nodes has all objects in file order. Where an id stands twice, both are
	// here.
	Nodes []*Node
	// Envelope has what stands beside the flows in {"flows":[…],"rev":…,
	// "credentials":…}; its flows are undefined. It is nil for a plain list.
	Envelope *flow.Object
	// Credentials are what the nodes keep secret, see [Flows.SplitCredentials].
	// They are not printed.
	Credentials Credentials

	byID     map[string]*Node
	implicit []*Node // flows that have nodes but no tab
}

// Lookup returns the object with the id, the first one where it stands twice,
// nil if there is none. It also finds flows without a tab, see [Flows.Tabs].
func (f *Flows) Lookup(id string) *Node { return f.byID[id] }

// Tabs returns the flows: the tabs in file order, then one for each z that names
// no tab and no subflow. Node-RED runs the nodes of a clipboard export, which
// may lack its tab, that way; such a flow is not in Nodes and is not printed.
func (f *Flows) Tabs() []*Node {
	var tabs []*Node
	for _, n := range f.Nodes {
		if n.Type == typeTab {
			tabs = append(tabs, n)
		}
	}
	return append(tabs, f.implicit...)
}

// DropPlaces forgets where in the file each property stands, which takes more
// memory than the flows themselves; the nodes' Pos stays.
func (f *Flows) DropPlaces() {
	for _, n := range f.Nodes {
		n.source = nil
	}
}

// index fills what is derived from Nodes.
func (f *Flows) index() {
	f.byID = make(map[string]*Node, len(f.Nodes))
	f.implicit = nil
	containers := map[string]bool{"": true}
	for _, n := range f.Nodes {
		if f.byID[n.ID] == nil {
			f.byID[n.ID] = n
		}
		if n.Type == typeTab || n.Type == typeSubflow || n.isInstance() {
			containers[n.ID] = true
		}
	}
	for _, n := range f.Nodes {
		if n.isStructure() || containers[n.Z] {
			continue
		}
		containers[n.Z] = true
		tab := &Node{ID: n.Z, Type: typeTab, Pos: n.Pos, Props: flow.NewObject("id", n.Z, "type", typeTab)}
		f.implicit = append(f.implicit, tab)
		if f.byID[n.Z] == nil {
			f.byID[n.Z] = tab
		}
	}
}
