package function

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/state"
)

var (
	errBadKey   = errors.New("Invalid context key")         //nolint:staticcheck // Node-RED's words
	errCallback = errors.New("Callback must be a function") //nolint:staticcheck // Node-RED's words
)

// invalidExpr is the code of the error of an expression that names no property.
const invalidExpr = "INVALID_EXPR"

// defineContext defines the globals context, flow and global.
func (s *sandbox) defineContext() {
	rt, env, stores := s.vm.Runtime, s.node.env, s.node.stores
	own := s.newScope(stores.Node(env.ID, env.Flow))
	global := s.newScope(stores.Global())
	var tab goja.Value = goja.Undefined()
	if scope := stores.FlowOf(env); scope != nil {
		tab = s.newScope(scope)
	}
	_ = own.Set("flow", tab)
	_ = own.Set("global", global)
	_ = rt.Set("context", own)
	_ = rt.Set("flow", tab)
	_ = rt.Set("global", global)
}

// scope is a context scope as a script sees it. In Node-RED the store in memory
// has the very object that a script gets or sets, and what the script changes in
// place others see. Here the store has values that never change. So the scope
// remembers the object that it gave out for a key as long as the value in the
// store is the same, and at the end of a run puts back what has changed.
type scope struct {
	*sandbox
	state *state.Scope
	given map[string]*given // by the key with its store
	lent  []*given          // what the script that runs has got or set
}

// putBackLimit is how many parts a value may have that is looked through for
// changes after each run. What is larger a script must set.
const putBackLimit = 1000

// maxGiven bounds the objects that are remembered between two runs: keys may be
// made of anything.
const maxGiven = 1000

// given is an object that the script has got or set.
type given struct {
	key     string
	version uint64 // of the state, before the value was looked up
	value   flow.Value
	object  goja.Value
	lent    bool // it is in the list of them
}

func (s *sandbox) newScope(state *state.Scope) *goja.Object {
	c := &scope{sandbox: s, state: state, given: map[string]*given{}}
	s.scopes = append(s.scopes, c)
	o := s.vm.Runtime.NewObject()
	_ = o.Set("get", c.get)
	_ = o.Set("set", c.set)
	_ = o.Set("keys", c.keys)
	return o
}

// get is get(key, [store], [callback]); key may be a list.
func (c *scope) get(call goja.FunctionCall) goja.Value {
	store, callback := c.storeAndCallback(call, 1)
	if !isArray(call.Argument(0)) {
		return c.answer(callback, goja.Undefined(), func() []goja.Value {
			return []goja.Value{c.read(c.key(call.Argument(0), store))}
		})
	}
	var list []any
	result := c.answer(callback, goja.Undefined(), func() []goja.Value {
		values := c.readAll(store, c.keyList(call.Argument(0)))
		for _, v := range values {
			list = append(list, v)
		}
		return values
	})
	if callback == nil {
		return c.vm.Runtime.NewArray(list...)
	}
	return result
}

// set is set(key, value, [store], [callback]); key and value may be lists. A
// value that is no list is that of the first key.
func (c *scope) set(call goja.FunctionCall) goja.Value {
	store, callback := c.storeAndCallback(call, 2)
	key, value := call.Argument(0), call.Argument(1)
	c.answer(callback, goja.Undefined(), func() []goja.Value {
		switch {
		case !isArray(key):
			c.write(c.key(key, store), value)
		case isArray(value):
			c.writeAll(store, c.keyList(key), elements(value))
		default:
			c.writeAll(store, c.keyList(key), []goja.Value{value})
		}
		return nil
	})
	return goja.Undefined()
}

// keys is keys([store], [callback]).
func (c *scope) keys(call goja.FunctionCall) goja.Value {
	store, callback := c.storeAndCallback(call, 0)
	return c.answer(callback, goja.Null(), func() []goja.Value {
		list := []any{}
		for _, k := range c.state.StoreKeys(store) {
			list = append(list, k)
		}
		return []goja.Value{c.vm.Runtime.NewArray(list...)}
	})
}

// storeAndCallback returns the optional arguments of a call from the position
// given on.
func (c *scope) storeAndCallback(call goja.FunctionCall, at int) (store string, callback goja.Callable) {
	first, second := call.Argument(at), call.Argument(at+1)
	if f, ok := goja.AssertFunction(first); ok && !second.ToBoolean() {
		return "", f
	}
	if second.ToBoolean() {
		f, ok := goja.AssertFunction(second)
		if !ok {
			c.throw(errCallback, "")
		}
		callback = f
	}
	if first.ToBoolean() {
		store = first.String()
	}
	return store, callback
}

// answer gives what f returns to the callback, after what stands for no error,
// or else the exception. Without a callback it returns the first value.
func (c *scope) answer(callback goja.Callable, noError goja.Value, f func() []goja.Value) goja.Value {
	if callback == nil {
		if values := f(); len(values) > 0 {
			return values[0]
		}
		return goja.Undefined()
	}
	args := []goja.Value{noError}
	if ex := c.vm.Runtime.Try(func() { args = append(args, f()...) }); ex != nil {
		args = []goja.Value{ex.Value()}
	}
	if _, err := callback(goja.Undefined(), args...); err != nil {
		panic(err)
	}
	return goja.Undefined()
}

