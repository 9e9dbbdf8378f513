package graph

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flowfile"
)

// DOT writes flows in the language of Graphviz: a cluster for each flow and
// subflow definition, the wires labelled with the output if there are several.
// The error wraps [ErrNoFlow].
func DOT(f *flowfile.Flows, o Options) ([]byte, error) {
	sheets, err := sheetsOf(f, o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("digraph flows {\n")
	b.WriteString("  rankdir=LR\n  node [shape=box style=\"rounded,filled\" fontname=\"Helvetica\" color=\"#999999\"]\n")
	b.WriteString("  edge [color=\"#999999\" fontname=\"Helvetica\" fontsize=10]\n")
	for i, s := range sheets {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s\n", i+1, dotText(s.caption()))
		for _, box := range s.boxes {
			fmt.Fprintf(&b, "    %s [%s]\n", dotText(box.id), dotLook(box))
		}
		b.WriteString("  }\n")
	}
	for _, w := range allWires(sheets) {
		fmt.Fprintf(&b, "  %s -> %s%s\n", dotText(w.from.id), dotText(w.to.id), dotWire(w))
	}
	b.WriteString("}\n")
	return b.Bytes(), nil
}

// caption is what stands above the sheet.
func (s *sheet) caption() string {
	title := s.title
	if s.subflow {
		title = "Subflow: " + title
	}
	if s.disabled {
		title += " (disabled)"
	}
	return title
}

func dotLook(b *box) string {
	if b.kind == junction {
		return `shape=point label="" width=0.1`
	}
	colour := b.look.colour
	if b.kind == subflowPort {
		colour = "#eeeeee"
	}
	look := fmt.Sprintf("label=%s fillcolor=%s", dotText(b.caption()), dotText(colour))
	if b.disabled {
		look += ` style="rounded,filled,dashed"`
	}
	return look
}

// caption is the box's label in one line.
func (b *box) caption() string { return strings.Join(b.label, " ") }

func dotWire(w wire) string {
	var attributes []string
	if w.from.outputs > 1 && !w.virtual {
		attributes = append(attributes, fmt.Sprintf("label=%d", w.port+1))
	}
	if w.virtual || w.disabled {
		attributes = append(attributes, "style=dashed")
	}
	if attributes == nil {
		return ""
	}
	return " [" + strings.Join(attributes, " ") + "]"
}

// dotText quotes a text. In quotes only the quote itself needs care, and a
// backslash, which would start an escape.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "").Replace(s) + `"`
}
