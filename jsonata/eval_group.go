package jsonata

import (
	"github.com/flowrun/flowrun/flow"
)

// group makes an object: of one item, or of many by the values of its keys.
type group struct {
	pairs []groupPair
	fixed bool // the keys are different constants
	pos   int
}

type groupPair struct {
	key   node
	name  any // the key, if it is constant
	value node
}

// objectNode is an object constructor.
type objectNode struct{ group *group }

func (n *objectNode) eval(f *frame, in any) (any, error) { return n.group.eval(f, in) }

func (g *group) eval(f *frame, in any) (any, error) {
	items, isList := list(in)
	if !isList && g.fixed {
		return g.construct(f, in)
	}
	if !isList || len(items) == 0 {
		var item any
		if !isList {
			item = in
		}
		items = []any{item}
	}
	var groups entries
	for _, item := range items {
		for i := range g.pairs {
			if err := f.run.tick(); err != nil {
				return nil, err
			}
			key, ok, err := g.key(f, i, item)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			e, err := groups.at(key, i, g.pos)
			if err != nil {
				return nil, err
			}
			e.add(item)
		}
	}
	if err := f.growOrNil(len(items)); err != nil {
		return nil, err
	}
	out := &flow.Object{}
	for _, e := range groups.list {
		v, err := g.pairs[e.pair].value.eval(f, e.context())
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Set(e.key, plain(v))
		}
	}
	return out, nil
}

// construct makes an object with fixed keys. The pairs are collected in the
// arguments' stack, so that the object is made in its final size.
func (g *group) construct(f *frame, in any) (any, error) {
	r := f.run
	if err := r.tick(); err != nil {
		return nil, err
	}
	base := len(r.args)
	for i := range g.pairs {
		v, err := g.pairs[i].value.eval(f, in)
		if err != nil {
			r.args = r.args[:base]
			return nil, err
		}
		if v != nil {
			r.args = append(r.args, g.pairs[i].name, plain(v))
		}
	}
	out := flow.NewObject(r.args[base:]...)
	clear(r.args[base:])
	r.args = r.args[:base]
	if err := r.grow(64 + out.Len()*2*itemSize); err != nil {
		return nil, err
	}
	return out, nil
}

// key evaluates a key; ok tells whether it is defined.
func (g *group) key(f *frame, i int, item any) (string, bool, error) {
	v, err := g.pairs[i].key.eval(f, item)
	if err != nil {
		return "", false, err
	}
	switch v := v.(type) {
	case nil:
		return "", false, nil
	case string:
		if v == "_jsonata_lambda" || v == "_jsonata_function" {
			return "", false, newError("D1013", v).at(g.pos, "")
		}
		return v, true, nil
	}
	return "", false, newError("T1003", v).at(g.pos, "")
}

// entries are the groups found so far, in the order in which they were found.
type entries struct {
	list  []*entry
	index map[string]*entry // once there are some
}

type entry struct {
	key   string
	pair  int
	first any
	items []any // once there are two
	rows  []tuple
}

const indexedGroups = 8

// at returns the group of a key; a key may come from one pair only.
func (e *entries) at(key string, pair, pos int) (*entry, error) {
	var found *entry
	if e.index != nil {
		found = e.index[key]
	} else {
		for _, g := range e.list {
			if g.key == key {
				found = g
				break
			}
		}
	}
	if found != nil {
		if found.pair != pair {
			return nil, newError("D1009", key).at(pos, "")
		}
		return found, nil
	}
	found = &entry{key: key, pair: pair}
	e.list = append(e.list, found)
	switch {
	case e.index != nil:
		e.index[key] = found
	case len(e.list) > indexedGroups:
		e.index = map[string]*entry{}
		for _, g := range e.list {
			e.index[g.key] = g
		}
	}
	return found, nil
}

func (e *entry) add(item any) {
	switch {
	case item == nil:
	case e.first == nil:
		e.first = item
	case e.items == nil:
		e.items = appendTo(appendTo(nil, e.first), item)
	default:
		e.items = appendTo(e.items, item)
	}
}

// appendTo appends v, or its items if it is an array.
func appendTo(items []any, v any) []any {
	if more, ok := list(v); ok {
		return append(items, more...)
	}
	return append(items, v)
}

// context is what the value of a group is evaluated for.
func (e *entry) context() any {
	if e.items != nil {
		return &array{items: e.items, nested: true}
	}
	return e.first
}

// evalTuples groups tuples; the variables of a group hold the values of all its
// tuples.
func (g *group) evalTuples(f *frame, s *scope, rows []tuple) (any, error) {
	var groups entries
	for _, row := range rows {
		fr := tupleFrame(f, s, row)
		for i := range g.pairs {
			if err := f.run.tick(); err != nil {
				return nil, err
			}
			key, ok, err := g.key(fr, i, row.value)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			e, err := groups.at(key, i, g.pos)
			if err != nil {
				return nil, err
			}
			e.rows = append(e.rows, row)
		}
	}
	out := &flow.Object{}
	for _, e := range groups.list {
		row := joinTuples(e.rows)
		v, err := g.pairs[e.pair].value.eval(tupleFrame(f, s, row), row.value)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Set(e.key, plain(v))
		}
	}
	return out, nil
}

func joinTuples(rows []tuple) tuple {
	if len(rows) == 1 {
		return rows[0]
	}
	var value entry
	slots := make([]entry, len(rows[0].slots))
	for _, row := range rows {
		value.add(row.value)
		for i, v := range row.slots {
			if v != unbound {
				slots[i].add(v)
			}
		}
	}
	out := tuple{value.context(), make([]any, len(slots))}
	for i := range slots {
		out.slots[i] = slots[i].context()
		if out.slots[i] == nil {
			out.slots[i] = unbound
		}
	}
	return out
}
