package typed

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/state"
)

// Target is a property that a node reads and writes: of the message, or of the
// flow's or the global context.
type Target struct {
	path flow.Path   // of the message,
	key  *contextKey // unless this is set
}

// Target compiles the name of a property; typ is msg, flow or global. The
// property is where the name stands in the node's configuration, for the error,
// which is a *flow.ConfigError.
func (p Place) Target(property, name, typ string) (*Target, error) {
	t := &Target{}
	var err error
	switch typ {
	case "msg":
		t.path, err = flow.ParseMessagePath(name)
	case "flow", "global":
		t.key, err = p.contextKey(name, typ)
	default:
		err = fmt.Errorf("a property of type %q cannot be set: expected msg, flow or global", typ)
	}
	if err != nil {
		return nil, &flow.ConfigError{Property: property, Reason: err.Error()}
	}
	return t, nil
}

// Get returns the property's value. A missing parent is an error in a message
// and undefined in a context.
func (t *Target) Get(msg *flow.Message) (flow.Value, error) {
	if t.key != nil {
		return t.key.get(msg)
	}
	return t.path.In(msg)
}

// Set sets the property and makes the parents it lacks; an undefined value
// deletes it. It tells whether it could: in a message it cannot where a value
// that can have no properties is in the way.
func (t *Target) Set(msg *flow.Message, v flow.Value) (bool, error) {
	if t.key != nil {
		return true, t.key.set(msg, v)
	}
	return msg.SetPath(t.path, v, v != nil)
}

// contextKey is a key of a context, such as #:(store)::a.b[msg.topic].
type contextKey struct {
	scope  *state.Scope
	expr   string
	store  string    // with nested: the parts of expr
	nested flow.Path // set if parts of the key are looked up in the message
}

func (p Place) contextKey(expr, typ string) (*contextKey, error) {
	k := &contextKey{expr: expr}
	switch {
	case typ == "global":
		k.scope = p.Stores.Global()
	case p.Env.Flow == "":
		return nil, fmt.Errorf("the node stands in no flow and has no flow context")
	default:
		k.scope = p.Stores.FlowOf(p.Env)
	}
	store, key := state.SplitKey(expr)
	path, err := flow.ParsePath(key)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(path, func(s flow.Step) bool { return s.Nested != nil }) {
		k.store, k.nested = store, path
	}
	return k, nil
}

// resolve returns the key with its nested parts looked up in the message.
func (k *contextKey) resolve(msg *flow.Message) (string, error) {
	if k.nested == nil {
		return k.expr, nil
	}
	path, err := k.nested.Resolve(msg)
	if err != nil {
		return "", err
	}
	if k.store == "" {
		return path.String(), nil
	}
	return state.JoinKey(k.store, path.String()), nil
}

func (k *contextKey) get(msg *flow.Message) (flow.Value, error) {
	expr, err := k.resolve(msg)
	if err != nil {
		return nil, err
	}
	return k.scope.Get(expr)
}

func (k *contextKey) set(msg *flow.Message, v flow.Value) error {
	expr, err := k.resolve(msg)
	if err != nil {
		return err
	}
	return k.scope.Set(expr, v)
}
