package js

import (
	"errors"
	"regexp"
	"strings"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

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
	_ = vm.Runtime.Try(func() {
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
