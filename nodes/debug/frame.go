package debug

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/debugvalue"
)

// Frame is one value for the sidebar. The value is not encoded yet, because
// often nobody looks.
type Frame struct {
	ID       string
	Flow     string
	Alias    string     // inside a subflow the node's id in the template
	Path     string     // of the flow
	Name     string     // of the node
	Topic    flow.Value // of the message
	Property string     // which property the value is; "" for the whole message
	Value    flow.Value
}

// Object returns the frame as Node-RED publishes it on the topic debug.
func (f Frame) Object() *flow.Object {
	text, format := debugvalue.Encode(f.Value)
	o := flow.NewObject("id", f.ID)
	for _, p := range []struct{ key, value string }{{"z", f.Flow}, {"_alias", f.Alias}, {"path", f.Path}, {"name", f.Name}} {
		if p.value != "" {
			o.Set(p.key, p.value)
		}
	}
	if f.Topic != nil {
		o.Set("topic", f.Topic)
	}
	if f.Property != "" {
		o.Set("property", f.Property)
	}
	o.Set("msg", text)
	o.Set("format", format)
	return o
}
