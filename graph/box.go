package graph

import (
	"math"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// The sizes of the editor, in pixels.
const (
	nodeWidth     = 100 // at least
	nodeHeight    = 30
	grid          = 20
	iconWidth     = 30
	portSize      = 10
	portDistance  = 13
	lineHeight    = 24
	subflowSize   = 40
	junctionSize  = 10
	labelFontSize = 14
)

// kind is how a box is drawn.
type kind int

const (
	normal      kind = iota
	small            // without its label
	junction         // a small square that joins wires
	subflowPort      // an input, output or the status of a subflow definition
)

// box is a node as it is drawn; x and y are its middle.
type box struct {
	id              string
	node            *flowfile.Node
	kind            kind
	x, y, w, h      float64
	label           []string // lines
	look            look
	named           bool // the label is a name the user gave
	inputs, outputs int
	disabled        bool
	ends            []wireEnd // of a subflowPort: what it is wired to
}

// wireEnd is a port of a node.
type wireEnd struct {
	id   string
	port int
}

func (d *drawer) newBox(n *flowfile.Node, disabled bool) *box {
	b := &box{id: n.ID, node: n, x: number(n.Props, "x"), y: number(n.Props, "y"), disabled: disabled || n.Disabled}
	if n.Type == typeJunction {
		b.kind, b.w, b.h, b.inputs, b.outputs = junction, junctionSize, junctionSize, 1, 1
		return b
	}
	b.look, b.named = d.lookOf(n), n.Name != ""
	b.label = strings.Split(d.labelOf(n), `\n `) // the editor's way to break a label
	b.inputs, b.outputs = d.portsOf(n)
	if shown, given := n.Props.Get("l").(bool); given && !shown || !given && (n.Type == "link in" || n.Type == "link out") {
		b.kind = small
	}
	b.w = nodeHeight
	if b.kind == normal {
		widest := 0.0
		for _, line := range b.label {
			widest = max(widest, textWidth(line, labelFontSize))
		}
		margin := 50.0
		if b.inputs > 0 {
			margin += 7
		}
		b.w = max(nodeWidth, grid*math.Ceil((widest+margin)/grid))
	}
	b.grow()
	return b
}

// grow makes the box as high as its label and outputs need.
func (b *box) grow() {
	switch b.kind {
	case normal:
		b.h = max(nodeHeight, 6+lineHeight*float64(len(b.label)), 15*float64(b.outputs))
	case small:
		b.h = max(nodeHeight, 15*float64(b.outputs))
	}
}

// portsOf returns how many inputs and outputs a node has: what its configuration
// or its type says, or else what wires need.
func (d *drawer) portsOf(n *flowfile.Node) (inputs, outputs int) {
	outputs = len(n.Wires)
	if d.wired[n.ID] {
		inputs = 1
	}
	if def := d.definitionOf(n); def != nil {
		in, _ := def.Props.Get("in").(flow.Array)
		out, _ := def.Props.Get("out").(flow.Array)
		return len(in), len(out)
	}
	typeInputs, typeOutputs, known := d.ports(n.Type)
	if known {
		inputs = max(inputs, typeInputs)
		if n.Wires == nil {
			outputs = typeOutputs
		}
	}
	if given, ok := n.Props.Get("outputs").(float64); ok && given >= 0 && given <= maxPorts {
		outputs = max(len(n.Wires), int(given))
	} else if known && n.Type != "switch" { // which has one for each rule
		outputs = max(outputs, typeOutputs)
	}
	return inputs, outputs
}

// definitionOf returns the definition of a subflow instance, nil if n is none.
func (d *drawer) definitionOf(n *flowfile.Node) *flowfile.Node {
	id, isInstance := strings.CutPrefix(n.Type, instanceType)
	if !isInstance {
		return nil
	}
	if def := d.flows.Lookup(id); def != nil && def.Type == typeSubflow {
		return def
	}
	return nil
}

// subflowPorts returns the boxes that stand for the inputs and outputs of a
// definition, and for its status.
func subflowPorts(def *flowfile.Node) []*box {
	var list []*box
	add := func(v flow.Value, text string, inputs, outputs int) {
		o, ok := v.(*flow.Object)
		if !ok {
			return
		}
		b := &box{
			id: def.ID + " " + text, node: def, kind: subflowPort, w: subflowSize, h: subflowSize,
			x: number(o, "x"), y: number(o, "y"), label: strings.Fields(text), inputs: inputs, outputs: outputs,
		}
		wires, _ := o.Get("wires").(flow.Array)
		for _, w := range wires {
			if end, ok := w.(*flow.Object); ok {
				b.ends = append(b.ends, wireEnd{flow.Text(end.Get("id")), int(number(end, "port"))})
			}
		}
		list = append(list, b)
	}
	in, _ := def.Props.Get("in").(flow.Array)
	for i, v := range in {
		add(v, "input "+strconv.Itoa(i+1), 0, 1)
	}
	out, _ := def.Props.Get("out").(flow.Array)
	for i, v := range out {
		add(v, "output "+strconv.Itoa(i+1), 1, 0)
	}
	add(def.Props.Get("status"), "status", 1, 0)
	return list
}

// left, top, right and bottom are the box's edges.
func (b *box) left() float64   { return b.x - b.w/2 }
func (b *box) top() float64    { return b.y - b.h/2 }
func (b *box) right() float64  { return b.x + b.w/2 }
func (b *box) bottom() float64 { return b.y + b.h/2 }

// outputAt returns where the wires of an output start.
func (b *box) outputAt(port int) (x, y float64) {
	return b.right(), b.y + portDistance*(float64(port)-float64(b.outputs-1)/2)
}

// number returns a property that is a number; what is none, or too large to be
// drawn, is 0.
func number(o *flow.Object, key string) float64 {
	f, ok := o.Get(key).(float64)
	if !ok || math.IsNaN(f) || math.Abs(f) > 1e6 {
		return 0
	}
	return f
}
