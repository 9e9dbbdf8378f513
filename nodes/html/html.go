// Package html is the node type html: it takes elements out of HTML text by a
// CSS selector.
package html

import (
	"errors"
	"strings"

	"golang.org/x/net/html"

	"github.com/flowrun/flowrun/flow"
)

// Config is the node's configuration.
type Config struct {
	Property    string `json:"property" doc:"the message property that holds the HTML"`
	OutProperty string `json:"outproperty" doc:"the message property that the elements go to; empty means property"`
	Selector    string `json:"tag" doc:"the CSS selector; empty means msg.select"`
	Return      string `json:"ret" doc:"what to take of each element: html (its content), text, attr (an object of its attributes) or compl (an object of attributes and content)"`
	As          string `json:"as" doc:"single: one message with a list; multi: a message for each element, with parts"`
	ContentKey  string `json:"chr" doc:"the property for the content with ret compl"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "html", Category: "parser", Inputs: 1, Outputs: 1,
	Summary:    "Takes elements out of HTML text by a CSS selector.",
	OutputDocs: []string{"the message, with the elements; or one for each element"},
	InputDocs:  []flow.Doc{{Name: "select", Text: "the CSS selector, if the node has none"}},
	Notes: "Text that is no good HTML is read as browsers do. Of jQuery's selectors there are :contains, :has, :input and, at the end of a selector or before a space, " +
		":first, :last, :eq, :nth, :lt, :gt, :even and :odd. There are no :header, :parent, :selected, :button, :checkbox, :radio, :file, :text, :is and :where.",
	Differences: []string{
		"The selectors :header, :parent, :selected, :button, :checkbox, :radio, :file, :text, :is and :where are missing.",
		"A value that is neither text nor a Buffer is an error.",
	},
	Default: func() Config {
		return Config{Property: "payload", Return: "html", As: "single", ContentKey: "_"}
	},
	New: New,
})

// Node is an html node.
type Node struct {
	Config
	path, outPath flow.Path
	selector      *selector // of the last message; nil before
}

// New makes a node. A bad property name is a *flow.ConfigError.
func New(c Config, _ flow.Env) (flow.Node, error) {
	if c.Property == "" {
		c.Property = "payload"
	}
	if c.OutProperty == "" {
		c.OutProperty = c.Property
	}
	path, err := flow.ConfigPath("property", c.Property)
	if err != nil {
		return nil, err
	}
	outPath, err := flow.ConfigPath("outproperty", c.OutProperty)
	if err != nil {
		return nil, err
	}
	if c.Return == "" {
		c.Return = "html"
	}
	if c.As == "" {
		c.As = "single"
	}
	if c.ContentKey == "" {
		c.ContentKey = "_"
	}
	return &Node{Config: c, path: path, outPath: outPath}, nil
}

// Handle sends what the selector finds. A message without the property passes
// as it is.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	value, err := n.path.In(msg)
	if err != nil {
		return err
	}
	if value == nil {
		out.Send(0, msg)
		return nil
	}
	elements, err := n.find(msg, value)
	if err != nil {
		return err
	}
	if n.As == "multi" {
		return n.sendEach(msg, elements, out)
	}
	list := flow.Array{}
	for _, e := range elements {
		v, err := n.take(e)
		if err != nil {
			return err
		}
		if v != nil {
			list = append(list, v)
		}
	}
	if _, err := msg.SetPath(n.outPath, list, true); err != nil {
		return err
	}
	out.Send(0, msg)
	return nil
}

// find returns the elements that the selector matches, in document order.
func (n *Node) find(msg *flow.Message, value flow.Value) ([]*html.Node, error) {
	text := ""
	switch value.(type) {
	case string, flow.Buffer:
		text = flow.Text(value)
	default:
		return nil, errors.New("cheerio.load() expects a string")
	}
	source := n.Selector
	if v := msg.Get("select"); source == "" && flow.Truthy(v) {
		source = flow.Text(v)
	}
	if source == "" {
		return nil, nil
	}
	if n.selector == nil || n.selector.text != source {
		s, err := compileSelector(source)
		if err != nil {
			return nil, err
		}
		n.selector = s
	}
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	return n.selector.find(doc), nil
}

func (n *Node) sendEach(msg *flow.Message, elements []*html.Node, out flow.Outlet) error {
	for i, e := range elements {
		v, err := n.take(e)
		if err != nil {
			return err
		}
		if !flow.Truthy(v) {
			continue // an element without content
		}
		m := msg.Clone()
		if _, err := m.SetPath(n.outPath, v, true); err != nil {
			return err
		}
		m.Set("parts", flow.NewObject("id", msg.Get(flow.MsgID), "index", float64(i),
			"count", float64(len(elements)), "type", "string", "ch", ""))
		out.Send(0, m)
	}
	return nil
}

// take returns what is wanted of an element.
func (n *Node) take(e *html.Node) (flow.Value, error) {
	switch n.Return {
	case "html":
		return contentXML(e)
	case "text":
		return text(e), nil
	case "attr":
		return attributes(&flow.Object{}, e), nil
	case "compl":
		return attributes(flow.NewObject(n.ContentKey, flow.TrimSpace(innerHTML(e))), e), nil
	}
	return nil, nil
}

func attributes(o *flow.Object, e *html.Node) *flow.Object {
	for _, a := range e.Attr {
		o.Set(a.Key, a.Val)
	}
	return o
}
