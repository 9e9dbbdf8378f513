// Package template is the node type template: it makes text of a message by a
// mustache template.
package template

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mustache"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/internal/yamljs"
	"github.com/flowrun/flowrun/runtime/state"
)

// Config is the node's configuration.
type Config struct {
	Field     string `json:"field" doc:"the property to set"`
	FieldType string `json:"fieldType" doc:"where field is: msg, flow or global"`
	Template  string `json:"template" doc:"the template; if it is empty that of msg.template"`
	Syntax    string `json:"syntax" doc:"mustache, or plain for a text that is taken as it is"`
	Format    string `json:"format" doc:"which language the editor highlights; it changes nothing"`
	Output    string `json:"output" doc:"what becomes of the text: str leaves it, json and yaml parse it"`
}

// Type returns the node type; its nodes use the context in the stores.
func Type(stores *state.Stores) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "template", Category: "function", Inputs: 1, Outputs: 1,
		Summary:    "Makes text of a message by a mustache template.",
		OutputDocs: []string{"the message with the text in the property"},
		InputDocs:  []flow.Doc{{Name: "template", Text: "the template, if the node's own is empty"}},
		Notes: "A name in the template is a property of the message, or flow.x, global.x, or flow[store].x for context in a store, or env.X. " +
			"`{{name}}` is escaped for HTML, `{{{name}}}` and `{{&name}}` are not. `{{#name}}…{{/name}}` is a section, `{{^name}}…{{/name}}` an inverted one, " +
			"`{{!…}}` a comment; there are no partials. With output json, line breaks, tabs and backslashes in the message's text are escaped as in JSON, outside of sections.",
		Differences: []string{
			"A Date ends with the short name of its time zone.",
			"There are no lambdas: messages have no functions.",
		},
		Default: func() Config {
			return Config{Field: "payload", FieldType: "msg", Syntax: "mustache", Format: "handlebars", Output: "str"}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores})
		},
	})
}

// Node is a template node.
type Node struct {
	Config
	place  typed.Place
	target *typed.Target

	parsed *mustache.Template // of source
	source string
}

// New makes a node. A bad property name or syntax is a *flow.ConfigError; as in
// Node-RED a bad template is an error of each message.
func New(c Config, place typed.Place) (flow.Node, error) {
	if c.Field == "" {
		c.Field = "payload"
	}
	if c.FieldType == "" {
		c.FieldType = "msg"
	}
	switch c.Syntax {
	case "", "mustache":
		c.Syntax = "mustache"
	case "plain":
	default:
		return nil, &flow.ConfigError{Property: "syntax", Reason: fmt.Sprintf("expected mustache or plain, got %q", c.Syntax)}
	}
	switch c.Output {
	case "", "str", "json", "yaml":
	default:
		return nil, &flow.ConfigError{Property: "output", Reason: fmt.Sprintf("expected str, json or yaml, got %q", c.Output)}
	}
	target, err := place.Target("field", c.Field, c.FieldType)
	if err != nil {
		return nil, err
	}
	return &Node{Config: c, place: place, target: target}, nil
}

// Handle sets the property and sends the message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	text := n.Template
	if text == "" && msg.Has("template") {
		own, ok := msg.Get("template").(string)
		if !ok {
			return fmt.Errorf("msg.template must be text, not %s", flow.TypeName(msg.Get("template")))
		}
		text = own
	}
	if n.Syntax == "mustache" {
		var err error
		if text, err = n.render(text, msg); err != nil {
			return err
		}
	}
	value, err := n.parse(text)
	if err != nil {
		return errors.New(err.Error()) // a text, as Node-RED reports it
	}
	if _, err := n.target.Set(msg, value); err != nil {
		return err
	}
	out.Send(0, msg)
	return nil
}

// parse turns the text into the value to set.
func (n *Node) parse(text string) (flow.Value, error) {
	switch n.Output {
	case "json":
		return flow.ParseJSON([]byte(text))
	case "yaml":
		return yamljs.Parse([]byte(text))
	}
	return text, nil
}

func (n *Node) render(text string, msg *flow.Message) (string, error) {
	if n.parsed == nil || n.source != text {
		parsed, err := mustache.Parse(text)
		if err != nil {
			return "", err
		}
		n.parsed, n.source = parsed, text
	}
	c := mustache.Context{View: msg.Object(), Missing: n.lookup}
	if n.Output == "json" {
		c.Filter = jsonEscaper.Replace
	}
	return n.parsed.Render(c)
}

// jsonEscaper replaces what Node-RED escapes in text that goes into JSON.
var jsonEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\f", `\f`, "\b", `\b`)

// lookup returns the value of a name that is no property of the message: env.X,
// flow.x, flow[store].x, and the same for global.
func (n *Node) lookup(name string) (flow.Value, error) {
	kind, key, _ := strings.Cut(name, ".")
	kind, store, hasStore := strings.Cut(kind, "[")
	if hasStore {
		closed := false
		if store, closed = strings.CutSuffix(store, "]"); !closed {
			return nil, nil
		}
	}
	switch {
	case key == "":
	case kind == "env" && !hasStore:
		return typed.ExpandEnv(key, n.place.Env.Getenv), nil
	case kind == "global":
		return n.place.Stores.Global().Get(state.JoinKey(store, key))
	case kind == "flow" && n.place.Env.Flow != "":
		return n.place.Stores.FlowOf(n.place.Env).Get(state.JoinKey(store, key))
	}
	return nil, nil
}
