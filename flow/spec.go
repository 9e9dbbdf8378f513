package flow

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Spec describes a node type to [Define].
type Spec[Config any] struct {
	Name     string // as it stands in flow files
	Category string // common, function, network, …
	Summary  string // one sentence
	Inputs   int    // 0 or 1
	Outputs  int    // how many by default

	// KeepsNothing says that nodes of this type neither keep a message nor send
	// it on: when Handle has returned, and done has been called after a Hold,
	// they have no use for it.
	KeepsNothing bool

	// Documentation, by port and by input property.
	OutputDocs []string
	InputDocs  []Doc
	Errors     []Doc // error codes and what they mean
	Notes      string
	// Differences say what a flow made for the original notices, a sentence
	// each: for a node of Node-RED, or of node-red-contrib-tcpip.
	Differences []string
	// StatusKeys has for texts of the type's badges what status nodes get in their
	// place: there Node-RED shows keys of its message catalogs, and flows compare
	// with them.
	StatusKeys map[string]string

	// Default returns the configuration of a node without any properties. It is
	// a function so that no two nodes share what it makes.
	Default func() Config
	// New makes an instance. It has no side effects: a deploy may still be
	// refused.
	New func(Config, Env) (Node, error)
}

// Doc documents one name.
type Doc struct{ Name, Text string }

// Field documents one configuration property.
type Field struct {
	Name    string
	Kind    string // text, number, boolean, list, object or value
	Default string // as JSON
	Doc     string
}

// Type is a node type, made by [Define].
type Type struct {
	Name, Category, Summary, Notes string
	Inputs, Outputs                int
	KeepsNothing                   bool
	OutputDocs                     []string
	InputDocs, Errors              []Doc
	Differences                    []string
	StatusKeys                     map[string]string
	Fields                         []Field

	// New makes an instance from a node's properties as they stand in a flow
	// file (variables replaced). A property of the wrong kind is a *ConfigError.
	New func(props *Object, env Env) (Node, error)
}

// Define makes a node type of a spec. Config is a struct; each field with a
// json tag is a property, and its doc tag documents it; what several types have
// in common is an embedded struct. Properties are decoded over the defaults as
// [Decode] says.
func Define[Config any](s Spec[Config]) Type {
	def := func() Config {
		var c Config
		if s.Default != nil {
			c = s.Default()
		}
		return c
	}
	return Type{
		Name: s.Name, Category: s.Category, Summary: s.Summary, Notes: s.Notes,
		Inputs: s.Inputs, Outputs: s.Outputs, KeepsNothing: s.KeepsNothing,
		OutputDocs: s.OutputDocs, InputDocs: s.InputDocs, Errors: s.Errors,
		Differences: s.Differences, StatusKeys: s.StatusKeys,
		Fields: fieldsOf(reflect.ValueOf(def())),
		New: func(props *Object, env Env) (Node, error) {
			c := def()
			if err := Decode(props, &c); err != nil {
				return nil, err
			}
			return s.New(c, env)
		},
	}
}

func fieldsOf(def reflect.Value) []Field {
	var fields []Field
	for i := range def.NumField() {
		f := def.Type().Field(i)
		if f.Anonymous {
			fields = append(fields, fieldsOf(def.Field(i))...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		fields = append(fields, Field{
			Name: name, Kind: kindName(f.Type), Doc: f.Tag.Get("doc"),
			Default: JSON(valueOf(def.Field(i))),
		})
	}
	return fields
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list"
	case reflect.Struct, reflect.Pointer, reflect.Map:
		return "object"
	}
	return "value"
}

// Registry is the set of node types a runtime knows.
type Registry struct{ types map[string]Type }

// NewRegistry returns a registry of the types. Two of the same name are an
// error.
func NewRegistry(types ...Type) (*Registry, error) {
	r := &Registry{types: make(map[string]Type, len(types))}
	for _, t := range types {
		if _, twice := r.types[t.Name]; twice {
			return nil, fmt.Errorf("node type %q is registered twice", t.Name)
		}
		r.types[t.Name] = t
	}
	return r, nil
}

// Lookup returns a type by its name.
func (r *Registry) Lookup(name string) (Type, bool) {
	t, ok := r.types[name]
	return t, ok
}

// Types returns all types, sorted by name.
func (r *Registry) Types() []Type {
	list := make([]Type, 0, len(r.types))
	for _, t := range r.types {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Type) int { return strings.Compare(a.Name, b.Name) })
	return list
}
