// Package yaml is the node type yaml: it turns YAML text into values and values
// into YAML text.
package yaml

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/yamljs"
)

// Config is the node's configuration.
type Config struct {
	Property string `json:"property" doc:"the message property to convert"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "yaml", Category: "parser", Inputs: 1, Outputs: 1,
	Summary:    "Converts between YAML text and values.",
	OutputDocs: []string{"the message, with the property converted"},
	Notes: "A message without the property passes as it is. Text is read with the types of YAML 1.2 and those of YAML 1.1 for dates, binary data and merge keys: " +
		"yes and no are text, 0x10 is a number, 2001-12-14 is a date.",
	Differences: []string{
		"Errors name the line, not the column.",
		"A value that contains itself by an alias is an error; one that stands in two places is written twice.",
	},
	Default: func() Config { return Config{Property: "payload"} },
	New:     New,
})

// Node is a yaml node.
type Node struct {
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
	return &Node{env: env, path: path}, nil
}

// Handle converts the property and sends the message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	value, err := n.path.In(msg)
	if err != nil {
		return err
	}
	var converted flow.Value
	switch v := value.(type) {
	case nil:
		out.Send(0, msg)
		return nil
	case string:
		if converted, err = yamljs.Parse([]byte(v)); err != nil {
			return err
		}
	case bool, float64:
		n.env.Warn(n.env.Text("yaml.errors.dropped", "Ignored unsupported payload type"))
		return nil
	case flow.Buffer:
		n.env.Warn(n.env.Text("yaml.errors.dropped-object", "Ignored non-object payload"))
		return nil
	default:
		if converted, err = yamljs.Format(v); err != nil {
			return errors.New(n.env.Text("yaml.errors.dropped-error", "Failed to convert payload"))
		}
	}
	if _, err := msg.SetPath(n.path, converted, converted != nil); err != nil {
		return err
	}
	out.Send(0, msg)
	return nil
}
