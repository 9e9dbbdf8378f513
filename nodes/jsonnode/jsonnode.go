// Package jsonnode is the node type json: it turns JSON text into values and
// values into JSON text, and checks them against a JSON schema.
package jsonnode

import (
	"bytes"
	"errors"

	"github.com/goccy/go-json"

	"github.com/flowrun/flowrun/flow"
)

// Config is the node's configuration.
type Config struct {
	Property string `json:"property" doc:"the message property to convert"`
	Action   string `json:"action" doc:"what the property becomes: str JSON text, obj a value; empty turns text into a value and a value into text"`
	Pretty   bool   `json:"pretty" doc:"whether text is indented, by four spaces a level"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "json", Category: "parser", Inputs: 1, Outputs: 1,
	Summary:    "Converts between JSON text and values, and checks them against a JSON schema.",
	OutputDocs: []string{"the message, with the property converted"},
	InputDocs: []flow.Doc{{
		Name: "schema",
		Text: "a JSON schema (draft 6 or 7) that the value must fit. It is removed if it does; otherwise the message goes to the catch nodes, with schemaError, a list of what does not fit",
	}},
	Notes: "A message without the property passes as it is. Keywords that JSON schema does not know are ignored, and so is `format`. " +
		"References to other documents are errors.",
	Differences: []string{"Keywords that JSON schema does not know are ignored; Node-RED refuses such a schema."},
	Default:     func() Config { return Config{Property: "payload"} },
	New:         New,
})

// Node is a json node.
type Node struct {
	Config
	env    flow.Env
	path   flow.Path
	schema *schema // the one used last; nil before
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

// Handle converts the property and sends the message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	check := flow.Truthy(msg.Get("schema"))
	if check {
		if err := n.useSchema(msg.Get("schema")); err != nil {
			return err
		}
	}
	value, err := n.path.In(msg)
	if err != nil {
		return err
	}
	switch v := value.(type) {
	case nil:
		out.Send(0, msg)
		return nil
	case string:
		err = n.text(msg, []byte(v), check)
	case flow.Buffer:
		err = n.text(msg, []byte(flow.DecodeUTF8(v)), check)
	default:
		err = n.value(msg, value, check)
	}
	if err == nil {
		out.Send(0, msg)
	}
	return err
}

// text makes a value of JSON text, unless text is what is wanted.
func (n *Node) text(msg *flow.Message, text []byte, check bool) error {
	if n.Action == "str" && !check {
		return nil
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		return errors.New(syntaxErrorText(text, err))
	}
	if n.Action != "str" {
		if _, err := msg.SetPath(n.path, v, true); err != nil {
			return err
		}
	}
	return n.checkSchema(msg, v, check)
}

// value makes JSON text of a value, unless a value is what is wanted.
func (n *Node) value(msg *flow.Message, v flow.Value, check bool) error {
	if err := n.checkSchema(msg, v, check); err != nil || n.Action == "obj" {
		return err
	}
	text := flow.AppendJSON(nil, v)
	if n.Pretty {
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, "", "    "); err != nil {
			return errors.New(n.env.Text("json.errors.dropped-error", "Failed to convert payload"))
		}
		text = indented.Bytes()
	}
	_, err := msg.SetPath(n.path, string(text), true)
	return err
}

// useSchema compiles the schema, unless it is the one of the last message.
func (n *Node) useSchema(source flow.Value) error {
	text := flow.JSON(source)
	if n.schema != nil && n.schema.text == text {
		return nil
	}
	s, err := compileSchema(source, text)
	if err != nil {
		n.schema = nil
		return errors.New(n.env.Text("json.errors.schema-error-compile", "JSON Schema error: failed to compile schema"))
	}
	n.schema = s
	return nil
}

// checkSchema removes the schema from a message whose value fits it.
func (n *Node) checkSchema(msg *flow.Message, v flow.Value, check bool) error {
	if !check {
		return nil
	}
	violations := n.schema.validate(v)
	if len(violations) == 0 {
		msg.Delete("schema")
		return nil
	}
	list := make(flow.Array, len(violations))
	text := n.env.Text("json.errors.schema-error", "JSON Schema error") + ": "
	for i, violation := range violations {
		list[i] = violation.object()
		if i > 0 {
			text += ", "
		}
		text += "data" + violation.instancePath + " " + violation.message
	}
	msg.Set("schemaError", list)
	return errors.New(text)
}
