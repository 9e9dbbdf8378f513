package function

import (
	"errors"
	"time"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// linkCallTimeout is how long a link call waits for its answer unless the script
// says otherwise.
const linkCallTimeout = 5 * time.Second

// linkCall is node.linkcall(target, msg, {timeout, clone}): a promise of the
// message that a link in node, named by its id or name, answers with. The
// timeout is in milliseconds. With clone false the message given becomes the
// answer, as in Node-RED, where the nodes on the way change that very object.
func (s *sandbox) linkCall(call goja.FunctionCall) goja.Value {
	promise, resolve, reject := s.vm.Runtime.NewPromise()
	if err := s.startLinkCall(call, resolve, reject); err != nil {
		_ = reject(s.newError(err, ""))
	}
	return s.vm.Runtime.ToValue(promise)
}

func (s *sandbox) startLinkCall(call goja.FunctionCall, resolve, reject func(any) error) error {
	env := s.node.env
	target, ok := call.Argument(0).Export().(string)
	if !ok || flow.TrimSpace(target) == "" {
		return errors.New(env.Text("function.error.linkcallTargetInvalid",
			"Error link call target parameter is not valid, expected a string"))
	}
	given, ok := call.Argument(1).(*goja.Object)
	if !ok {
		return errors.New(env.Text("function.error.linkcallMsgInvalid",
			"Error link call msg parameter is not valid, expected an object"))
	}
	caller, ok := env.Host.(flow.LinkCaller)
	if !ok {
		return errors.New(env.Text("function.error.linkcallTargetNotFound", "Error target 'link in' node not found"))
	}
	msg := flow.NewMessage()
	if err := s.vm.Properties(given, msg.Set); err != nil {
		return err
	}
	timeout, clone := s.linkCallOptions(call.Argument(2))
	return caller.LinkCall(target, msg, timeout, func(reply *flow.Message, err error) {
		s.post(func() error {
			switch {
			case err != nil:
				return reject(s.newError(err, ""))
			case clone:
				return resolve(s.vm.ObjectToJS(reply.Object()))
			}
			s.replace(given, reply.Object())
			return resolve(given)
		})
	})
}

func (s *sandbox) linkCallOptions(v goja.Value) (timeout time.Duration, clone bool) {
	options, ok := v.(*goja.Object)
	if !ok {
		return linkCallTimeout, true
	}
	timeout = linkCallTimeout
	if v := options.Get("timeout"); v != nil && v.ToBoolean() {
		timeout = time.Duration(v.ToFloat() * float64(time.Millisecond))
	}
	v = options.Get("clone")
	return timeout, v == nil || !v.StrictEquals(s.vm.Runtime.ToValue(false))
}

// replace gives an object the properties of another one in place of its own.
func (s *sandbox) replace(o *goja.Object, by *flow.Object) {
	for _, key := range o.Keys() {
		_ = o.Delete(key)
	}
	for key, v := range by.All() {
		_ = o.Set(key, s.vm.ToJS(v))
	}
}
