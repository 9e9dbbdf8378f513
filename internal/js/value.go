package js

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strconv"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// Limits of what FromJS converts. Neither is met by a value that somebody made
// on purpose.
const (
	maxDepth  = 1000
	maxLength = 1 << 24
)

// ErrCircular says that a value contains itself, which a flow value cannot.
var ErrCircular = errors.New("the value contains itself (circular structure)")

// opaque carries a Go value that JavaScript cannot look into.
type opaque struct{ value flow.Value }

// ToJS returns a JavaScript copy of a flow value.
func (vm *VM) ToJS(v flow.Value) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Undefined()
	case flow.Null:
		return goja.Null()
	case bool, float64, string, *big.Int:
		return vm.Runtime.ToValue(v)
	case flow.Buffer:
		return vm.NewBuffer(bytes.Clone(v))
	case flow.Array:
		items := make([]any, len(v))
		for i := range v {
			items[i] = vm.ToJS(v[i])
		}
		return vm.Runtime.NewArray(items...)
	case *flow.Object:
		return vm.ObjectToJS(v)
	case *flow.Message:
		return vm.ObjectToJS(v.Object())
	case flow.Date:
		d, err := vm.Runtime.New(vm.date, vm.Runtime.ToValue(float64(v)))
		if err != nil {
			return goja.Undefined()
		}
		return d
	case *flow.Error:
		return vm.newError(v)
	case *jsregexp.Regexp:
		if re, err := vm.Runtime.New(vm.Runtime.Get("RegExp"), vm.Runtime.ToValue(v.String()), vm.Runtime.ToValue(v.Flags())); err == nil {
			return re
		}
	}
	if flow.TypeName(v) == "string" {
		return vm.Runtime.ToValue(flow.Text(v))
	}
	return vm.Runtime.ToValue(&opaque{v})
}

// ObjectToJS returns a JavaScript object with copies of the properties.
func (vm *VM) ObjectToJS(o *flow.Object) *goja.Object {
	out := vm.Runtime.NewObject()
	for k, v := range o.All() {
		if k == "__proto__" {
			_ = out.DefineDataProperty(k, vm.ToJS(v), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
			continue
		}
		_ = out.Set(k, vm.ToJS(v))
	}
	return out
}

// NewBuffer returns a Buffer of the bytes, which belong to it from then on.
func (vm *VM) NewBuffer(b []byte) goja.Value {
	proto := vm.bufferPrototype()
	o, err := vm.Runtime.New(vm.uint8Array, vm.Runtime.ToValue(vm.Runtime.NewArrayBuffer(b)))
	if err != nil {
		return goja.Undefined()
	}
	_ = o.SetPrototype(proto)
	return o
}

func (vm *VM) bufferPrototype() *goja.Object {
	if vm.bufferProto == nil {
		module := vm.mustModule("buffer").ToObject(vm.Runtime)
		vm.bufferProto = module.Get("Buffer").ToObject(vm.Runtime).Get("prototype").ToObject(vm.Runtime)
	}
	return vm.bufferProto
}

// FromJS returns a flow value that is a copy of a JavaScript value. Functions
// and symbols become undefined, a Map an object, a Set an array, an error a
// *flow.Error, a RegExp a *jsregexp.Regexp, and any other object what its own
// enumerable properties say: a Uint8Array that is no Buffer becomes {"0":…,"1":…},
// as JSON has it. The error is [ErrCircular], one that says that the value is too
// large, or what has ended a getter.
func (vm *VM) FromJS(v goja.Value) (result flow.Value, err error) {
	if _, isObject := v.(*goja.Object); !isObject {
		return primitive(v), nil
	}
	if ended := vm.Try(func() { result, err = vm.convert(v, nil) }); ended != nil {
		return nil, ended
	}
	return result, err
}

// Properties calls set with a copy of every own enumerable property of an
// object. Functions are left out. The errors are those of [VM.FromJS].
func (vm *VM) Properties(o *goja.Object, set func(key string, v flow.Value)) (err error) {
	if ended := vm.Try(func() { err = vm.properties(o, o.Keys(), set, nil) }); ended != nil {
		return ended
	}
	return err
}

func primitive(v goja.Value) flow.Value {
	switch {
	case v == nil || goja.IsUndefined(v):
		return nil
	case goja.IsNull(v):
		return flow.Null{}
	}
	if _, ok := v.(*goja.Symbol); ok {
		return nil
	}
	switch v.ExportType().Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.ToBoolean()
	case reflect.Int64, reflect.Float64:
		return v.ToFloat()
	}
	return v.Export() // a *big.Int
}

// nesting is an object that is being converted, and those that it is in. It finds
// circles.
type nesting struct {
	object  *goja.Object
	outside *nesting // nil for the outermost
	depth   int
}

// in returns the nesting of an object that is in another one, or in none.
func (outside *nesting) in(o *goja.Object) (nesting, error) {
	depth := 1
	if outside != nil {
		depth = outside.depth + 1
	}
	if depth > maxDepth {
		return nesting{}, fmt.Errorf("the value is nested more than %d levels deep", maxDepth)
	}
	for n := outside; n != nil; n = n.outside {
		if n.object == o {
			return nesting{}, ErrCircular
		}
	}
	return nesting{o, outside, depth}, nil
}

