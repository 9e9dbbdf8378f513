package graph

import (
	"bytes"
	"cmp"
	"fmt"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// The layout of the picture, in pixels.
const (
	sheetMargin = 40 // around what stands on a sheet
	tabHeight   = 34
	sheetGap    = 24
	minWidth    = 400
	minHeight   = 120
	maxSheet    = 100_000 // a sheet is not drawn larger than that
)

// fonts are those of the editor.
const fonts = `'Helvetica Neue', Arial, Helvetica, 'Liberation Sans', sans-serif`

// style is what shapes of a kind have in common. The colours are those of the
// editor.
const style = `
text { font-family: ` + fonts + `; font-size: 14px; fill: #333; }
.sheet { fill: #fff; }
.tab { fill: #fff; stroke: #bbb; }
.title { font-weight: bold; fill: #444; }
.off { fill: #aaa; }
.wire { fill: none; stroke: #999; stroke-width: 3; }
.wire.disabled { stroke: #ccc; stroke-dasharray: 10 8; }
.virtual { stroke: #aaa; stroke-width: 2; stroke-dasharray: 15 5; }
.node { stroke: #999; }
.disabled > .node { stroke-dasharray: 8 3; fill-opacity: .5; }
.disabled > .label, .disabled > .icon { opacity: .5; }
.shade { fill: #000; fill-opacity: .05; }
.edge { stroke: #000; stroke-opacity: .1; }
.icon { fill: none; stroke: #fff; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.icon.dark { stroke: #bbb; }
.port { fill: #d9d9d9; stroke: #999; }
.back { fill: #eee; stroke: #999; }
.named { font-style: italic; }
.group-label, .other { font-size: 13px; fill: #767676; }
.other { paint-order: stroke; stroke: #fff; stroke-width: 4px; }
.small-text { font-size: 10px; fill: #646464; }
.number { font-size: 18px; fill: #646464; }
`

// SVG draws flows as the Node-RED editor shows them. Nodes without a position
// get one in f (see [flowfile.Flows.Layout]). The error wraps [ErrNoFlow].
func SVG(f *flowfile.Flows, o Options) ([]byte, error) {
	f.Layout()
	sheets, err := sheetsOf(f, o)
	if err != nil {
		return nil, err
	}
	var p picture
	top, width := 0.0, float64(minWidth)
	areas := make([]area, len(sheets))
	for i, s := range sheets {
		areas[i] = s.area()
		width = max(width, areas[i].right-areas[i].left)
	}
	var body picture
	for i, s := range sheets {
		a := areas[i]
		a.right = a.left + width
		body.sheet(s, a, top)
		top += tabHeight + a.bottom - a.top + sheetGap
	}
	height := max(top-sheetGap, 0)
	p.print(`<svg xmlns="http://www.w3.org/2000/svg" width="%v" height="%v" viewBox="-1 -1 %v %v">`+"\n", width+2, height+2, width+2, height+2)
	p.print("<style>%s</style>\n", style)
	p.print(`<defs><pattern id="grid" width="%v" height="%v" patternUnits="userSpaceOnUse"><path d="M%v .5H0M.5 0V%v" stroke="#eee" fill="none"/></pattern></defs>`+"\n", grid, grid, grid, grid)
	p.Write(body.Bytes())
	p.print("</svg>\n")
	return p.Bytes(), nil
}

// area returns the part of the canvas that is shown, on the grid.
func (s *sheet) area() area {
	var a area
	for _, b := range s.boxes {
		left, right := b.left()-portSize/2, b.right()+portSize/2
		if b.look.button && b.look.right {
			right += 30
		} else if b.look.button {
			left -= 30
		}
		if b.kind == small && !b.isLink() {
			// The label of a small node is not shown.
			left, right = b.left(), b.right()
		}
		a.add(left, b.top(), right, b.bottom())
	}
	for _, g := range s.groups {
		if g.placed {
			a.add(g.left, g.top, g.right, g.bot)
		}
	}
	for _, w := range s.wires {
		x1, y1 := w.from.outputAt(w.port)
		if x2, y2 := w.to.left(), w.to.y; x2 <= x1 && math.Abs(y2-y1) < level {
			a.add(x2-turn, y1, x1+turn, max(y1, y2)+underfly)
		} else if x2 <= x1 {
			a.add(x2-turn, y1, x1+turn, y1)
		}
	}
	for _, l := range s.links {
		width := linkStem + textWidth(l.title, 13) + 10
		if l.out {
			a.add(l.at.right(), l.at.top(), l.at.right()+width, l.at.bottom())
		} else {
			a.add(l.at.left()-width, l.at.top(), l.at.left(), l.at.bottom())
		}
	}
	floor := func(f float64) float64 { return grid * math.Floor((f-sheetMargin)/grid) }
	ceil := func(f float64) float64 { return grid * math.Ceil((f+sheetMargin)/grid) }
	a.left, a.top, a.right, a.bottom = floor(a.left), floor(a.top), ceil(a.right), ceil(a.bottom)
	a.right = min(max(a.right, a.left+textWidth(s.title, labelFontSize)+80), a.left+maxSheet)
	a.bottom = min(max(a.bottom, a.top+minHeight), a.top+maxSheet)
	return a
}

// isLink tells whether the box is a link node.
func (b *box) isLink() bool {
	return b.node != nil && (b.node.Type == "link in" || b.node.Type == "link out" || b.node.Type == "link call")
}

// picture is an SVG that is being written.
type picture struct{ bytes.Buffer }

// print adds text; numbers get one decimal at most.
func (p *picture) print(format string, args ...any) {
	for i, arg := range args {
		if f, ok := arg.(float64); ok {
			args[i] = coordinate(f)
		}
	}
	fmt.Fprintf(p, format, args...)
}

// sheet draws a sheet below others.
func (p *picture) sheet(s *sheet, a area, top float64) {
	width, height := a.right-a.left, a.bottom-a.top
	title, class := s.title, "title"
	if s.subflow {
		title = "Subflow: " + title
	}
	if s.disabled {
		title, class = title+" (disabled)", "title off"
	}
	tabWidth := min(max(textWidth(title, labelFontSize)*1.1+40, 120), width-20)
	p.print(`<g transform="translate(0 %v)">`+"\n", top)
	p.print(`<path class="tab" d="%s"/>`+"\n", path("M", 10.0, float64(tabHeight), "V", 6.0, "q", 0.0, -6.0, 6.0, -6.0, "H", 10+tabWidth-6, "q", 6.0, 0.0, 6.0, 6.0, "V", float64(tabHeight)))
	p.print(`<text class="%s" x="30" y="22">%s</text>`+"\n", class, escaped(shortened(title, labelFontSize*1.1, tabWidth-30)))
	p.print(`<rect class="sheet" y="%d" width="%v" height="%v"/>`+"\n", tabHeight, width, height)
	p.print(`<svg y="%d" width="%v" height="%v" viewBox="%v %v %v %v">`+"\n", tabHeight, width, height, a.left, a.top, width, height)
	p.print(`<rect fill="url(#grid)" x="%v" y="%v" width="%v" height="%v"/>`+"\n", a.left, a.top, width, height)
	for _, g := range s.groups {
		p.group(g)
	}
	for _, w := range s.wires {
		p.wire(w)
	}
	for _, l := range s.links {
		p.link(l)
	}
	for _, b := range s.boxes {
		p.box(b)
	}
	p.print("</svg>\n")
	// The frame, which is open to the tab.
	p.print(`<path d="M0 %dV%vH%vV%dH%vM10 %dH0" fill="none" stroke="#bbb"/>`+"\n", tabHeight, tabHeight+height, width, tabHeight, 10+tabWidth, tabHeight)
	p.print("</g>\n")
}

// group draws a frame with its label, in the style of the file.
func (p *picture) group(g *group) {
	if !g.placed {
		return // there is nothing in it
	}
	p.print(`<rect x="%v" y="%v" width="%v" height="%v" rx="4" stroke-width="2" stroke="%s" stroke-opacity="%v" fill="%s" fill-opacity="%v"/>`+"\n",
		g.left, g.top, g.right-g.left, g.bot-g.top,
		colourOf(g.style.Get("stroke"), "#999"), opacityOf(g.style.Get("stroke-opacity")),
		colourOf(g.style.Get("fill"), "none"), opacityOf(g.style.Get("fill-opacity")))
	if g.labelHeight == 0 {
		return
	}
	position, _ := g.style.Get("label-position").(string)
	position = cmp.Or(position, "nw") + "  "
	x, anchor := g.left+8, "start"
	switch position[1] {
	case 'e':
		x, anchor = g.right-8, "end"
	case ' ':
		x, anchor = (g.left+g.right)/2, "middle"
	}
	y := g.top + 17
	if position[0] == 's' {
		y = g.bot - 8
	}
	p.print(`<text class="group-label" x="%v" y="%v" text-anchor="%s" style="fill: %s">%s</text>`+"\n",
		x, y, anchor, colourOf(g.style.Get("color"), "#767676"), escaped(g.name))
}

// opacityOf returns an opacity that a file has, as number or text, or else 1.
func opacityOf(v flow.Value) float64 {
	if f := flow.Number(v); v != nil && f >= 0 && f <= 1 {
		return math.Round(f*100) / 100
	}
	return 1
}

func (p *picture) wire(w wire) {
	x1, y1 := w.from.outputAt(w.port)
	x2, y2 := w.to.left(), w.to.y
	class := "wire"
	if w.virtual {
		x1, y1, class = w.from.right(), w.from.y, class+" virtual"
	}
	if w.disabled {
		class += " disabled"
	}
	if w.from.kind == junction {
		x1 = w.from.x
	}
	if w.to.kind == junction {
		x2 = w.to.x
	}
	p.print(`<path class="%s" d="%s"/>`+"\n", class, wirePath(x1, y1, x2, y2))
}

// linkStem is how long the line is that leads to another sheet.
const linkStem = 25

// link draws the end of a link that leads to another sheet, and its name.
func (p *picture) link(l link) {
	x, step, anchor := l.at.right(), 1.0, "start"
	if !l.out {
		x, step, anchor = l.at.left(), -1, "end"
	}
	p.print(`<path class="wire virtual" d="%s"/>`+"\n", path("M", x, l.at.y, "H", x+step*linkStem))
	p.print(`<text class="other" x="%v" y="%v" text-anchor="%s">%s</text>`+"\n", x+step*(linkStem+5), l.at.y+4.5, anchor, escaped(l.title))
}
