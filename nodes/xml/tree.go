package xml

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// maxDepth bounds how deeply elements may nest, as flow.ParseJSON bounds JSON:
// who prints the value must not run out of stack.
const maxDepth = 10_000

// tree makes objects of elements by the rules of xml2js.
type tree struct {
	options readOptions
	stack   []*element
	result  flow.Value
}

// element is an element that is not closed yet.
type element struct {
	name       string // as it stands in the text
	attributes *flow.Object
	text       strings.Builder
	hasCData   bool
	children   []child
}

type child struct {
	name  string
	value flow.Value
}

func (t *tree) isOpen() bool  { return len(t.stack) > 0 }
func (t *tree) top() *element { return t.stack[len(t.stack)-1] }

func (t *tree) open(name string, attributes *flow.Object) error {
	if len(t.stack) >= maxDepth {
		return &flow.Error{Message: fmt.Sprintf("elements are nested more than %d levels deep", maxDepth)}
	}
	t.stack = append(t.stack, &element{name: name, attributes: attributes})
	return nil
}

func (t *tree) addText(s string) { t.top().text.WriteString(s) }

func (t *tree) addCData(s string) {
	t.addText(s)
	t.top().hasCData = true
}

// close ends the innermost element and tells whether it was the root.
func (t *tree) close() bool {
	e := t.top()
	t.stack = t.stack[:len(t.stack)-1]
	v := t.options.value(e)
	name := e.name
	if t.options.normalizeTags {
		name = strings.ToLower(name)
	}
	if t.isOpen() {
		t.top().children = append(t.top().children, child{name, v})
		return false
	}
	t.result = v
	if t.options.explicitRoot {
		t.result = flow.NewObject(name, v)
	}
	return true
}

var (
	onlySpace  = regexp.MustCompile(`^[\s\x{A0}\x{FEFF}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\v]*$`)
	moreSpaces = regexp.MustCompile(`[\s\x{A0}\x{FEFF}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\v]{2,}`)
)

// value returns what an element becomes: its text if it has nothing else, or an
// object.
func (o readOptions) value(e *element) flow.Value {
	obj := &flow.Object{}
	text := e.text.String()
	empty := text == "" || onlySpace.MatchString(text)
	keepText := e.hasCData || !empty
	if keepText {
		obj.Set(o.charKey, o.clean(text))
	}
	o.setAttributes(obj, e.attributes)
	for _, c := range e.children {
		o.assign(obj, c.name, c.value)
	}
	switch {
	case keepText && obj.Len() == 1 && !o.explicitCharKey:
		return obj.Get(o.charKey)
	case obj.Len() > 0:
		if o.explicitChilds && !o.mergeAttrs {
			return o.withChildren(obj)
		}
		return obj
	case o.emptyTag != "":
		return o.emptyTag
	}
	return text
}

func (o readOptions) clean(text string) string {
	if o.trim {
		text = flow.TrimSpace(text)
	}
	if o.normalize {
		text = flow.TrimSpace(moreSpaces.ReplaceAllString(text, " "))
	}
	return text
}

func (o readOptions) setAttributes(obj, attributes *flow.Object) {
	switch {
	case o.ignoreAttrs || attributes.Len() == 0:
	case o.mergeAttrs:
		for name, v := range attributes.All() {
			o.assign(obj, name, v)
		}
	default:
		obj.Set(o.attrKey, attributes)
	}
}

// assign sets a property, or adds to the list of those of the same name.
func (o readOptions) assign(obj *flow.Object, name string, v flow.Value) {
	old, has := obj.Lookup(name)
	list, isList := old.(flow.Array)
	switch {
	case !has && o.explicitArray:
		obj.Set(name, flow.Array{v})
	case !has:
		obj.Set(name, v)
	case isList:
		obj.Set(name, append(list, v))
	default:
		obj.Set(name, flow.Array{old, v})
	}
}

// withChildren moves the children into an object of their own.
func (o readOptions) withChildren(obj *flow.Object) *flow.Object {
	node := &flow.Object{}
	for _, key := range []string{o.attrKey, o.charKey} {
		if v, has := obj.Lookup(key); has {
			node.Set(key, v)
			obj.Delete(key)
		}
	}
	if obj.Len() > 0 {
		node.Set(o.childKey, obj)
	}
	return node
}
