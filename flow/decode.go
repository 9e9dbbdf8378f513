package flow

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// ConfigError says that a property of a node has a value of the wrong kind.
type ConfigError struct {
	Property string // as in rules[2].v
	Reason   string
	Hint     string // what follows from it, and what to do about it; may be empty
	// Idle says that the node can only do nothing, as one whose config node is missing
	// in an export of a part of the flows. That is no reason not to run the others.
	Idle bool
}

func (e *ConfigError) Error() string { return e.Property + ": " + e.Reason }

// ConfigAs returns the config node of a type that a property names by its id, as
// what the node that has the property needs of it. If there is none the error is a
// *ConfigError. The key is that of Node-RED's catalogs for it, see [Env.Text]; may
// be empty.
func ConfigAs[T any](e Env, key, property, typ, id string) (config T, err error) {
	var node Node
	if e.Config != nil {
		node = e.Config(id)
	}
	if found, ok := node.(T); ok {
		return found, nil
	}
	text, remedy := fmt.Sprintf("there is no %s node with the id %q", typ, id), "import or enable that node too"
	switch {
	case id == "":
		text = fmt.Sprintf("it names no %s node", typ)
	case node != nil: // of another type, or idle itself
		text, remedy = fmt.Sprintf("the node %q is no %s node that works", id, typ), "mend it"
	}
	if key != "" {
		text = e.Text(key, "%s", text)
	}
	return config, &ConfigError{Property: property, Reason: text, Hint: "without it the node does nothing; " + remedy + ", or choose another", Idle: true}
}

// ConfigPath is [ParseMessagePath] for an expression that is the value of a
// property of a node; the error is a *ConfigError.
func ConfigPath(property, expr string) (Path, error) {
	path, err := ParseMessagePath(expr)
	if err != nil {
		return nil, &ConfigError{Property: property, Reason: err.Error()}
	}
	return path, nil
}

// Decode puts properties into the struct that into points to, by the fields'
// json tags, with the looseness of what the Node-RED editor writes: a number
// may be text, a boolean "true" or "false", text a number; empty text, null and
// undefined leave the default of anything but text. Properties without a field
// are ignored. A field of type Value takes the value as it is. The fields of an
// embedded struct count as the struct's own. The error is a *ConfigError.
func Decode(props *Object, into any) error {
	return decodeStruct(props, reflect.ValueOf(into).Elem(), "")
}

func decodeStruct(props *Object, into reflect.Value, path string) error {
	t := into.Type()
	for i := range t.NumField() {
		if t.Field(i).Anonymous {
			if err := decodeStruct(props, into.Field(i), path); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		v, ok := props.Lookup(name)
		if !ok {
			continue
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		if err := decodeInto(v, into.Field(i), at); err != nil {
			return err
		}
	}
	return nil
}

var valueType = reflect.TypeFor[Value]()

func decodeInto(v Value, into reflect.Value, path string) error {
	if into.Type() == valueType {
		if v != nil {
			into.Set(reflect.ValueOf(v))
		}
		return nil
	}
	switch v.(type) {
	case nil, Null:
		return nil
	}
	mismatch := func(want string) error {
		return &ConfigError{Property: path, Reason: fmt.Sprintf("expected %s, got %s", want, shorten(JSON(v)))}
	}
	switch into.Kind() {
	case reflect.String:
		switch v := v.(type) {
		case string, float64, bool:
			into.SetString(Text(v))
			return nil
		}
		return mismatch("text")
	case reflect.Bool:
		switch v := v.(type) {
		case bool:
			into.SetBool(v)
			return nil
		case float64:
			into.SetBool(v != 0)
			return nil
		case string:
			switch strings.ToLower(v) {
			case "":
			case "true", "1":
				into.SetBool(true)
			case "false", "0":
				into.SetBool(false)
			default:
				return mismatch("true or false")
			}
			return nil
		}
		return mismatch("true or false")
	case reflect.Int, reflect.Int64, reflect.Float64:
		if s, ok := v.(string); ok && TrimSpace(s) == "" {
			return nil
		}
		n := Number(v)
		if math.IsNaN(n) {
			return mismatch("a number")
		}
		if into.Kind() == reflect.Float64 {
			into.SetFloat(n)
		} else if n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return mismatch("a whole number")
		} else {
			into.SetInt(int64(n))
		}
		return nil
	case reflect.Slice:
		list, ok := v.(Array)
		if s, isText := v.(string); isText && s == "" {
			return nil
		}
		if !ok {
			return mismatch("a list")
		}
		out := reflect.MakeSlice(into.Type(), len(list), len(list))
		for i, item := range list {
			if err := decodeInto(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		into.Set(out)
		return nil
	case reflect.Struct:
		o, ok := v.(*Object)
		if !ok {
			return mismatch("an object")
		}
		return decodeStruct(o, into, path)
	case reflect.Pointer:
		if o, ok := v.(*Object); ok && into.Type() == reflect.TypeFor[*Object]() {
			into.Set(reflect.ValueOf(o))
			return nil
		}
		if s, isText := v.(string); isText && s == "" {
			return nil
		}
		return mismatch("an object")
	}
	return fmt.Errorf("%s: a field of type %s cannot be decoded", path, into.Type())
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:37] + "..."
	}
	return s
}

// valueOf turns a default back into a value, to print it.
func valueOf(v reflect.Value) Value {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int64:
		return float64(v.Int())
	case reflect.Float64:
		return v.Float()
	case reflect.Slice:
		list := Array{}
		for i := range v.Len() {
			list = append(list, valueOf(v.Index(i)))
		}
		return list
	case reflect.Struct:
		o := &Object{}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" && !v.Field(i).IsZero() {
				o.Set(name, valueOf(v.Field(i)))
			}
		}
		return o
	case reflect.Interface:
		if v.IsNil() {
			return Null{}
		}
		return v.Interface()
	}
	return Null{}
}
