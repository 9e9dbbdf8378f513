package trigger

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mustache"
	"github.com/flowrun/flowrun/internal/typed"
)

// payload is the payload of the first or the second message.
type payload struct {
	of      typed.Getter
	nothing bool // there is no such message
	keeps   bool // the first message keeps its payload
	latest  bool // the second message is the latest that came
	late    bool // the value is that of the moment when the message is sent
	date    bool
}

// compile compiles op1 or op2. As in Node-RED a value that is empty, false or 0
// and not text is the standard value.
func compile(property string, value flow.Value, typ, standard string, place typed.Place) (*payload, error) {
	if !flow.Truthy(value) {
		value = standard
	}
	p := &payload{}
	switch typ {
	case "":
		typ = "str"
	case "val":
		value, typ = guess(value)
	}
	switch typ {
	case "nul":
		p.nothing, p.keeps = true, true
		p.of = typed.Constant(nil)
		return p, nil
	case "pay", "payl":
		p.keeps, p.latest = typ == "pay", typ == "payl" && property == "op2"
		p.of = func(msg *flow.Message) (flow.Value, error) { return msg.Get("payload"), nil }
		return p, nil
	case "date":
		p.date = true
		if value == standard {
			value = ""
		}
	case "str":
		if text := flow.Text(value); strings.Contains(text, "{{") {
			return p, p.compileTemplate(property, text)
		}
	}
	p.late = typ == "flow" || typ == "global" || typ == "date"
	var err error
	p.of, err = place.Compile(property, value, typ)
	return p, err
}

// guess tells the type of a value of type val.
func guess(value flow.Value) (flow.Value, string) {
	switch value {
	case "true", "false":
		return value, "bool"
	case "null":
		return flow.Null{}, "" // a type that is none keeps the value as it is
	}
	return value, "str"
}

func (p *payload) compileTemplate(property, text string) error {
	t, err := mustache.Parse(text)
	if err != nil {
		return &flow.ConfigError{Property: property, Reason: err.Error()}
	}
	p.of = func(msg *flow.Message) (flow.Value, error) {
		return t.Render(mustache.Context{View: msg.Object()})
	}
	return nil
}
