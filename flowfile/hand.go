package flowfile

import (
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// This file has what the hand form writes shorter than Node-RED does: wires and
// environment tables, in both directions.

// expandWires makes lists of lists of short wires: send, [a, b], [[a, c], b].
func expandWires(t *tree) *tree {
	switch {
	case t.kind == scalar && !t.isNull():
		return listOf(t, listOf(t, t))
	case t.kind == list:
		wires := listOf(t)
		for _, port := range t.items {
			if port.kind == scalar && !port.isNull() {
				port = listOf(port, port)
			}
			wires.items = append(wires.items, port)
		}
		return wires
	}
	return t
}

func listOf(at *tree, items ...*tree) *tree {
	return &tree{kind: list, place: at.place, items: items}
}

// shortWires is the reverse of expandWires.
func shortWires(v flow.Value) flow.Value {
	ports, ok := v.(flow.Array)
	if !ok {
		return v
	}
	short := slices.Clone(ports)
	for i, port := range ports {
		if targets, ok := port.(flow.Array); ok && len(targets) == 1 {
			short[i] = targets[0]
		}
	}
	if len(short) == 1 {
		if id, ok := short[0].(string); ok {
			return id
		}
	}
	return short
}

// wiresOf returns the ids by output port, and whether v is a list of lists of
// ids. Nothing (undefined, null) is no wires.
func wiresOf(v flow.Value) ([][]string, bool) {
	switch v.(type) {
	case nil, flow.Null:
		return nil, true
	}
	ports, ok := v.(flow.Array)
	if !ok {
		return nil, false
	}
	wires := make([][]string, len(ports))
	for i, port := range ports {
		targets, isList := port.(flow.Array)
		_, isNull := port.(flow.Null)
		ok = ok && (isList || isNull)
		for _, target := range targets {
			if id, isText := target.(string); isText {
				wires[i] = append(wires[i], id)
			} else {
				ok = false
			}
		}
	}
	return wires, ok
}

// asText makes text of the numbers and booleans in t.
func asText(t *tree) *tree {
	switch t.kind {
	case scalar:
		switch t.value.(type) {
		case float64, bool:
			return &tree{value: t.text, text: t.text, place: t.place, origin: t.origin}
		}
	case list:
		if items := mapItems(t.items, asText); items != nil {
			return listOf(t, items...)
		}
	}
	return t
}

// mapItems returns what f makes of the items, nil if it leaves all as they are.
func mapItems(items []*tree, f func(*tree) *tree) []*tree {
	var changed []*tree
	for i, item := range items {
		if is := f(item); is != item {
			if changed == nil {
				changed = slices.Clone(items)
			}
			changed[i] = is
		}
	}
	return changed
}

// hasEnv tells whether objects of the type have an environment table.
func hasEnv(typ string) bool {
	switch typ {
	case typeTab, typeSubflow, typeGroup, typeGlobals:
		return true
	}
	return strings.HasPrefix(typ, instanceType)
}

// expandEnv makes Node-RED's list of {name, value, type} of a map NAME: value.
// A value that is an object of value and type is taken as these two.
func expandEnv(t *tree) *tree {
	if t.kind != object {
		return t
	}
	table := listOf(t)
	for _, p := range t.pairs {
		entry := &tree{kind: object, place: p.place}
		set := func(key string, value *tree) {
			entry.pairs = append(entry.pairs, pair{key: key, place: p.place, value: value})
		}
		value, typ := envValue(p.value)
		set("name", &tree{value: p.key, text: p.key, place: p.place})
		set("value", value)
		set("type", typ)
		table.items = append(table.items, entry)
	}
	return table
}

func envValue(t *tree) (value, typ *tree) {
	text := func(s string) *tree { return &tree{value: s, text: s, place: t.place} }
	if t.kind == object && len(t.pairs) == 2 && t.get("value") != nil && t.get("type") != nil {
		return t.get("value"), t.get("type")
	}
	v := t.toValue()
	switch v := v.(type) {
	case flow.Null:
		return text(""), text("str")
	case string:
		return text(v), text("str")
	case float64:
		return text(flow.Text(v)), text("num")
	case bool:
		return text(flow.Text(v)), text("bool")
	}
	return text(flow.JSON(v)), text("json")
}

// shortEnv is the reverse of expandEnv. It returns nil if the table has what a
// map cannot say.
func shortEnv(table flow.Value) *tree {
	entries, ok := table.(flow.Array)
	if !ok {
		return nil
	}
	short := &tree{kind: object}
	for _, e := range entries {
		entry, ok := e.(*flow.Object)
		if !ok {
			return nil
		}
		name, _ := entry.Get("name").(string)
		value := treeOf(entry.Get("value"))
		if plain := plainEnv(entry.Get("type"), entry.Get("value")); plain != nil {
			value = treeOf(plain)
		} else {
			value = &tree{kind: object, pairs: []pair{
				{key: "type", value: treeOf(entry.Get("type"))}, {key: "value", value: value},
			}}
		}
		short.pairs = append(short.pairs, pair{key: name, value: value})
	}
	if !flow.Equal(expandEnv(short).toValue(), table) {
		return nil
	}
	return short
}

// plainEnv returns an entry's value as YAML would say it, nil if it cannot.
func plainEnv(typ, value flow.Value) flow.Value {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	var v flow.Value
	switch typ {
	case "str":
		return text
	case "num":
		v = flow.Number(text)
	case "bool":
		v = text == "true"
	case "json":
		v, _ = flow.ParseJSON([]byte(text))
		switch v.(type) {
		case flow.Array, *flow.Object:
		default:
			return nil
		}
	}
	if v == nil || flow.JSON(v) != text {
		return nil
	}
	return v
}
