package flowfile

import "slices"

// The grid of [Flows.Layout], in the pixels of the Node-RED editor.
const (
	layoutLeft, layoutTop = 140, 80
	columnWidth           = 220
	rowHeight             = 60
)

// Layout gives nodes that were written by hand a position in the editor: from
// left to right along the wires, and from top to bottom in the order of the
// file. Nodes that have a position keep it. Without one Node-RED would take a
// node for a config node.
func (f *Flows) Layout() {
	columns := f.columns()
	rows := map[string][]int{} // by flow: how many nodes stand in each column
	for _, n := range f.Nodes {
		if n.isStructure() || !n.OnCanvas || n.Props.Get("x") != nil && n.Props.Get("y") != nil {
			continue
		}
		column := columns[n.ID]
		for len(rows[n.Z]) <= column {
			rows[n.Z] = append(rows[n.Z], 0)
		}
		props := n.Props.Clone()
		wires := props.Get("wires")
		props.Delete("wires")
		props.Set("x", float64(layoutLeft+columnWidth*column))
		props.Set("y", float64(layoutTop+rowHeight*rows[n.Z][column]))
		if wires != nil {
			props.Set("wires", wires)
		}
		n.Props = props
		rows[n.Z][column]++
	}
}

// columns returns how many wires lead to each node from the start of its flow
// at most, cycles aside.
func (f *Flows) columns() map[string]int {
	column := map[string]int{}
	var visit func(n *Node, path []string)
	visit = func(n *Node, path []string) {
		if slices.Contains(path, n.ID) || len(path) > len(f.Nodes) {
			return
		}
		path = append(path, n.ID)
		for _, port := range n.Wires {
			for _, id := range port {
				if to := f.Lookup(id); to != nil && column[id] < len(path) && !slices.Contains(path, id) {
					column[id] = len(path)
					visit(to, path)
				}
			}
		}
	}
	wired := map[string]bool{}
	for _, n := range f.Nodes {
		for _, port := range n.Wires {
			for _, id := range port {
				wired[id] = wired[id] || id != n.ID
			}
		}
	}
	for _, n := range f.Nodes {
		if !wired[n.ID] {
			visit(n, nil)
		}
	}
	return column
}
