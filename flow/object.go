package flow

import (
	"iter"
	"slices"
	"strconv"
)

// Object holds properties in the order in which JavaScript lists them: keys
// that are array indices first, in rising order, then the others in the order
// in which they were set. The zero Object is empty and ready to use.
//
// Fill an Object before it becomes part of a message; after that it is shared.
type Object struct {
	entries []entry
	indices int            // how many entries at the front have an array index as key
	byKey   map[string]int // position by key, once there are more than linearLimit
}

type entry struct {
	key   string
	value Value
}

// linearLimit is the number of entries up to which a scan beats a map.
const linearLimit = 32

// NewObject returns an object of the pairs given: key, value, key, value …
// No key may be there twice: nobody looks. A key that is no string is left out with
// its value.
func NewObject(pairs ...Value) *Object {
	o := MakeObject(len(pairs) / 2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if k, ok := pairs[i].(string); ok {
			o.add(k, pairs[i+1])
		}
	}
	return o
}

// MakeObject returns an empty object with room for n properties. A small one is one
// piece of memory with its room.
func MakeObject(n int) *Object {
	if n == 0 || n > len(small{}.room) {
		return &Object{entries: make([]entry, 0, n)}
	}
	o := &small{}
	o.entries = o.room[:0]
	return &o.Object
}

// small is an object with its room.
type small struct {
	Object
	room [2]entry
}

// Len returns the number of properties.
func (o *Object) Len() int { return len(o.entries) }

// Get returns the property's value, undefined if there is none.
func (o *Object) Get(key string) Value {
	v, _ := o.Lookup(key)
	return v
}

// Lookup returns the property's value and whether it is there: a property may
// be there and undefined.
func (o *Object) Lookup(key string) (Value, bool) {
	if i := o.find(key); i >= 0 {
		return read(o.entries[i].value), true
	}
	return nil, false
}

// Set sets a property; a new one goes to the end.
func (o *Object) Set(key string, v Value) {
	if i := o.find(key); i >= 0 {
		o.entries[i].value = v
		return
	}
	o.add(key, v)
}

// add adds a property that is not there.
func (o *Object) add(key string, v Value) {
	at := len(o.entries)
	if n, ok := arrayIndex(key); ok {
		at, _ = slices.BinarySearchFunc(o.entries[:o.indices], n, func(e entry, n uint64) int {
			m, _ := arrayIndex(e.key)
			return int(int64(m) - int64(n))
		})
		o.indices++
	}
	if at == len(o.entries) {
		o.entries = append(o.entries, entry{key, v})
		switch {
		case o.byKey != nil:
			o.byKey[key] = at
		case at == linearLimit:
			o.reindex()
		}
		return
	}
	o.entries = slices.Insert(o.entries, at, entry{key, v})
	o.reindex()
}

// Delete removes a property if it is there.
func (o *Object) Delete(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	if i < o.indices {
		o.indices--
	}
	o.entries = slices.Delete(o.entries, i, i+1)
	o.reindex()
}

// All yields the properties in order.
func (o *Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range o.entries {
			if !yield(o.entries[i].key, read(o.entries[i].value)) {
				return
			}
		}
	}
}

// Keys returns the property names in order.
func (o *Object) Keys() []string {
	keys := make([]string, len(o.entries))
	for i := range o.entries {
		keys[i] = o.entries[i].key
	}
	return keys
}

// Clone returns a copy that can be changed; the values are shared.
func (o *Object) Clone() *Object {
	c := &Object{}
	c.copyFrom(o, nil)
	return c
}

// copyFrom makes o a copy of src, in the space given if that is large enough.
func (o *Object) copyFrom(src *Object, space []entry) {
	o.entries = append(space[:0], src.entries...)
	o.indices = src.indices
	o.byKey = nil
	o.reindex()
}

func (o *Object) find(key string) int {
	if o.byKey != nil {
		if i, ok := o.byKey[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.entries {
		if o.entries[i].key == key {
			return i
		}
	}
	return -1
}

func (o *Object) reindex() {
	if len(o.entries) <= linearLimit {
		o.byKey = nil
		return
	}
	o.byKey = make(map[string]int, 2*len(o.entries))
	for i := range o.entries {
		o.byKey[o.entries[i].key] = i
	}
}

// arrayIndex tells whether key is a canonical array index (ECMA-262 6.1.7).
func arrayIndex(key string) (uint64, bool) {
	if key == "" || len(key) > 10 || key[0] < '0' || key[0] > '9' || (key[0] == '0' && len(key) > 1) {
		return 0, false
	}
	n, err := strconv.ParseUint(key, 10, 32)
	return n, err == nil && n < 1<<32-1
}
