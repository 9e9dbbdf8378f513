package xml

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// node is an element to be written, or text if it has no name.
type node struct {
	name       string
	attributes [][2]string // names and escaped values
	children   []*node
	text       string // escaped
}

// builder makes nodes of a value by the rules of xml2js, and remembers the first
// error.
type builder struct {
	options writeOptions
	err     error
}

// build writes a value as an XML document. An object with one property is the
// root element of that name.
func build(v flow.Value, o writeOptions) (string, error) {
	b := builder{options: o}
	name := o.rootName
	switch root := v.(type) {
	case flow.Null:
		return "", &flow.Error{Name: "TypeError", Message: "Cannot convert undefined or null to object"}
	case *flow.Object:
		if root.Len() == 1 && name == defaultRootName {
			name = root.Keys()[0]
			v = root.Get(name)
		}
	case flow.Array:
		if len(root) == 1 && name == defaultRootName {
			name, v = "0", root[0] // which is no name
		}
	}
	root := b.element(name)
	b.fill(root, v, 0)
	if b.err != nil {
		return "", b.err
	}
	w := writer{options: o.render}
	w.document(root, o)
	return w.out.String(), nil
}

func (b *builder) fail(message string) {
	if b.err == nil {
		b.err = &flow.Error{Message: message}
	}
}

func (b *builder) element(name string) *node {
	b.checkName(name)
	return &node{name: name}
}

func (b *builder) checkName(name string) {
	if !isWholeName(name) {
		b.fail("Invalid character in name")
	}
}

// checkText refuses characters that XML 1.0 cannot say at all.
func (b *builder) checkText(s string) string {
	for i, c := range s {
		if !isLegal(c) {
			b.fail(fmt.Sprintf("Invalid character in string: %s at index %d", s, flow.UTF16Len(s[:i])))
			break
		}
	}
	return s
}

var (
	textEscaper      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)

// addText adds text to an element, as a CDATA section if that is wanted and the
// value is text that needs escapes.
func (b *builder) addText(e *node, v flow.Value) {
	text := flow.Text(v)
	switch v.(type) {
	case bool, float64, string:
	case nil, flow.Null:
		b.fail("Missing element text. node: <" + e.name + ">")
		return
	default:
		b.fail("Could not create any elements with: " + text + ". node: <" + e.name + ">")
		return
	}
	if _, isText := v.(string); isText && b.options.cdata && strings.ContainsAny(text, "&<>") {
		text = "<![CDATA[" + strings.Replace(text, "]]>", "]]]]><![CDATA[>", 1) + "]]>"
	} else {
		text = b.checkText(textEscaper.Replace(text))
	}
	e.children = append(e.children, &node{text: text})
}

// fill adds a value to an element.
func (b *builder) fill(e *node, v flow.Value, depth int) {
	if depth > maxDepth {
		b.fail(fmt.Sprintf("the object is nested more than %d levels deep", maxDepth))
		return
	}
	switch v := v.(type) {
	case nil, bool, float64, string:
		b.addText(e, v)
	case flow.Array: // a list where an element is expected: its items are the content
		for _, item := range v {
			for key, child := range b.entries(item) {
				b.fill(b.add(e, key), child, depth+1)
			}
		}
	default:
		for key, child := range b.entries(v) {
			b.property(e, key, child, depth)
		}
	}
}

// entries yields what a value has properties.
func (b *builder) entries(v flow.Value) func(func(string, flow.Value) bool) {
	return func(yield func(string, flow.Value) bool) {
		switch v := v.(type) {
		case *flow.Object:
			for key, child := range v.All() {
				if !yield(key, child) {
					return
				}
			}
		case flow.Array, flow.Buffer, string:
			if length, _ := (flow.Path{{Key: "length", IsKey: true}}).Of(v); length != 0.0 {
				b.checkName("0") // an index is no name
			}
		}
	}
}

func (b *builder) add(e *node, name string) *node {
	child := b.element(name)
	e.children = append(e.children, child)
	return child
}

func (b *builder) property(e *node, key string, v flow.Value, depth int) {
	switch key {
	case b.options.attrKey:
		if attributes, ok := v.(*flow.Object); ok {
			b.setAttributes(e, attributes)
		}
		return
	case b.options.charKey:
		b.addText(e, v)
		return
	}
	list, ok := v.(flow.Array)
	if !ok {
		if v == nil {
			v = ""
		}
		list = flow.Array{v}
	}
	for _, item := range list {
		b.fill(b.add(e, key), item, depth+1)
	}
}

func (b *builder) setAttributes(e *node, attributes *flow.Object) {
	for name, v := range attributes.All() {
		switch v.(type) {
		case nil, flow.Null:
			continue
		}
		b.checkName(name)
		e.attributes = append(e.attributes, [2]string{name, b.checkText(attributeEscaper.Replace(flow.Text(v)))})
	}
}
