package graph

import (
	"cmp"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// groupMargin is the space in a group around what is in it, if the file does not
// say where the group is.
const groupMargin = 20

// group is a frame around nodes.
type group struct {
	id, parent  string
	name        string
	style       *flow.Object // stroke, fill, label-position, …; never nil
	left, top   float64
	right, bot  float64
	placed      bool // the file says where it is
	depth       int  // how many groups it is in
	labelHeight float64
}

func newGroup(n *flowfile.Node) *group {
	g := &group{id: n.ID, parent: n.Group, name: n.Name, left: number(n.Props, "x"), top: number(n.Props, "y")}
	g.style, _ = n.Props.Get("style").(*flow.Object)
	if g.style == nil {
		g.style = &flow.Object{}
	}
	w, h := number(n.Props, "w"), number(n.Props, "h")
	g.placed = w > 0 && h > 0
	g.right, g.bot = g.left+w, g.top+h
	if g.name != "" && g.style.Get("label") != false {
		g.labelHeight = grid
	}
	return g
}

// arrangeGroups puts outer groups first, and gives those without a place one
// around what is in them.
func (s *sheet) arrangeGroups() {
	byID := map[string]*group{}
	for _, g := range s.groups {
		byID[g.id] = g
	}
	for _, g := range s.groups {
		for at := byID[g.parent]; at != nil && g.depth <= len(s.groups); at = byID[at.parent] {
			g.depth++
		}
	}
	slices.SortStableFunc(s.groups, func(a, b *group) int { return cmp.Compare(a.depth, b.depth) })
	for _, g := range slices.Backward(s.groups) { // inner ones first
		if !g.placed {
			g.surround(s)
		}
	}
}

// surround places the group around its nodes and groups.
func (g *group) surround(s *sheet) {
	var area area
	for _, b := range s.boxes {
		if b.node != nil && b.node.Group == g.id {
			area.add(b.left(), b.top(), b.right(), b.bottom())
		}
	}
	for _, inner := range s.groups {
		if inner.parent == g.id && inner != g && inner.placed {
			area.add(inner.left, inner.top, inner.right, inner.bot)
		}
	}
	if !area.used {
		return
	}
	g.left, g.top = area.left-groupMargin, area.top-groupMargin-g.labelHeight
	g.right, g.bot = area.right+groupMargin, area.bottom+groupMargin
	g.placed = true
}

// area is what things take up.
type area struct {
	left, top, right, bottom float64
	used                     bool
}

func (a *area) add(left, top, right, bottom float64) {
	if !a.used {
		*a = area{left, top, right, bottom, true}
		return
	}
	a.left, a.top = min(a.left, left), min(a.top, top)
	a.right, a.bottom = max(a.right, right), max(a.bottom, bottom)
}
