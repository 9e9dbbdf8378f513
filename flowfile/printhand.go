package flowfile

import (
	"github.com/flowrun/flowrun/flow"
)

// handTree returns the flows in hand form, nil if it cannot say them.
func (f *Flows) handTree() *tree {
	h := handPrinter{inside: map[string][]*Node{}, ids: map[string]bool{}}
	h.containers = f.Tabs()
	for _, n := range f.Nodes {
		if n.Type == typeSubflow {
			h.containers = append(h.containers, n)
		}
	}
	contains := map[string]bool{}
	for _, n := range h.containers {
		contains[n.ID] = true
		if h.ids[n.ID] || n.Z != "" {
			return nil
		}
		h.ids[n.ID] = true
	}
	for _, n := range f.Nodes {
		if n.Type == typeTab || n.Type == typeSubflow {
			continue
		}
		if h.ids[n.ID] {
			return nil
		}
		h.ids[n.ID] = true
		z := n.Z
		if !contains[z] {
			z = ""
		}
		h.inside[z] = append(h.inside[z], n)
	}
	return h.document(f)
}

type handPrinter struct {
	containers []*Node
	inside     map[string][]*Node // by tab or subflow
	ids        map[string]bool
	failed     bool
}

func (h *handPrinter) document(f *Flows) *tree {
	doc := &tree{kind: object}
	if f.Envelope != nil {
		for key, v := range f.Envelope.All() {
			switch {
			case sectionKind(key) != "" || key == "id":
				return nil
			case key != "flows":
				doc.put(key, treeOf(v))
			}
		}
	}
	configs, flows, subflows := &tree{kind: object}, &tree{kind: object}, &tree{kind: object}
	for _, n := range h.inside[""] {
		configs.put(n.ID, h.node(n, ""))
	}
	for _, n := range h.containers {
		if n.Type == typeTab {
			flows.put(n.ID, h.container(n))
		} else {
			subflows.put(n.ID, h.container(n))
		}
	}
	doc.putSection("configs", configs)
	doc.putSection("subflows", subflows)
	doc.put("flows", flows)
	if h.failed {
		return nil
	}
	return doc
}

// container prints a tab or subflow and what is in it.
func (h *handPrinter) container(n *Node) *tree {
	t := h.node(n, n.Type)
	nodes, configs, groups := &tree{kind: object}, &tree{kind: object}, &tree{kind: object}
	for _, inner := range h.inside[n.ID] {
		switch {
		case inner.Type == typeGroup:
			groups.put(inner.ID, h.node(inner, typeGroup))
		case inner.OnCanvas:
			nodes.put(inner.ID, h.node(inner, ""))
		default:
			configs.put(inner.ID, h.node(inner, ""))
		}
	}
	t.putSection("configs", configs)
	t.putSection("groups", groups)
	t.putSection("nodes", nodes)
	t.sortProps()
	return t
}

// node prints the properties of a member; its id is the key it stands under,
// its z where it stands. The type is left out if the place says it.
func (h *handPrinter) node(n *Node, typ string) *tree {
	t := &tree{kind: object}
	if typ == "" {
		t.put("type", treeOf(n.Type))
	}
	inContainer := n.Z != "" && len(h.inside[n.Z]) > 0
	for key, v := range n.Props.All() {
		switch {
		case v == nil || key == "id" || key == "type" || key == "z" && inContainer:
		case key == "wires":
			short := treeOf(shortWires(v))
			h.failed = h.failed || !flow.Equal(expandWires(short).toValue(), v)
			t.put(key, short)
		case key == "env" && hasEnv(n.Type):
			short := shortEnv(v)
			if short == nil {
				short = treeOf(v)
				h.failed = h.failed || short.kind == object
			}
			t.put(key, short)
		case sectionKind(key) != "" && (n.Type == typeTab || n.Type == typeSubflow):
			h.failed = true
		default:
			t.put(key, treeOf(v))
		}
	}
	t.sortProps()
	return t
}

func (t *tree) put(key string, v *tree) {
	t.pairs = append(t.pairs, pair{key: key, value: v})
}

// putSection puts v unless it is empty.
func (t *tree) putSection(key string, v *tree) {
	if len(v.pairs) > 0 {
		t.put(key, v)
	}
}
