package state

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
)

// Scope is the context of one node, of one flow, or the global one. A key is a
// property expression, such as a.b[0]["c d"], and may name a store:
// #:(store)::key. A key that begins with $parent. is one of the flow around this
// one; beyond the outermost there are only undefined values.
type Scope struct {
	stores  *Stores
	id      scopeID
	parent  atomic.Pointer[Scope]
	gone    atomic.Bool // the scope was forgotten: no file is written for it
	version atomic.Uint64

	mu   sync.RWMutex
	data map[string]*flow.Object // by store; the objects belong to the scope
}

// scopeID tells scopes apart. A node outside of all flows has the scope that a
// flow of its id would have, as in Node-RED.
type scopeID struct{ flow, node string }

var globalID = scopeID{}

func nodeScope(id, flow string) scopeID {
	if flow == "" {
		return scopeID{flow: id}
	}
	return scopeID{flow, strings.TrimPrefix(id, flow+"-")}
}

func (id scopeID) known(keep func(string) bool) bool {
	return keep(id.flow) && (id.node == "" || keep(id.node) || keep(id.flow+"-"+id.node))
}

func newScope(s *Stores, id scopeID) *Scope {
	return &Scope{stores: s, id: id, data: map[string]*flow.Object{}}
}

// Get returns the value of a key, undefined if it or one of its parents is not
// there. The error is a *flow.PathError.
func (c *Scope) Get(key string) (flow.Value, error) {
	scope, store, key := c.Resolve(key)
	if scope == nil || key == "$parent" {
		return nil, nil
	}
	path, err := parse(key)
	if err != nil {
		return nil, err
	}
	store = c.stores.store(store)
	scope.mu.RLock()
	defer scope.mu.RUnlock()
	return scope.get(store, path), nil
}

// GetAll returns the values that several keys of a store have at one moment.
// The keys are expressions without a store and without $parent.
func (c *Scope) GetAll(store string, keys []string) ([]flow.Value, error) {
	paths, err := parseAll(keys)
	if err != nil {
		return nil, err
	}
	store = c.stores.store(store)
	values := make([]flow.Value, len(keys))
	c.mu.RLock()
	defer c.mu.RUnlock()
	for i := range paths {
		values[i] = c.get(store, paths[i])
	}
	return values, nil
}

func (c *Scope) get(store string, path flow.Path) flow.Value {
	root := c.data[store]
	if root == nil {
		return nil
	}
	v, err := path.Of(root)
	if err != nil {
		return nil // a parent is missing
	}
	return v
}

// Set sets the value of a key and makes the parents it lacks; undefined deletes
// it. As in Node-RED, nothing happens where a value that can have no properties
// is in the way. The error is a *flow.PathError.
func (c *Scope) Set(key string, v flow.Value) error {
	scope, store, key := c.Resolve(key)
	if scope == nil || key == "$parent" {
		return nil
	}
	return scope.SetAll(store, []string{key}, []flow.Value{v})
}

// SetAll sets several keys of a store at once; those without a value become
// null, as in Node-RED. The keys are expressions without a store and without
// $parent. If one of them is none nothing is set.
func (c *Scope) SetAll(store string, keys []string, values []flow.Value) error {
	paths, err := parseAll(keys)
	if err != nil {
		return err
	}
	store = c.stores.store(store)
	c.mu.Lock()
	for i := range paths {
		var v flow.Value = flow.Null{}
		if i < len(values) {
			v = values[i]
		}
		c.set(store, paths[i], v)
	}
	c.mu.Unlock()
	c.changed(store)
	return nil
}

func (c *Scope) set(store string, path flow.Path, v flow.Value) {
	root := c.data[store]
	if root == nil {
		root = &flow.Object{}
		c.data[store] = root
	}
	c.version.Add(1)
	key := path[0].Key
	if len(path) > 1 {
		// The root is the scope's own; only what lies below it is shared.
		below := flow.NewObject(key, root.Get(key))
		below, ok := flow.SetProperty(below, path, v, true)
		if !ok {
			return
		}
		v = below.Get(key)
	}
	if v == nil {
		root.Delete(key)
	} else {
		root.Set(key, v)
	}
}

// Keys returns the top-level keys of the default store, in the order in which
// they were set.
func (c *Scope) Keys() []string { return c.StoreKeys("") }

// StoreKeys returns the top-level keys of a store.
func (c *Scope) StoreKeys(store string) []string {
	store = c.stores.store(store)
	c.mu.RLock()
	defer c.mu.RUnlock()
	root := c.data[store]
	if root == nil {
		return nil
	}
	return root.Keys()
}

// Version returns a number that rises with every change of the scope.
func (c *Scope) Version() uint64 { return c.version.Load() }

// Resolve takes a key apart: the scope that it is in, nil beyond the outermost
// flow, the name of its store, and the key there.
func (c *Scope) Resolve(key string) (scope *Scope, store, rest string) {
	store, rest = SplitKey(key)
	scope = c
	for scope != nil {
		outer, ok := strings.CutPrefix(rest, "$parent.")
		if !ok {
			break
		}
		scope, rest = scope.parent.Load(), outer
	}
	return scope, store, rest
}

// replace sets all that the scope has in a store.
func (c *Scope) replace(store string, root *flow.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data[store] = root
	c.version.Add(1)
}

// snapshot returns all that the scope has in a store, for ever as it is now.
func (c *Scope) snapshot(store string) *flow.Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if root := c.data[store]; root != nil {
		return root.Clone()
	}
	return &flow.Object{}
}

func (c *Scope) clear() {
	c.mu.Lock()
	clear(c.data)
	c.version.Add(1)
	c.mu.Unlock()
	for store := range c.stores.files {
		c.changed(store)
	}
}

// changed tells the store, if it has files, to write the scope.
func (c *Scope) changed(store string) {
	if f := c.stores.files[store]; f != nil {
		f.changed(c)
	}
}

func parseAll(keys []string) ([]flow.Path, error) {
	paths := make([]flow.Path, len(keys))
	for i, key := range keys {
		var err error
		if paths[i], err = parse(key); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// parse reads a key. A nested part, [msg.x], has no message to look into here
// and is refused.
func parse(key string) (flow.Path, error) {
	path, err := flow.ParsePath(key)
	if err != nil {
		return nil, err
	}
	for _, step := range path {
		if step.Nested != nil {
			return nil, &flow.PathError{Expr: key, Reason: "a context key cannot refer to a message"}
		}
	}
	return path, nil
}
