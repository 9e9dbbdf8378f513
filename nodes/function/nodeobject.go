package function

import (
	"errors"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// nodeObject returns the variable node of one call. Sending and completing
// belong to the call, also long after another message has come; the rest is
// the same for all calls.
func (s *sandbox) nodeObject(c *call) goja.Value {
	if s.proto == nil {
		s.proto = s.sharedNode()
	}
	o := s.vm.Runtime.CreateObject(s.proto)
	_ = o.Set("send", func(args goja.FunctionCall) goja.Value {
		clone := !args.Argument(1).StrictEquals(s.vm.Runtime.ToValue(false))
		if err := c.sendNow(args.Argument(0), clone); err != nil {
			s.throw(err, "")
		}
		return goja.Undefined()
	})
	_ = o.Set("done", func(goja.FunctionCall) goja.Value {
		if c.msg != nil {
			c.finish(nil)
		}
		return goja.Undefined()
	})
	return o
}

// sharedNode returns an object with what node has in every call.
func (s *sandbox) sharedNode() *goja.Object {
	n := s.node
	o := s.vm.Runtime.NewObject()
	_ = o.Set("id", n.env.ID)
	_ = o.Set("name", n.env.Name)
	_ = o.Set("path", n.env.Path)
	_ = o.Set("outputCount", n.cfg.Outputs)
	for name, level := range map[string]flow.Level{
		"log": flow.LevelInfo, "warn": flow.LevelWarn, "debug": flow.LevelDebug, "trace": flow.LevelTrace,
	} {
		_ = o.Set(name, func(call goja.FunctionCall) goja.Value {
			n.env.Report(level, s.logged(call.Argument(0)), nil)
			return goja.Undefined()
		})
	}
	_ = o.Set("error", s.nodeError)
	_ = o.Set("status", s.nodeStatus)
	_ = o.Set("on", s.nodeOn)
	_ = o.Set("linkcall", s.linkCall)
	return o
}

// nodeError is node.error(what, msg); only with a message catch nodes get it. As
// in Node-RED what is false to JavaScript, other than false itself, is an empty
// text.
func (s *sandbox) nodeError(call goja.FunctionCall) goja.Value {
	var msg *flow.Message
	if o, ok := call.Argument(1).(*goja.Object); ok {
		msg = flow.NewMessage()
		if err := s.vm.Properties(o, msg.Set); err != nil {
			s.throw(err, "")
		}
	}
	what := call.Argument(0)
	if _, isBool := what.Export().(bool); !isBool && !what.ToBoolean() {
		what = s.vm.Runtime.ToValue("")
	}
	s.node.env.Report(flow.LevelError, s.logged(what), msg)
	return goja.Undefined()
}

// logged returns a value to log.
func (s *sandbox) logged(v goja.Value) flow.Value {
	if e := s.vm.ErrorOf(v); e != nil {
		return e
	}
	out, err := s.vm.FromJS(v)
	if err != nil {
		return err.Error()
	}
	return out
}

// nodeStatus is node.status(badge): an object, or its text; nothing clears it.
func (s *sandbox) nodeStatus(call goja.FunctionCall) goja.Value {
	badge := &flow.Object{}
	switch v := s.fromJS(call.Argument(0)).(type) {
	case nil, flow.Null:
	case *flow.Object:
		badge = v
		if text, ok := badge.Lookup("text"); ok {
			if _, isText := text.(string); !isText && text != nil {
				badge.Set("text", flow.Text(text))
			}
		}
	default:
		badge.Set("text", flow.Text(v))
	}
	s.node.badge = badge.Len() > 0
	s.node.env.Status(badge)
	return goja.Undefined()
}

// nodeOn is node.on("close", listener).
func (s *sandbox) nodeOn(call goja.FunctionCall) goja.Value {
	switch event := call.Argument(0).String(); event {
	case "input":
		text := s.node.env.Text("function.error.inputListener", "Cannot add listener to 'input' event within Function")
		s.throw(errors.New(text), "")
	case "close":
		if isFunction(call.Argument(1)) {
			s.onClose = append(s.onClose, call.Argument(1).ToObject(s.vm.Runtime))
		}
	}
	return goja.Undefined()
}

// close calls a listener that node.on("close") was given. As in Node-RED it is
// called with removed and done if it has two parameters, and with done if it has
// one. What it does later nobody waits for.
func (s *sandbox) close(listener *goja.Object, removed bool) error {
	rt := s.vm.Runtime
	done := rt.ToValue(func(goja.FunctionCall) goja.Value { return goja.Undefined() })
	var args []goja.Value
	switch listener.Get("length").ToInteger() {
	case 0:
	case 1:
		args = []goja.Value{done}
	default:
		args = []goja.Value{rt.ToValue(removed), done}
	}
	f, _ := goja.AssertFunction(listener)
	_, err := f(goja.Undefined(), args...)
	return err
}
