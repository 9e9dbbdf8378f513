package graph

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flowfile"
)

// Mermaid writes flows as a Mermaid flowchart, with a subgraph for each flow and
// subflow definition. Its ids are n1, n2, …, as Node-RED's may be words that
// Mermaid keeps for itself. The error wraps [ErrNoFlow].
func Mermaid(f *flowfile.Flows, o Options) ([]byte, error) {
	sheets, err := sheetsOf(f, o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("flowchart LR\n")
	ids := map[*box]string{}
	var disabled []string
	for i, s := range sheets {
		fmt.Fprintf(&b, "  subgraph flow%d[%s]\n    direction LR\n", i+1, mermaidText(s.caption()))
		for _, box := range s.boxes {
			id := fmt.Sprintf("n%d", len(ids)+1)
			ids[box] = id
			fmt.Fprintf(&b, "    %s%s\n", id, mermaidShape(box))
			if box.disabled {
				disabled = append(disabled, id)
			}
		}
		b.WriteString("  end\n")
	}
	for _, w := range allWires(sheets) {
		fmt.Fprintf(&b, "  %s %s %s\n", ids[w.from], mermaidWire(w), ids[w.to])
	}
	if disabled != nil {
		fmt.Fprintf(&b, "  classDef disabled stroke-dasharray: 8 3,opacity: 0.5\n  class %s disabled\n", strings.Join(disabled, ","))
	}
	return b.Bytes(), nil
}

func mermaidShape(b *box) string {
	switch b.kind {
	case junction:
		return `(( ))`
	case subflowPort:
		return "([" + mermaidText(b.caption()) + "])"
	}
	return "[" + mermaidText(b.caption()) + "]"
}

func mermaidWire(w wire) string {
	line := "-->"
	if w.virtual || w.disabled {
		line = "-.->"
	}
	if w.from.outputs > 1 && !w.virtual {
		return fmt.Sprintf("%s|%d|", line, w.port+1)
	}
	return line
}

// mermaidText quotes a text; what would end it, or be taken for markup, is
// written as an entity.
func mermaidText(s string) string {
	return `"` + strings.NewReplacer("&", "#amp;", `"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "`", "#96;", "\n", " ", "\r", "").Replace(s) + `"`
}
