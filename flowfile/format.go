package flowfile

import (
	"bytes"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// Format returns a flow file in its canonical form, which stays in the format it
// is in: one property a line, id, type, z and name first, wires and the nodes of
// a flow last, the rest in the order it had. What the file says stays the same,
// and so do the comments of YAML. Formatting twice changes nothing. The text is
// nil if the file has errors.
func Format(name string, text []byte) ([]byte, Problems) {
	src, problems := read(name, text)
	if src.tree == nil || problems.HasErrors() {
		return nil, problems
	}
	f, more := build(name, src.tree)
	problems = append(problems, more...)
	if problems.HasErrors() {
		return nil, problems
	}
	if src.doc == nil {
		f.eachWritten((*tree).sortProps)
		return append(appendIndented(nil, src.tree.toValue(), 0), '\n'), problems
	}
	out := settledYAML(name, f, src)
	if out == nil {
		problems = append(problems, Problem{
			Pos: Pos{File: name}, Text: "formatting would change what the file says", Hint: "it is left as it is",
		})
	}
	return out, problems
}

// settledYAML formats until nothing changes any more, since a comment in an odd
// place may belong to another node when it is read again. It returns nil if that
// loses anything, or does not end.
func settledYAML(name string, f *Flows, src source) []byte {
	last := formatYAML(name, f, src)
	for range 5 {
		if last == nil {
			return nil
		}
		next := last
		if again, problems := read(name, last); !problems.HasErrors() {
			g, _ := build(name, again.tree)
			next = formatYAML(name, g, again)
		}
		if bytes.Equal(next, last) {
			return last
		}
		last = next
	}
	return nil
}

// formatYAML returns the canonical form, or if that would lose something the
// document as yaml.v3 prints it; nil if that would lose something too.
func formatYAML(name string, f *Flows, src source) []byte {
	for _, form := range []func(*Flows, source) []byte{canonicalYAML, reencodedYAML} {
		if out := form(f, src); out != nil && saysTheSame(name, out, f, src.doc) {
			return out
		}
	}
	return nil
}

// canonicalYAML prints the canonical form with its comments, nil if there are
// anchors: it would write out what their aliases stand for.
func canonicalYAML(f *Flows, src source) []byte {
	if hasAnchor(src.doc) {
		return nil
	}
	f.eachWritten((*tree).sortProps)
	return appendCommented(src.tree, src.doc)
}

// reencodedYAML is the document as it was, but for white space.
func reencodedYAML(_ *Flows, src source) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if e.Encode(src.doc) != nil || e.Close() != nil {
		return nil
	}
	return b.Bytes()
}

// eachWritten calls do with the objects that nodes are written as.
func (f *Flows) eachWritten(do func(*tree)) {
	for _, n := range f.Nodes {
		if n.source.written != nil {
			do(n.source.written)
		} else {
			do(n.source)
		}
	}
}

// propRank orders properties; those of the same rank keep their order.
func propRank(key string) int {
	switch key {
	case "id":
		return 0
	case "type":
		return 1
	case "z":
		return 2
	case "name", "label":
		return 3
	case "wires":
		return 5
	case "configs", "groups", "subflows":
		return 6
	case "nodes":
		return 7
	}
	return 4
}

func (t *tree) sortProps() {
	slices.SortStableFunc(t.pairs, func(a, b pair) int { return propRank(a.key) - propRank(b.key) })
}

func hasAnchor(n *yaml.Node) bool {
	return n.Anchor != "" || slices.ContainsFunc(n.Content, hasAnchor)
}

// saysTheSame tells whether the text has the nodes of f and the comments of doc.
func saysTheSame(name string, text []byte, f *Flows, doc *yaml.Node) bool {
	src, problems := read(name, text)
	if src.doc == nil || problems.HasErrors() {
		return false
	}
	g, problems := build(name, src.tree)
	return !problems.HasErrors() &&
		slices.EqualFunc(f.Nodes, g.Nodes, func(a, b *Node) bool {
			return a.OnCanvas == b.OnCanvas && flow.Equal(a.Props, b.Props)
		}) &&
		flow.Equal(f.value(), g.value()) &&
		slices.Equal(commentLines(doc), commentLines(src.doc))
}
