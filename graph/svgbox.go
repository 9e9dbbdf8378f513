package graph

// box draws a node.
func (p *picture) box(b *box) {
	class := ""
	if b.disabled {
		class = ` class="disabled"`
	}
	p.print(`<g%s transform="translate(%v %v)">`, class, b.left(), b.top())
	switch b.kind {
	case junction:
		p.print(`<rect class="port node" width="%d" height="%d" rx="3"/>`, junctionSize, junctionSize)
	case subflowPort:
		p.subflowPort(b)
	default:
		p.node(b)
	}
	p.print("</g>\n")
}

// node draws a node with icon, label, ports and button. The origin is its top
// left corner.
func (p *picture) node(b *box) {
	p.print("<title>%s</title>", escaped(b.id+" ("+b.node.Type+")"))
	if b.look.button {
		p.button(b)
	}
	p.print(`<rect class="node" width="%v" height="%v" rx="5" fill="%s"/>`, b.w, b.h, b.look.colour)
	p.icon(b)
	if b.kind == normal {
		p.label(b)
	}
	if b.inputs > 0 {
		p.port(0, b.h/2)
	}
	for i := range b.outputs {
		_, y := b.outputAt(i)
		p.port(b.w, y-b.top())
	}
}

// button draws the button that inject and debug nodes have. That of a debug node
// that is off is out.
func (p *picture) button(b *box) {
	in := b.look.pressed == "" || b.node.Props.Get(b.look.pressed) != false
	x, knob := -26.0, 5.0
	if b.look.right {
		x, knob = b.w-6, 11
		if !in {
			x -= 8
		}
	}
	opacity := ""
	if !in {
		opacity = ` fill-opacity=".2"`
	}
	p.print(`<rect class="back" x="%v" y="2" width="32" height="26" rx="5"/>`, x)
	p.print(`<rect class="node" x="%v" y="6" width="16" height="18" rx="4" fill="%s"%s/>`, x+knob, b.look.colour, opacity)
}

// icon draws the shaded field with the icon.
func (p *picture) icon(b *box) {
	x, edge := 0.0, float64(iconWidth)
	if b.look.right {
		x = b.w - iconWidth
		edge = x
	}
	if b.kind == normal {
		// The node's corners are round, so the field's outer ones are too.
		outer := path("M", 30.0, 0.0, "V", b.h, "H", 5.0, "a", 5.0, 5.0, 0.0, 0.0, 1.0, -5.0, -5.0, "V", 5.0, "a", 5.0, 5.0, 0.0, 0.0, 1.0, 5.0, -5.0, "z")
		if b.look.right {
			outer = path("M", x, 0.0, "V", b.h, "H", b.w-5, "a", 5.0, 5.0, 0.0, 0.0, 0.0, 5.0, -5.0, "V", 5.0, "a", 5.0, 5.0, 0.0, 0.0, 0.0, -5.0, -5.0, "z")
		}
		p.print(`<path class="shade" d="%s"/>`, outer)
		p.print(`<path class="edge" d="%s"/>`, path("M", edge, 0.5, "V", b.h-0.5))
	}
	if b.kind == small {
		p.print(`<rect class="shade" width="%v" height="%v" rx="5"/>`, b.w, b.h)
	}
	d := icons[b.look.icon]
	if d == "" {
		return
	}
	class := "icon"
	if b.look.colour == looks["comment"].colour {
		class = "icon dark" // white on white would not be seen
	}
	p.print(`<path class="%s" transform="translate(%v %v)" d="%s"/>`, class, x, (b.h-iconWidth)/2, d)
}

// label writes the lines of the label.
func (p *picture) label(b *box) {
	class := "label"
	if b.named {
		class = "label named"
	}
	x, anchor := 38.0, ""
	if b.look.right {
		x, anchor = b.w-38, ` text-anchor="end"`
	}
	y := b.h/2 + 5 - lineHeight*float64(len(b.label)-1)/2
	for i, line := range b.label {
		p.print(`<text class="%s" x="%v" y="%v"%s>%s</text>`, class, x, y+lineHeight*float64(i), anchor, escaped(line))
	}
}

// port draws the square where wires end, around a point.
func (p *picture) port(x, y float64) {
	p.print(`<rect class="port" x="%v" y="%v" width="%d" height="%d" rx="3"/>`, x-portSize/2, y-portSize/2, portSize, portSize)
}

// subflowPort draws an input, output or the status of a subflow definition.
func (p *picture) subflowPort(b *box) {
	p.print(`<rect class="back" stroke-dasharray="5 5" width="%d" height="%d" rx="8"/>`, subflowSize, subflowSize)
	y := 24.0
	if len(b.label) > 1 {
		y = 14
		p.print(`<text class="number" x="20" y="32" text-anchor="middle">%s</text>`, escaped(b.label[1]))
	}
	p.print(`<text class="small-text" x="20" y="%v" text-anchor="middle">%s</text>`, y, escaped(b.label[0]))
	if b.inputs > 0 {
		p.port(0, subflowSize/2)
	}
	if b.outputs > 0 {
		p.port(subflowSize, subflowSize/2)
	}
}
