package html

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/flowrun/flowrun/flow"
)

// innerHTML returns the content of an element as HTML (the serialization of the
// HTML standard, section 13.3).
func innerHTML(e *html.Node) string { return renderer{}.inner(e) }

// contentXML returns the content of an element as XML: elements without content
// close themselves, and what is not ASCII is a character reference. The content
// is parsed again, by itself, which drops what only stands inside of the element:
// of <html> the tags of head and body.
func contentXML(e *html.Node) (string, error) {
	alone := &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template}
	nodes, err := html.ParseFragment(strings.NewReader(flow.TrimSpace(innerHTML(e))), alone)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, n := range nodes {
		renderer{xml: true}.node(&out, n)
	}
	return out.String(), nil
}

type renderer struct{ xml bool }

func (r renderer) inner(e *html.Node) string {
	var out strings.Builder
	for c := range e.ChildNodes() {
		r.node(&out, c)
	}
	return out.String()
}

func (r renderer) node(out *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		out.WriteString(r.escape(n))
	case html.CommentNode:
		out.WriteString("<!--" + n.Data + "-->")
	case html.ElementNode:
		r.element(out, n)
	}
}

func (r renderer) element(out *strings.Builder, n *html.Node) {
	out.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		name, value := a.Key, escapeXML(a.Val)
		if !r.xml {
			value = attributeEscaper.Replace(a.Val)
			if a.Namespace != "" {
				name = a.Namespace + ":" + name
			}
		}
		out.WriteString(" " + name + `="` + value + `"`)
	}
	switch {
	case r.xml && n.FirstChild == nil:
		out.WriteString("/>")
		return
	case !r.xml && isVoid(n):
		out.WriteString(">")
		return
	}
	out.WriteString(">")
	for c := range n.ChildNodes() {
		r.node(out, c)
	}
	out.WriteString("</" + n.Data + ">")
}

var (
	textEscaper      = strings.NewReplacer("&", "&amp;", "\u00A0", "&nbsp;", "<", "&lt;", ">", "&gt;")
	attributeEscaper = strings.NewReplacer("&", "&amp;", "\u00A0", "&nbsp;", `"`, "&quot;")
)

func (r renderer) escape(n *html.Node) string {
	switch {
	case r.xml:
		return escapeXML(n.Data)
	case isRawText(n.Parent):
		return n.Data
	}
	return textEscaper.Replace(n.Data)
}

func escapeXML(s string) string {
	var out strings.Builder
	for _, c := range s {
		switch {
		case c == '&':
			out.WriteString("&amp;")
		case c == '<':
			out.WriteString("&lt;")
		case c == '>':
			out.WriteString("&gt;")
		case c == '"':
			out.WriteString("&quot;")
		case c == '\'':
			out.WriteString("&apos;")
		case c >= 0x80:
			fmt.Fprintf(&out, "&#x%X;", c)
		default:
			out.WriteRune(c)
		}
	}
	return out.String()
}

// isVoid tells whether the element has no content and no end tag.
func isVoid(n *html.Node) bool {
	switch n.Data {
	case "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input",
		"keygen", "link", "meta", "param", "source", "track", "wbr":
		return n.Namespace == ""
	}
	return false
}

// isRawText tells whether the element's text is written without escapes.
func isRawText(n *html.Node) bool {
	if n == nil || n.Type != html.ElementNode {
		return false
	}
	switch n.Data {
	case "style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext", "noscript":
		return true
	}
	return false
}

// text returns the text below an element, scripts and styles aside.
func text(e *html.Node) string {
	var out strings.Builder
	var collect func(n *html.Node)
	collect = func(n *html.Node) {
		if n.Data == "script" || n.Data == "style" {
			return
		}
		for c := range n.ChildNodes() {
			switch {
			case c.Type == html.TextNode:
				out.WriteString(c.Data)
			case c.Type == html.ElementNode:
				collect(c)
			}
		}
	}
	collect(e)
	return out.String()
}
