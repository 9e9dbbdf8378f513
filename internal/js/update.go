package js

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// Update makes a message what a script has made of the object that it got for
// the message. What is the same stays the same value, and nothing is copied for
// it. The errors are those of [VM.FromJS]; a property that has no flow value
// stays as it was.
func (vm *VM) Update(msg *flow.Message, o *goja.Object) (err error) {
	if ended := vm.Try(func() { err = vm.update(msg, o) }); ended != nil {
		return ended
	}
	return err
}

func (vm *VM) update(msg *flow.Message, o *goja.Object) (first error) {
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
		v, err := vm.convert(property, &nesting{object: o, depth: 1})
		switch {
		case err != nil:
			if first == nil {
				first = err
			}
		case v != nil || goja.IsUndefined(property):
			msg.Set(key, v)
		case had:
			msg.Delete(key) // it has become a function
		}
	}
	if left == 0 {
		return first
	}
	own := o.GetOwnPropertyNames()
	for _, key := range msg.Object().Keys() {
		if !slices.Contains(own, key) {
			msg.Delete(key)
		}
	}
	return first
}

// Unchanged tells whether a JavaScript value is what ToJS made of a flow value,
// and still the same. It may say no to what is the same.
func (vm *VM) Unchanged(old flow.Value, v goja.Value) (same bool) {
	err := vm.Try(func() { same = vm.unchanged(old, v) })
	return same && err == nil
}

func (vm *VM) unchanged(old flow.Value, v goja.Value) bool {
	o, isObject := v.(*goja.Object)
	if !isObject {
		return unchangedPrimitive(old, v)
	}
	switch old := old.(type) {
	case flow.Buffer:
		b, ok := bytesOf(o)
		return ok && bytes.Equal(b, old) && vm.IsBuffer(o)
	case flow.Date:
		return o.ClassName() == "Date" && o.ToFloat() == float64(old)
	case flow.Array:
		if o.ClassName() != "Array" || o.Get("length").ToInteger() != int64(len(old)) {
			return false
		}
		for i := range old {
			item := o.Get(strconv.Itoa(i))
			if item == nil || !vm.unchanged(old[i], item) {
				return false
			}
		}
		return true
	case *flow.Object:
		if kindOf(o) != "Object" || vm.IsBuffer(o) {
			return false
		}
		keys := o.GetOwnPropertyNames() // Keys takes twice as long
		if len(keys) != old.Len() {
			return false
		}
		i := 0
		for key, was := range old.All() {
			if keys[i] != key || !vm.unchanged(was, o.Get(key)) {
				return false
			}
			i++
		}
		return true
	}
	return false
}

func unchangedPrimitive(old flow.Value, v goja.Value) bool {
	switch old := old.(type) {
	case nil:
		return goja.IsUndefined(v)
	case flow.Null:
		return goja.IsNull(v)
	case bool:
		return v.ExportType().Kind() == reflect.Bool && v.ToBoolean() == old
	case string:
		return goja.IsString(v) && v.String() == old
	case float64:
		return goja.IsNumber(v) && math.Float64bits(v.ToFloat()) == math.Float64bits(old)
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
