package js

import (
	"bytes"
	"reflect"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// Update makes a message what a script has made of the object that it got for
// the message. What is the same stays the same value, and nothing is copied for
// it. The errors are those of [VM.FromJS]; then only a part is up to date.
func (vm *VM) Update(msg *flow.Message, o *goja.Object) (err error) {
	if ex := vm.Runtime.Try(func() { err = vm.update(msg, o) }); ex != nil {
		return ex
	}
	return err
}

func (vm *VM) update(msg *flow.Message, o *goja.Object) error {
	c := converter{vm: vm, within: []*goja.Object{o}}
	left := msg.Object().Len() // properties that were not met
	for _, key := range o.Keys() {
		property := o.Get(key)
		old, had := msg.Object().Lookup(key)
		if had {
			left--
			if vm.unchanged(old, property) {
				continue
			}
		}
		v, err := c.convert(property)
		if err != nil {
			return err
		}
		if v != nil || goja.IsUndefined(property) {
			msg.Set(key, v)
		} else if had {
			msg.Delete(key) // it has become a function
		}
	}
	if left == 0 {
		return nil
	}
	for _, key := range msg.Object().Keys() {
		if o.Get(key) == nil {
			msg.Delete(key)
		}
	}
	return nil
}

// unchanged tells whether a property has its old value. Of arrays and objects
// it does not know.
func (vm *VM) unchanged(old flow.Value, v goja.Value) bool {
	switch old := old.(type) {
	case string:
		if _, isObject := v.(*goja.Object); isObject || v.ExportType().Kind() != reflect.String {
			return false
		}
		_, isSymbol := v.(*goja.Symbol)
		return !isSymbol && v.String() == old
	case float64:
		switch v.ExportType().Kind() {
		case reflect.Int64, reflect.Float64:
			_, isObject := v.(*goja.Object)
			return !isObject && v.ToFloat() == old
		}
	case flow.Buffer:
		b, ok := bytesOf(v)
		return ok && bytes.Equal(b, old) && vm.IsBuffer(v.(*goja.Object))
	}
	return false
}

// PromiseOf returns the promise that a value is, or nil.
func PromiseOf(v goja.Value) *goja.Promise {
	o, ok := v.(*goja.Object)
	if !ok || o.ExportType() != reflect.TypeFor[*goja.Promise]() {
		return nil
	}
	p, _ := o.Export().(*goja.Promise)
	return p
}
