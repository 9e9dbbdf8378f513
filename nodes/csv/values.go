package csv

import (
	"strconv"
	"unicode/utf16"

	"github.com/flowrun/flowrun/flow"
)

// rowsOf returns the rows of a payload, and whether they are lists of values.
func rowsOf(payload flow.Value) (rows flow.Array, areLists bool) {
	list, ok := payload.(flow.Array)
	if !ok {
		return flow.Array{payload}, false
	}
	if len(list) == 0 {
		return list, false
	}
	switch list[0].(type) {
	case flow.Array:
		return list, true
	case nil, bool, float64, string:
		return flow.Array{list}, true
	}
	return list, false
}

// properties returns a value's own properties: those of a list are its items by
// their indices. Null and undefined are a TypeError, as in JavaScript.
func properties(v flow.Value) (*flow.Object, error) {
	o := &flow.Object{}
	switch v := v.(type) {
	case *flow.Object:
		return v, nil
	case flow.Array:
		for i, item := range v {
			o.Set(strconv.Itoa(i), item)
		}
	case flow.Buffer:
		for i, b := range v {
			o.Set(strconv.Itoa(i), float64(b))
		}
	case string:
		for i, unit := range utf16.Encode([]rune(v)) {
			o.Set(strconv.Itoa(i), string(utf16.Decode([]uint16{unit})))
		}
	case nil, flow.Null:
		return nil, &flow.Error{Name: "TypeError", Message: "Cannot convert undefined or null to object"}
	}
	return o, nil
}

func isScalar(v flow.Value) bool {
	switch v.(type) {
	case nil, bool, float64, string:
		return true
	}
	return false
}

// cellText returns a value as text: undefined is empty, what has properties is
// JSON (Node-RED's ensureString).
func cellText(v flow.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string, bool, float64, flow.Buffer:
		return flow.Text(v)
	}
	return flow.JSON(v)
}

// columnsOf returns the column names that come with a message.
func columnsOf(msg *flow.Message) string {
	if v := msg.Get("columns"); flow.Truthy(v) {
		return flow.Text(v)
	}
	return ""
}

// warnAboutColumns says once that objects are written without column names.
func (n *Node) warnAboutColumns(warned *bool) {
	if !*warned {
		*warned = true
		n.env.Warn(n.env.Text("csv.errors.obj_csv", "No columns template specified for object -> CSV."))
	}
}
