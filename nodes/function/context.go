package function

import (
	"errors"
	"unsafe"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/state"
)

var (
	errInputListener = errors.New("Function nodes cannot listen for the \"input\" event") //nolint:staticcheck // Node-RED's words
	errBadKey        = errors.New("Invalid context key")                                  //nolint:staticcheck // Node-RED's words
)

// defineContext defines the globals context, flow and global.
func (s *sandbox) defineContext() {
	rt, env, stores := s.vm.Runtime, s.node.env, s.node.stores
	own := s.newScope(stores.Node(env.ID, env.Flow))
	global := s.newScope(stores.Global())
	_ = own.Set("global", global)
	_ = rt.Set("global", global)
	if env.Flow != "" {
		tab := s.newScope(stores.Flow(env.Flow))
		_ = own.Set("flow", tab)
		_ = rt.Set("flow", tab)
	} else {
		_ = rt.Set("flow", goja.Undefined())
	}
	_ = rt.Set("context", own)
}

// scope is a context scope as a script sees it. It remembers the JavaScript
// object that it gave out for a key as long as the value in the store is the
// same: reading a large list again costs nothing, and a script sees what it
// changed in place, as in Node-RED, where the store has the very object.
type scope struct {
	*sandbox
	state *state.Scope
	given map[string]given
}

type given struct {
	version uint64
	value   flow.Value
	object  goja.Value
}

func (s *sandbox) newScope(state *state.Scope) *goja.Object {
	c := &scope{sandbox: s, state: state, given: map[string]given{}}
	o := s.vm.Runtime.NewObject()
	_ = o.Set("get", c.get)
	_ = o.Set("set", c.set)
	_ = o.Set("keys", c.keys)
	return o
}

// get is get(key, [store], [callback]); key may be a list.
func (c *scope) get(call goja.FunctionCall) goja.Value {
	args, callback := splitCallback(call.Arguments)
	return c.answer(callback, func() []goja.Value {
		var values []goja.Value
		for _, key := range keyList(argument(args, 0)) {
			values = append(values, c.read(c.key(key, argument(args, 1))))
		}
		if callback == nil && isArray(argument(args, 0)) {
			list := make([]any, len(values))
			for i := range values {
				list[i] = values[i]
			}
			return []goja.Value{c.vm.Runtime.NewArray(list...)}
		}
		return values
	})
}

// set is set(key, value, [store], [callback]); keys and values may be lists.
func (c *scope) set(call goja.FunctionCall) goja.Value {
	args, callback := splitCallback(call.Arguments)
	return c.answer(callback, func() []goja.Value {
		keys, value := argument(args, 0), argument(args, 1)
		for i, key := range keyList(keys) {
			v := value
			switch {
			case !isArray(keys):
			case isArray(value):
				if v = value.(*goja.Object).Get(index(i)); v == nil {
					v = goja.Null()
				}
			case i > 0:
				v = goja.Null()
			}
			c.write(c.key(key, argument(args, 2)), v)
		}
		return nil
	})
}

// keys is keys([store], [callback]).
func (c *scope) keys(call goja.FunctionCall) goja.Value {
	args, callback := splitCallback(call.Arguments)
	return c.answer(callback, func() []goja.Value {
		store := ""
		if v := argument(args, 0); !goja.IsUndefined(v) {
			store = v.String()
		}
		var list []any
		for _, k := range c.state.StoreKeys(store) {
			list = append(list, k)
		}
		return []goja.Value{c.vm.Runtime.NewArray(list...)}
	})
}

// answer gives what f returns to the callback after a null, or the exception;
// without a callback it returns the first value.
func (c *scope) answer(callback goja.Callable, f func() []goja.Value) goja.Value {
	if callback == nil {
		if values := f(); len(values) > 0 {
			return values[0]
		}
		return goja.Undefined()
	}
	args := []goja.Value{goja.Null()}
	if ex := c.vm.Runtime.Try(func() { args = append(args, f()...) }); ex != nil {
		args = []goja.Value{ex.Value()}
	}
	if _, err := callback(goja.Undefined(), args...); err != nil {
		panic(err)
	}
	return goja.Undefined()
}

func (c *scope) read(key string) goja.Value {
	version := c.state.Version()
	g, known := c.given[key]
	if known && g.version == version {
		return g.object
	}
	v, err := c.state.Get(key)
	if err != nil {
		c.throw(err, "INVALID_EXPR")
	}
	object := g.object
	if !known || !identical(g.value, v) {
		object = c.vm.ToJS(v)
	}
	c.remember(key, version, v, object)
	return object
}

func (c *scope) write(key string, value goja.Value) {
	v, err := c.vm.FromJS(value)
	if err != nil {
		c.throw(err, "")
	}
	if err := c.state.Set(key, v); err != nil {
		c.throw(err, "INVALID_EXPR")
	}
	c.remember(key, c.state.Version(), v, value)
}

func (c *scope) remember(key string, version uint64, v flow.Value, object goja.Value) {
	if _, isObject := object.(*goja.Object); !isObject {
		delete(c.given, key)
		return
	}
	c.given[key] = given{version, v, object}
}

// identical tells whether two values are one and the same object. An empty list
// is identical to none: another node may have set it to start anew.
func identical(a, b flow.Value) bool {
	switch a := a.(type) {
	case *flow.Object:
		return a == b
	case flow.Array:
		b, ok := b.(flow.Array)
		return ok && len(a) > 0 && len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
	case flow.Buffer:
		b, ok := b.(flow.Buffer)
		return ok && len(a) > 0 && len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
	case flow.Date:
		return a == b
	}
	return false
}

// key returns the key with its store.
func (c *scope) key(key, store goja.Value) string {
	if _, ok := key.Export().(string); !ok || key.String() == "" {
		c.throw(errBadKey, "")
	}
	if goja.IsUndefined(store) || goja.IsNull(store) {
		return key.String()
	}
	return state.JoinKey(store.String(), key.String())
}

func keyList(v goja.Value) []goja.Value {
	if isArray(v) {
		return elements(v)
	}
	return []goja.Value{v}
}

// splitCallback takes a function at the end off the arguments.
func splitCallback(args []goja.Value) ([]goja.Value, goja.Callable) {
	if len(args) > 0 {
		if f, ok := goja.AssertFunction(args[len(args)-1]); ok {
			return args[:len(args)-1], f
		}
	}
	return args, nil
}

func argument(args []goja.Value, i int) goja.Value {
	if i < len(args) {
		return args[i]
	}
	return goja.Undefined()
}
