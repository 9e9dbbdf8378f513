package switchnode

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jscompare"
)

// operator is what a rule does with its operands; arity is how many values
// there are besides the property.
type operator struct {
	arity int
	test  func(operands) (bool, error)
}

// operatorNamed returns the operator with a name from a flow file.
func operatorNamed(name string) (operator, bool) {
	never := func(operands) bool { return false }
	arity, test := 0, never
	switch name {
	case "true":
		test = func(o operands) bool { return o.value == true }
	case "false":
		test = func(o operands) bool { return o.value == false }
	case "null":
		test = func(o operands) bool { return flow.IsNullish(o.value) }
	case "nnull":
		test = func(o operands) bool { return !flow.IsNullish(o.value) }
	case "empty":
		test = func(o operands) bool { n, ok := size(o.value); return ok && n == 0 }
	case "nempty":
		test = func(o operands) bool { n, ok := size(o.value); return ok && n != 0 }
	case "head", "tail", "index":
		return partsOperator(name), true
	default:
		arity = 1
		switch name {
		case "eq":
			test = func(o operands) bool { return jscompare.Equal(o.value, o.v1) }
		case "neq":
			test = func(o operands) bool { return !jscompare.Equal(o.value, o.v1) }
		case "lt":
			test = func(o operands) bool { c, ok := jscompare.Order(o.value, o.v1); return ok && c < 0 }
		case "lte":
			test = func(o operands) bool { c, ok := jscompare.Order(o.value, o.v1); return ok && c <= 0 }
		case "gt":
			test = func(o operands) bool { c, ok := jscompare.Order(o.value, o.v1); return ok && c > 0 }
		case "gte":
			test = func(o operands) bool { c, ok := jscompare.Order(o.value, o.v1); return ok && c >= 0 }
		case "btwn":
			arity, test = 2, between
		case "cont":
			test = func(o operands) bool { return strings.Contains(flow.Text(o.value), flow.Text(o.v1)) }
		case "istype":
			test = func(o operands) bool { return isType(o.value, flow.Text(o.v1)) }
		case "hask":
			test = func(o operands) bool { return hasKey(o.value, o.v1) }
		case "jsonata_exp":
			test = func(o operands) bool { return o.v1 == true }
		case "regex": // the pattern is compiled with the rule, which has a test of its own
		default:
			return operator{}, false
		}
	}
	return operator{arity, func(o operands) (bool, error) { return test(o), nil }}, true
}

// partsOperator returns an operator on the place of a message in its sequence.
// A message that is in no sequence is an error, as in Node-RED.
func partsOperator(name string) operator {
	arity := 1
	if name == "index" {
		arity = 2
	}
	return operator{arity, func(o operands) (bool, error) {
		if o.parts == nil {
			return false, &flow.MissingParentError{Key: "index"}
		}
		index, v1 := flow.Number(o.parts.Get("index")), flow.Number(o.v1)
		switch name {
		case "head":
			return index < v1, nil
		case "tail":
			return flow.Number(o.parts.Get("count"))-v1 <= index, nil
		}
		return v1 <= index && index <= flow.Number(o.v2), nil
	}}
}

func between(o operands) bool {
	low, ok1 := jscompare.Order(o.value, o.v1)
	high, ok2 := jscompare.Order(o.value, o.v2)
	return ok1 && ok2 && ((low >= 0 && high <= 0) || (low <= 0 && high >= 0))
}

// size returns the length of what can be empty.
func size(v flow.Value) (int, bool) {
	switch v := v.(type) {
	case string:
		return len(v), true
	case flow.Array:
		return len(v), true
	case flow.Buffer:
		return len(v), true
	case *flow.Object:
		return v.Len(), true
	case flow.Date:
		return 0, true // an object without keys
	}
	return 0, false
}

// isType tells whether v has a type by the names of the editor.
func isType(v flow.Value, name string) bool {
	switch name {
	case "json":
		_, err := flow.ParseJSON([]byte(flow.Text(v)))
		return err == nil
	case "number":
		f, ok := v.(float64)
		return ok && f == f
	case "array", "buffer":
		return strings.EqualFold(flow.TypeName(v), name)
	case "object":
		return flow.TypeName(v) == "object" || flow.TypeName(v) == "Date"
	}
	return flow.TypeName(v) == name
}

// hasKey is hasOwnProperty of JavaScript.
func hasKey(v, key flow.Value) bool {
	switch key.(type) {
	case flow.Null, *flow.Object, flow.Array, flow.Buffer, flow.Date:
		return false
	}
	name := flow.Text(key)
	if o, ok := v.(*flow.Object); ok {
		_, has := o.Lookup(name)
		return has
	}
	if flow.IsNullish(v) {
		return false
	}
	item, err := flow.Path{{Key: name, IsKey: true}}.Of(v)
	return err == nil && item != nil
}
