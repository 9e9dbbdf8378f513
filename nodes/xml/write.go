package xml

import "strings"

// writer lays out nodes as xmlbuilder does.
type writer struct {
	options  renderOptions
	out      strings.Builder
	suppress int // pretty printing is off while it is not 0
}

func (w *writer) document(root *node, o writeOptions) {
	if !o.headless {
		w.indent(0)
		w.out.WriteString(`<?xml version="` + o.version + `"`)
		if o.encoding != "" {
			w.out.WriteString(` encoding="` + o.encoding + `"`)
		}
		if o.standalone != "" {
			w.out.WriteString(` standalone="` + o.standalone + `"`)
		}
		w.out.WriteString(w.options.spaceBeforeSlash + "?>")
		w.endLine()
		w.docType(root, o)
	}
	w.node(root, 0)
	text := w.out.String()
	if w.options.pretty {
		text = strings.TrimSuffix(text, w.options.newline)
	}
	w.out.Reset()
	w.out.WriteString(text)
}

func (w *writer) docType(root *node, o writeOptions) {
	if o.systemID == "" {
		return
	}
	w.indent(0)
	w.out.WriteString("<!DOCTYPE " + root.name)
	if o.publicID != "" {
		w.out.WriteString(` PUBLIC "` + o.publicID + `"`)
	} else {
		w.out.WriteString(" SYSTEM")
	}
	w.out.WriteString(` "` + o.systemID + `"` + w.options.spaceBeforeSlash + ">")
	w.endLine()
}

func (w *writer) isPretty() bool { return w.options.pretty && w.suppress == 0 }

func (w *writer) indent(level int) {
	if w.isPretty() && level+w.options.offset > 0 {
		w.out.WriteString(strings.Repeat(w.options.indent, level+w.options.offset))
	}
}

func (w *writer) endLine() {
	if w.isPretty() {
		w.out.WriteString(w.options.newline)
	}
}

func (w *writer) node(n *node, level int) {
	w.indent(level)
	if n.name == "" {
		w.out.WriteString(n.text)
		w.endLine()
		return
	}
	w.out.WriteString("<" + n.name)
	for _, a := range n.attributes {
		w.out.WriteString(" " + a[0] + `="` + a[1] + `"`)
	}
	switch {
	case n.isEmpty() && w.options.allowEmpty:
		w.out.WriteString("></" + n.name + ">")
	case n.isEmpty():
		w.out.WriteString(w.options.spaceBeforeSlash + "/>")
	default:
		w.out.WriteString(">")
		w.content(n, level)
		w.out.WriteString("</" + n.name + ">")
	}
	w.endLine()
}

func (n *node) isEmpty() bool {
	for _, c := range n.children {
		if c.name != "" || c.text != "" {
			return false
		}
	}
	return true
}

func (n *node) hasText() bool {
	for _, c := range n.children {
		if c.name == "" {
			return true
		}
	}
	return false
}

// content writes what stands between the tags: text alone on the same line, all
// else on lines of its own.
func (w *writer) content(n *node, level int) {
	inline := n.hasText() && (len(n.children) == 1 || w.options.dontPrettyTextNodes)
	if inline {
		w.suppress++
	}
	w.endLine()
	for _, c := range n.children {
		w.node(c, level+1)
	}
	w.indent(level)
	if inline {
		w.suppress--
	}
}
