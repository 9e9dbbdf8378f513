package function

import (
	"strconv"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// sendNow is node.send(v, clone). What is not cloned the script may change until
// it ends or waits, or sends something else.
func (c *call) sendNow(v goja.Value, clone bool) error {
	s := c.node.sandbox
	s.sendUnsent()
	if clone {
		return c.send(v, false)
	}
	s.unsent = func() {
		if err := c.send(v, false); err != nil {
			c.node.env.Error(err, nil)
		}
	}
	return nil
}

// send sends a message, or a list with a message or a list of messages for each
// output. What is no message is reported, as Node-RED does: by the function,
// and again by the output it was meant for. The call's own message, returned, is
// not copied: the script is through with it.
func (c *call) send(v goja.Value, returned bool) error {
	if c.closing {
		c.report("Cannot send from close function")
		return nil
	}
	if _, isObject := v.(*goja.Object); !isObject && (v == nil || !v.ToBoolean()) {
		return nil
	}
	if c.unfit(v) == "" {
		m, err := c.message(v.(*goja.Object), returned)
		if err == nil {
			c.outlet().Send(0, m)
		}
		return err
	}
	ports := []goja.Value{v}
	if isArray(v) {
		ports = elements(v)
	}
	out := make([][]*flow.Message, len(ports))
	var rejected []string // at the outputs
	count := 0
	for port, v := range ports {
		items := []goja.Value{v}
		if isArray(v) {
			items = elements(v)
		} else if !v.ToBoolean() {
			continue
		}
		for _, item := range items {
			if item == nil || goja.IsUndefined(item) || goja.IsNull(item) {
				continue
			}
			if kind := c.unfit(item); kind != "" {
				c.report(c.node.env.Text("function.error.non-message-returned", "Function tried to send a message of type %s", kind))
				if port < c.node.env.Wires && kind != "Buffer" && kind != "Array" && kind != "Date" {
					rejected = append(rejected, kind)
				}
				continue
			}
			m, err := c.message(item.(*goja.Object), returned)
			if err != nil {
				return err
			}
			out[port] = append(out[port], m)
			count++
		}
	}
	if count == 0 {
		return nil
	}
	if len(out) == 1 && len(out[0]) == 1 {
		c.outlet().Send(0, out[0][0])
	} else {
		c.outlet().SendAll(out)
	}
	for _, kind := range rejected {
		c.report(c.node.env.Text("nodes.flow.non-message-returned", "Node tried to send a message of type %s", kind))
	}
	return nil
}

func (c *call) report(text string) { c.node.env.Report(flow.LevelError, text, nil) }

// outlet is the message's own while it is handled, and after that the one of
// whatever runs.
func (c *call) outlet() flow.Outlet {
	if c.msg != nil && (c.handling || !c.finished) {
		return c.out
	}
	return c.node.sandbox.out
}

// message returns a message that the script sends, with the id of the message
// that it was called for. It is a copy, unless the script returns the very
// message and is through with it.
func (c *call) message(o *goja.Object, returned bool) (*flow.Message, error) {
	if c.msg == nil || o != c.view.Object() {
		m := flow.NewMessage()
		if err := c.node.sandbox.vm.Properties(o, m.Set); err != nil {
			return nil, err
		}
		if c.msg != nil {
			if id := c.view.ID(); id != nil {
				m.Set(flow.MsgID, id)
			}
		}
		return m, nil
	}
	switch {
	case !returned || c.node.code.callsDone:
		return c.view.Copy()
	case c.given != nil: // it was returned for several outputs
		return c.given.Clone(), nil
	}
	m, err := c.view.Give()
	c.given, c.current = m, err == nil
	return m, err
}

// unfit names the kind of what is no message, "" for a message.
func (c *call) unfit(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return c.node.sandbox.typeof(v)
	}
	switch o.ClassName() {
	case "Array":
		return "Array"
	case "Date":
		return "Date"
	}
	if isFunction(o) {
		return "function"
	}
	if c.node.sandbox.vm.IsBuffer(o) {
		return "Buffer"
	}
	return ""
}

func index(i int) string { return strconv.Itoa(i) }

func isArray(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.ClassName() == "Array"
}

func isFunction(v goja.Value) bool {
	_, ok := goja.AssertFunction(v)
	return ok
}

func elements(v goja.Value) []goja.Value {
	o := v.(*goja.Object)
	list := make([]goja.Value, o.Get("length").ToInteger())
	for i := range list {
		list[i] = o.Get(index(i))
		if list[i] == nil {
			list[i] = goja.Undefined()
		}
	}
	return list
}
