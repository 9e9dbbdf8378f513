package flowfile

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// comments are what yaml.v3 finds before, behind and below a YAML node.
type comments struct{ head, line, foot string }

func commentsOf(n *yaml.Node) comments {
	if n == nil {
		return comments{}
	}
	return comments{n.HeadComment, n.LineComment, n.FootComment}
}

func (c comments) and(d comments) comments {
	join := func(a, b, by string) string {
		if a == "" || b == "" {
			return a + b
		}
		return a + by + b
	}
	return comments{join(c.head, d.head, "\n"), join(c.line, d.line, " "), join(c.foot, d.foot, "\n")}
}

// startsWithComment tells whether a comment stands before the first member of a
// list or object.
func (t *tree) startsWithComment() bool {
	switch {
	case len(t.items) > 0:
		return commentsOf(t.items[0].origin).head != ""
	case len(t.pairs) > 0:
		first := t.pairs[0]
		return commentsOf(first.origin).and(commentsOf(first.value.origin)).head != ""
	}
	return false
}

// appendCommented prints a document with its comments.
func appendCommented(t *tree, doc *yaml.Node) []byte {
	c := commentsOf(doc)
	var b []byte
	if c.head != "" {
		b = append(b, c.head+"\n\n"...)
	}
	b = appendYAML(b, t)
	if c.foot != "" {
		b = append(b, "\n"+c.foot+"\n"...)
	}
	return b
}

// head prints a comment before a member whose line is indented already.
func (p *yamlPrinter) head(text string, depth int) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		p.b = append(append(p.b, line...), '\n')
		p.indent(depth)
	}
}

// foot prints a comment that belongs to the member before it. A gap must follow,
// or it would belong to the next one.
func (p *yamlPrinter) foot(text string, depth int) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		p.indent(depth)
		p.b = append(append(p.b, line...), '\n')
	}
	p.endsGap = true
}

// lineEnd ends a line, with a comment if there is one.
func (p *yamlPrinter) lineEnd(comment string) {
	if comment != "" {
		p.b = append(p.b, " "+strings.ReplaceAll(comment, "\n", " ")...)
	}
	p.b = append(p.b, '\n')
}

// commentLines returns all lines of comments in n, sorted.
func commentLines(n *yaml.Node) []string {
	var lines []string
	var collect func(n *yaml.Node)
	collect = func(n *yaml.Node) {
		for _, text := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			for line := range strings.SplitSeq(text, "\n") {
				if line != "" {
					lines = append(lines, line)
				}
			}
		}
		for _, inner := range n.Content {
			collect(inner)
		}
	}
	collect(n)
	slices.Sort(lines)
	return lines
}
