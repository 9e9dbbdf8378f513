// Package xml is the node type xml: it turns XML text into objects and objects
// into XML text, by the conventions of xml2js.
package xml

import (
	"github.com/flowrun/flowrun/flow"
)

// Config is the node's configuration.
type Config struct {
	Property string `json:"property" doc:"the message property to convert"`
	AttrKey  string `json:"attr" doc:"the property for an element's attributes when text is read; empty means $"`
	CharKey  string `json:"chr" doc:"the property for an element's text, if it has attributes or children, when text is read; empty means _"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "xml", Category: "parser", Inputs: 1, Outputs: 1,
	Summary:    "Converts between XML text and objects.",
	OutputDocs: []string{"the message, with the property converted"},
	InputDocs: []flow.Doc{{
		Name: "options",
		Text: "options of xml2js. To read: attrkey, charkey, explicitArray, explicitRoot, explicitCharkey, explicitChildren, childkey, mergeAttrs, ignoreAttrs, " +
			"trim, normalize, normalizeTags, emptyTag. To write: rootName, attrkey, charkey, headless, cdata, xmldec, doctype, renderOpts",
	}},
	Notes: "An element is an object whose properties are its children, each a list (explicitArray); " +
		"an element with nothing but text is the text. Without options what is written has no line breaks. " +
		"There are no xmlns, preserveChildrenOrder, charsAsChildren, strict: false, validators and processors.",
	Differences: []string{
		"The options xmlns, preserveChildrenOrder, charsAsChildren, strict: false, validators and processors are missing.",
		"msg.options stays as it is; Node-RED writes what it added into it.",
	},
	Default: func() Config { return Config{Property: "payload"} },
	New:     New,
})

// Node is an xml node.
type Node struct {
	Config
	env  flow.Env
	path flow.Path
}

// New makes a node. A bad property name is a *flow.ConfigError.
func New(c Config, env flow.Env) (flow.Node, error) {
	if c.Property == "" {
		c.Property = "payload"
	}
	path, err := flow.ConfigPath("property", c.Property)
	if err != nil {
		return nil, err
	}
	return &Node{Config: c, env: env, path: path}, nil
}

// Handle converts the property and sends the message. A message without the
// property passes as it is.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	value, err := n.path.In(msg)
	if err != nil {
		return err
	}
	options, given := msg.Get("options").(*flow.Object)
	switch v := value.(type) {
	case nil:
		out.Send(0, msg)
		return nil
	case string:
		value, err = parse(v, n.readOptions(options))
	case bool, float64:
		n.env.Warn(n.env.Text("xml.errors.xml_js", "This node only handles xml strings or js objects."))
		return nil
	default:
		o := writeOptionsOf(options)
		o.render.pretty = o.render.pretty && given
		value, err = build(v, o)
	}
	if err != nil {
		return err
	}
	if _, err := msg.SetPath(n.path, value, true); err != nil {
		return err
	}
	out.Send(0, msg)
	return nil
}
