package flowfile

import (
	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// tree is the syntax of a file, the same for JSON and YAML.
type tree struct {
	kind  kind
	value flow.Value // of a scalar
	text  string     // of a scalar: as it is written, without quotes
	items []*tree    // of a list
	pairs []pair     // of an object, in file order
	place
	origin  *yaml.Node // where it comes from, if that is YAML
	written *tree      // what stands in the file, if this was made of it
}

type kind uint8

const (
	scalar kind = iota
	list
	object
)

type pair struct {
	key string
	place
	value  *tree
	origin *yaml.Node // of the key, if it comes from YAML
}

type place struct{ line, column int32 }

func (p place) in(file string) Pos { return Pos{file, int(p.line), int(p.column)} }

// maxDepth bounds how deeply a file may nest. Flows in the field stay below 20.
const maxDepth = 200

// find returns the last pair with the key: as in JSON.parse the last one counts.
func (t *tree) find(key string) *pair {
	for i := len(t.pairs) - 1; i >= 0; i-- {
		if t.pairs[i].key == key {
			return &t.pairs[i]
		}
	}
	return nil
}

// get returns a property's value, nil if there is none.
func (t *tree) get(key string) *tree {
	if p := t.find(key); p != nil {
		return p.value
	}
	return nil
}

func (t *tree) isNull() bool {
	_, null := t.value.(flow.Null)
	return t.kind == scalar && null
}

// id returns the text of what names something: 1e5 without quotes is an id too.
func (t *tree) id() (string, bool) {
	switch {
	case t == nil || t.kind != scalar || t.isNull():
		return "", false
	case t.text == "":
		s, ok := t.value.(string)
		return s, ok
	}
	return t.text, true
}

// leaves appends all scalars but null, in order.
func (t *tree) leaves(to []*tree) []*tree {
	if t.isNull() {
		return to
	}
	if t.kind == scalar {
		return append(to, t)
	}
	for _, item := range t.items {
		to = item.leaves(to)
	}
	return to
}

// toValue returns what the tree says.
func (t *tree) toValue() flow.Value {
	switch t.kind {
	case list:
		array := make(flow.Array, len(t.items))
		for i, item := range t.items {
			array[i] = item.toValue()
		}
		return array
	case object:
		o := &flow.Object{}
		for _, p := range t.pairs {
			o.Set(p.key, p.value.toValue())
		}
		return o
	}
	return t.value
}

// treeOf returns a tree without places that says v.
func treeOf(v flow.Value) *tree {
	switch v := v.(type) {
	case flow.Array:
		t := &tree{kind: list, items: make([]*tree, len(v))}
		for i, item := range v {
			t.items[i] = treeOf(item)
		}
		return t
	case *flow.Object:
		t := &tree{kind: object, pairs: make([]pair, 0, v.Len())}
		for k, item := range v.All() {
			if item != nil {
				t.pairs = append(t.pairs, pair{key: k, value: treeOf(item)})
			}
		}
		return t
	case nil:
		return &tree{value: flow.Null{}}
	}
	return &tree{value: v, text: flow.Text(v)}
}