// convert is FromJS for a value that is in an object, or in none.
func (vm *VM) convert(v goja.Value, within *nesting) (flow.Value, error) {
	o, ok := v.(*goja.Object)
	if !ok {
		return primitive(v), nil
	}
	if b, ok := bytesOf(o); ok && vm.IsBuffer(o) {
		return flow.Buffer(bytes.Clone(b)), nil
	}
	switch o.ClassName() {
	case "Function", "AsyncFunction", "GeneratorFunction":
		return nil, nil
	case "Date":
		return flow.Date(o.ToFloat()), nil
	case "String":
		return o.String(), nil
	case "Number":
		return o.ToFloat(), nil
	case "Boolean":
		b, _ := o.Export().(bool)
		return b, nil
	case "Array":
		return vm.list(o, within)
	case "RegExp":
		if re, err := jsregexp.Compile(text(o.Get("source")), text(o.Get("flags"))); err == nil {
			return re, nil
		}
	case "Error":
		if e := vm.ErrorOf(o); e != nil {
			return e, nil
		}
	}
	switch kindOf(o) {
	case "function":
		return nil, nil
	case "map", "set":
		list, err := vm.list(vm.arrayFrom(o), within)
		if err != nil || kindOf(o) != "map" {
			return list, err
		}
		return objectOfPairs(list), nil
	case "opaque":
		return o.Export().(*opaque).value, nil
	}
	keys := o.Keys()
	out := flow.MakeObject(len(keys))
	return out, vm.properties(o, keys, out.Set, within)
}

func (vm *VM) properties(o *goja.Object, keys []string, set func(string, flow.Value), outside *nesting) error {
	within, err := outside.in(o)
	if err != nil {
		return err
	}
	for _, key := range keys {
		property := o.Get(key)
		v, err := vm.convert(property, &within)
		if err != nil {
			return err
		}
		if v == nil && property != nil && !goja.IsUndefined(property) {
			continue // a function: JSON and structured clones have none either
		}
		set(key, v)
	}
	return nil
}

func (vm *VM) list(o *goja.Object, outside *nesting) (flow.Array, error) {
	within, err := outside.in(o)
	if err != nil {
		return nil, err
	}
	n := o.Get("length").ToInteger()
	if n > maxLength {
		return nil, fmt.Errorf("an array of %d elements is too long", n)
	}
	list := make(flow.Array, n)
	for i := range list {
		v, err := vm.convert(o.Get(strconv.Itoa(i)), &within)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

// arrayFrom returns Array.from(o).
func (vm *VM) arrayFrom(o *goja.Object) *goja.Object {
	var items []any
	vm.Runtime.ForOf(o, func(item goja.Value) bool {
		items = append(items, item)
		return len(items) <= maxLength
	})
	return vm.Runtime.NewArray(items...)
}

func objectOfPairs(pairs flow.Array) *flow.Object {
	o := &flow.Object{}
	for _, p := range pairs {
		if pair, ok := p.(flow.Array); ok && len(pair) == 2 {
			o.Set(flow.Text(pair[0]), pair[1])
		}
	}
	return o
}

// bytesOf returns the bytes of a Buffer or another Uint8Array, not copied.
func bytesOf(v goja.Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Object" || o.ExportType() != reflect.TypeFor[[]byte]() {
		return nil, false
	}
	// goja's slice of an empty view may point behind the end of the memory, which
	// the garbage collector takes for a fatal error.
	if n := o.Get("byteLength"); n != nil && n.ToInteger() == 0 {
		return []byte{}, true
	}
	b, ok := o.Export().([]byte)
	return b, ok
}

// IsBuffer tells a Buffer from another Uint8Array.
func (vm *VM) IsBuffer(o *goja.Object) bool {
	if _, loaded := vm.modules["buffer"]; !loaded {
		return false
	}
	for p := o.Prototype(); p != nil; p = p.Prototype() {
		if p == vm.bufferPrototype() {
			return true
		}
	}
	return false
}

// kindOf tells exotic objects apart: map, set, promise, proxy, typedarray,
// arraybuffer, opaque and function; else it is the class in lower case.
func kindOf(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return ""
	}
	switch t := o.ExportType(); {
	case t == nil:
	case t == reflect.TypeFor[[][2]any]():
		return "map"
	case t == reflect.TypeFor[*goja.Promise]():
		return "promise"
	case t == reflect.TypeFor[*opaque]():
		return "opaque"
	case t == reflect.TypeFor[goja.ArrayBuffer]():
		return "arraybuffer"
	case t == reflect.TypeFor[goja.Proxy]():
		return "proxy"
	case t.Kind() == reflect.Func:
		return "function"
	case o.ClassName() != "Object":
	case t == reflect.TypeFor[[]any]():
		return "set"
	case t.Kind() == reflect.Slice:
		return "typedarray"
	}
	return o.ClassName()
}