func (c *scope) read(key string) goja.Value {
	scope, _, _ := c.state.Resolve(key)
	if scope == nil {
		return goja.Undefined()
	}
	version := scope.Version()
	if g, known := c.given[key]; known && g.version == version {
		c.lend(g)
		return g.object
	}
	v, err := c.state.Get(key)
	if err != nil {
		c.throw(err, invalidExpr)
	}
	return c.give(key, version, v)
}

func (c *scope) readAll(store string, keys []string) []goja.Value {
	version := c.state.Version()
	values, err := c.state.GetAll(store, keys)
	if err != nil {
		c.throw(err, invalidExpr)
	}
	list := make([]goja.Value, len(keys))
	for i, v := range values {
		list[i] = c.give(state.JoinKey(store, keys[i]), version, v)
	}
	return list
}

// give returns the value of a key as a JavaScript value: the one that the script
// knows if it is still the same.
func (c *scope) give(key string, version uint64, v flow.Value) goja.Value {
	var object goja.Value
	if g, known := c.given[key]; known && identical(g.value, v) {
		object = g.object
	} else {
		object = c.vm.ToJS(v)
	}
	c.remember(key, version, v, object)
	return object
}

func (c *scope) write(key string, value goja.Value) {
	scope, _, _ := c.state.Resolve(key)
	if scope == nil {
		return
	}
	// The version from before the change makes the next read look at the store:
	// another flow may set the key as well.
	version, v := scope.Version(), c.stored(value)
	if err := c.state.Set(key, v); err != nil {
		c.throw(err, invalidExpr)
	}
	c.remember(key, version, v, value)
}

func (c *scope) writeAll(store string, keys []string, list []goja.Value) {
	version, values := c.state.Version(), make([]flow.Value, min(len(list), len(keys)))
	for i := range values {
		values[i] = c.stored(list[i])
	}
	if err := c.state.SetAll(store, keys, values); err != nil {
		c.throw(err, invalidExpr)
	}
	for i := range values {
		c.remember(state.JoinKey(store, keys[i]), version, values[i], list[i])
	}
}

// storedFunction stands in a store for a function, which has no flow value: the
// script that has set it gets it back, others get an object without properties.
type storedFunction struct{ _ byte } // not empty, so that each has its own address

func (c *scope) stored(value goja.Value) flow.Value {
	if isFunction(value) {
		return &storedFunction{}
	}
	return c.fromJS(value)
}

func (c *scope) remember(key string, version uint64, v flow.Value, object goja.Value) {
	if _, isObject := object.(*goja.Object); !isObject {
		delete(c.given, key)
		return
	}
	g, known := c.given[key]
	if !known {
		g = &given{key: key}
		c.given[key] = g
	}
	g.version, g.value, g.object = version, v, object
	c.lend(g)
}

func (c *scope) lend(g *given) {
	if !g.lent {
		g.lent = true
		c.lent = append(c.lent, g)
	}
}

// putBack sets what the script has changed in place, unless the key has another
// value by now.
func (c *scope) putBack() {
	for _, g := range c.lent {
		g.lent = false
		if _, isFunction := g.value.(*storedFunction); isFunction || isLarge(g.value) || c.vm.Unchanged(g.value, g.object) {
			continue
		}
		scope, _, _ := c.state.Resolve(g.key)
		version := scope.Version()
		now, err := c.state.Get(g.key)
		if err != nil || !identical(now, g.value) && !bothEmpty(now, g.value) {
			continue
		}
		v, err := c.vm.FromJS(g.object)
		if err == nil {
			err = c.state.Set(g.key, v)
		}
		if err != nil {
			c.node.env.Error(fmt.Errorf("changing %s in the context: %w", g.key, err), nil)
			continue
		}
		g.version, g.value = version, v
	}
	clear(c.lent)
	c.lent = c.lent[:0]
	if len(c.given) > maxGiven {
		clear(c.given)
	}
}

// bothEmpty tells whether two values are empty lists, which have no identity.
func bothEmpty(a, b flow.Value) bool {
	x, isArray := a.(flow.Array)
	y, alike := b.(flow.Array)
	return isArray && alike && len(x) == 0 && len(y) == 0
}

// isLarge tells whether a value has more than putBackLimit parts.
func isLarge(v flow.Value) bool {
	left := putBackLimit
	var count func(flow.Value)
	count = func(v flow.Value) {
		left--
		switch v := v.(type) {
		case flow.Array:
			for i := 0; i < len(v) && left >= 0; i++ {
				count(v[i])
			}
		case *flow.Object:
			for _, item := range v.All() {
				if count(item); left < 0 {
					return
				}
			}
		}
	}
	count(v)
	return left < 0
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
	case flow.Date, *storedFunction:
		return a == b
	}
	return false
}

// key returns a key with the store that the call names; without one it may name
// a store itself.
func (c *scope) key(v goja.Value, store string) string {
	key := c.checkKey(v)
	if store == "" {
		return key
	}
	_, key = state.SplitKey(key)
	return state.JoinKey(store, key)
}

func (c *scope) keyList(v goja.Value) []string {
	var keys []string
	for _, item := range elements(v) {
		keys = append(keys, c.checkKey(item))
	}
	if keys == nil {
		c.throw(errBadKey, "")
	}
	return keys
}

func (c *scope) checkKey(v goja.Value) string {
	key, ok := v.Export().(string)
	if !ok || key == "" {
		c.throw(errBadKey, "")
	}
	return key
}
