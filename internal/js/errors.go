package js

import (
	"errors"
	"regexp"
	"strings"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// Try runs f, which may run script: a getter, toString. It returns what that
// throws, or what ends it: an interrupt, a stack that is too deep.
func (vm *VM) Try(f func()) (err error) {
	defer func() {
		switch ended := recover().(type) {
		case nil:
		case *goja.InterruptedError:
			err = ended
		case *goja.StackOverflowError:
			err = ended
		default:
			panic(ended)
		}
	}()
	if ex := vm.Runtime.Try(f); ex != nil {
		return ex
	}
	return nil
}

// Thrown returns what a script threw, as a JavaScript value; nil if err is no
// exception.
func Thrown(err error) goja.Value {
	if ex, ok := errors.AsType[*goja.Exception](err); ok {
		return ex.Value()
	}
	return nil
}

// ErrorOf returns a JavaScript error as a flow error, with the words that V8
// has for it. It is nil if the value is no error: a script may throw anything.
func (vm *VM) ErrorOf(v goja.Value) (e *flow.Error) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	// A getter may throw; then the value is no error that we can read.
	_ = vm.Try(func() {
		stack := o.Get("stack")
		if stack == nil || goja.IsUndefined(stack) {
			return
		}
		was := text(o.Get("message"))
		e = &flow.Error{Name: text(o.Get("name")), Message: inV8Words(was), Code: text(o.Get("code"))}
		e.Stack = v8Stack(strings.Replace(stack.String(), was, e.Message, 1))
		if cause := o.Get("cause"); cause != nil {
			e.Cause, _ = vm.FromJS(cause)
		}
	})
	return e
}

// newError returns an error of the class that the flow error names, Error if
// there is no such class.
func (vm *VM) newError(e *flow.Error) goja.Value {
	class := vm.Runtime.Get("Error").ToObject(vm.Runtime)
	if named, ok := vm.Runtime.Get(e.Name).(*goja.Object); ok && named.Prototype() == class {
		class = named
	}
	o, err := vm.Runtime.New(class, vm.Runtime.ToValue(e.Message))
	if err != nil {
		return goja.Undefined()
	}
	for key, text := range map[string]string{"code": e.Code, "stack": e.Stack} {
		if text != "" {
			_ = o.DefineDataProperty(key, vm.Runtime.ToValue(text), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
		}
	}
	if e.Cause != nil {
		_ = o.DefineDataProperty("cause", vm.ToJS(e.Cause), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	return o
}

func text(v goja.Value) string {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return ""
	}
	return v.String()
}

var cannotRead = regexp.MustCompile(`^Cannot read property '(.*)' of (undefined|null)(?: or null)?$`)

// inV8Words rewrites the commonest messages of goja as V8 has them, because
// flows compare texts.
func inV8Words(message string) string {
	if m := cannotRead.FindStringSubmatch(message); m != nil {
		return "Cannot read properties of " + m[2] + " (reading '" + m[1] + "')"
	}
	if name, ok := strings.CutPrefix(message, "Object has no member '"); ok {
		return strings.TrimSuffix(name, "'") + " is not a function"
	}
	return message
}

var gojaFrame = regexp.MustCompile(`(?m)^\tat (.*?)(?:\(\d+\))?(\)?)$`)

// v8Stack rewrites goja's stack, whose frames end in a program counter.
func v8Stack(stack string) string {
	return strings.TrimRight(gojaFrame.ReplaceAllString(stack, "    at $1$2"), "\n")
}
