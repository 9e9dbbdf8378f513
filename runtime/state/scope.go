package state

import (
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
)

// Scope is the context of one node, of one flow, or the global one. A key is a
// property expression, such as a.b[0]["c d"], and may name a store:
// #:(store)::key.
type Scope struct {
	stores  *Stores
	version atomic.Uint64

	mu   sync.RWMutex
	data map[string]*flow.Object // by store; the objects belong to the scope
}

func newScope(s *Stores) *Scope { return &Scope{stores: s, data: map[string]*flow.Object{}} }

// Get returns the value of a key, undefined if it or one of its parents is not
// there. The error is a *flow.PathError.
func (c *Scope) Get(expr string) (flow.Value, error) {
	store, path, err := c.parse(expr)
	if err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	root := c.data[store]
	if root == nil {
		return nil, nil
	}
	v, err := path.Of(root)
	if err != nil {
		return nil, nil // a parent is missing
	}
	return v, nil
}

// Set sets the value of a key and makes the parents it lacks; undefined deletes
// it. As in Node-RED, nothing happens where a value that can have no properties
// is in the way. The error is a *flow.PathError.
func (c *Scope) Set(expr string, v flow.Value) error {
	store, path, err := c.parse(expr)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
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
			return nil
		}
		v = below.Get(key)
	}
	if v == nil {
		root.Delete(key)
	} else {
		root.Set(key, v)
	}
	return nil
}

// Keys returns the top-level keys of the default store, in the order in which
// they were set.
func (c *Scope) Keys() []string { return c.StoreKeys("") }

// StoreKeys returns the top-level keys of a store.
func (c *Scope) StoreKeys(store string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	root := c.data[c.stores.store(store)]
	if root == nil {
		return nil
	}
	return root.Keys()
}

// Version returns a number that rises with every Set.
func (c *Scope) Version() uint64 { return c.version.Load() }

func (c *Scope) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.data)
	c.version.Add(1)
}

// parse reads a key. A nested part, [msg.x], has no message to look into here
// and is refused.
func (c *Scope) parse(expr string) (store string, path flow.Path, err error) {
	store, key := SplitKey(expr)
	path, err = flow.ParsePath(key)
	if err != nil {
		return "", nil, err
	}
	for _, step := range path {
		if step.Nested != nil {
			return "", nil, &flow.PathError{Expr: expr, Reason: "a context key cannot refer to a message"}
		}
	}
	return c.stores.store(store), path, nil
}
