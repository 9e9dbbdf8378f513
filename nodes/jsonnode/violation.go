package jsonnode

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/flowrun/flowrun/flow"
)

// violation is one way in which a value does not fit its schema, with the
// properties and texts of ajv, the validator that Node-RED uses.
type violation struct {
	instancePath string // JSON pointer
	schemaPath   string
	keyword      string
	params       *flow.Object
	message      string
}

func (v violation) object() *flow.Object {
	params := v.params
	if params == nil {
		params = &flow.Object{}
	}
	return flow.NewObject("instancePath", v.instancePath, "schemaPath", v.schemaPath,
		"keyword", v.keyword, "params", params, "message", v.message)
}

// reporter makes a flat list of a tree of validation errors.
type reporter struct {
	schema     *schema
	value      flow.Value
	violations []violation
}

// report adds the violations below e, then e itself.
func (r *reporter) report(e *jsonschema.ValidationError) {
	slices.SortStableFunc(e.Causes, func(a, b *jsonschema.ValidationError) int {
		return slices.Compare(r.order(a), r.order(b))
	})
	for _, cause := range e.Causes {
		r.report(cause)
	}
	add := func(keyword, message string, params ...flow.Value) {
		r.add(e, keyword, message, flow.NewObject(params...))
	}
	limit := func(keyword, format string, n int) {
		add(keyword, fmt.Sprintf(format, n), "limit", float64(n))
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		want := r.keyword(e, "type")
		add("type", "must be "+flow.Text(want), "type", want)
	case *kind.Required:
		for _, name := range k.Missing {
			add("required", "must have required property '"+name+"'", "missingProperty", name)
		}
	case *kind.AdditionalProperties:
		for _, name := range r.inOrder(e.InstanceLocation, k.Properties) {
			add("additionalProperties", "must NOT have additional properties", "additionalProperty", name)
		}
	case *kind.Dependency:
		for _, name := range k.Missing {
			properties := "property"
			if len(k.Missing) > 1 {
				properties = "properties"
			}
			add("dependencies", fmt.Sprintf("must have %s %s when property %s is present", properties, strings.Join(k.Missing, ", "), k.Prop),
				"property", k.Prop, "missingProperty", name, "depsCount", float64(len(k.Missing)), "deps", strings.Join(k.Missing, ", "))
		}
	case *kind.PropertyNames:
		add("propertyNames", "property name must be valid", "propertyName", k.Property)
	case *kind.Enum:
		add("enum", "must be equal to one of the allowed values", "allowedValues", r.keyword(e, "enum"))
	case *kind.Const:
		add("const", "must be equal to constant", "allowedValue", r.keyword(e, "const"))
	case *kind.MinLength:
		limit("minLength", "must NOT have fewer than %d characters", k.Want)
	case *kind.MaxLength:
		limit("maxLength", "must NOT have more than %d characters", k.Want)
	case *kind.MinItems:
		limit("minItems", "must NOT have fewer than %d items", k.Want)
	case *kind.MaxItems:
		limit("maxItems", "must NOT have more than %d items", k.Want)
	case *kind.MinProperties:
		limit("minProperties", "must NOT have fewer than %d properties", k.Want)
	case *kind.MaxProperties:
		limit("maxProperties", "must NOT have more than %d properties", k.Want)
	case *kind.AdditionalItems:
		items, _ := r.keyword(e, "items").(flow.Array)
		limit("additionalItems", "must NOT have more than %d items", len(items))
	case *kind.UniqueItems:
		i, j := max(k.Duplicates[0], k.Duplicates[1]), min(k.Duplicates[0], k.Duplicates[1])
		add("uniqueItems", fmt.Sprintf("must NOT have duplicate items (items ## %d and %d are identical)", j, i), "i", float64(i), "j", float64(j))
	case *kind.Minimum:
		f, text := ratText(k.Want)
		add("minimum", "must be >= "+text, "comparison", ">=", "limit", f)
	case *kind.Maximum:
		f, text := ratText(k.Want)
		add("maximum", "must be <= "+text, "comparison", "<=", "limit", f)
	case *kind.ExclusiveMinimum:
		f, text := ratText(k.Want)
		add("exclusiveMinimum", "must be > "+text, "comparison", ">", "limit", f)
	case *kind.ExclusiveMaximum:
		f, text := ratText(k.Want)
		add("exclusiveMaximum", "must be < "+text, "comparison", "<", "limit", f)
	case *kind.MultipleOf:
		f, text := ratText(k.Want)
		add("multipleOf", "must be multiple of "+text, "multipleOf", f)
	case *kind.Pattern:
		add("pattern", `must match pattern "`+k.Want+`"`, "pattern", k.Want)
	case *kind.Contains:
		add("contains", "must contain at least 1 valid item(s)", "minContains", 1.0)
	case *kind.Not:
		add("not", "must NOT be valid")
	case *kind.AnyOf:
		add("anyOf", "must match a schema in anyOf")
	case *kind.OneOf:
		var passing flow.Value = flow.Null{}
		if len(k.Subschemas) > 1 {
			passing = flow.Array{float64(k.Subschemas[0]), float64(k.Subschemas[1])}
		}
		add("oneOf", "must match exactly one schema in oneOf", "passingSchemas", passing)
	case *kind.FalseSchema:
		add("false schema", "boolean schema is false")
	}
}

func (r *reporter) add(e *jsonschema.ValidationError, keyword, message string, params *flow.Object) {
	_, fragment, _ := strings.Cut(e.SchemaURL, "#")
	v := violation{
		// The error of propertyNames stands where the schema of the names does.
		schemaPath: "#" + strings.Replace(fragment+"/"+keyword, "/propertyNames/propertyNames", "/propertyNames", 1),
		keyword:    keyword, params: params, message: message,
	}
	for _, key := range e.InstanceLocation {
		v.instancePath += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	r.violations = append(r.violations, v)
}

// keywordOrder is the order in which ajv looks at keywords.
var keywordOrder = []string{
	"type", "const", "enum", "not", "anyOf", "oneOf", "allOf", "if", "then", "else",
	"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf",
	"maxLength", "minLength", "pattern",
	"maxItems", "minItems", "additionalItems", "items", "uniqueItems", "contains",
	"maxProperties", "minProperties", "required", "propertyNames", "additionalProperties",
	"dependencies", "properties", "patternProperties",
}

// order returns the position of what e is about: keywords in ajv's order,
// properties in the schema's, items in the value's.
func (r *reporter) order(e *jsonschema.ValidationError) []int {
	var order []int
	_, fragment, _ := strings.Cut(e.SchemaURL, "#")
	steps := append(pointer(fragment), e.ErrorKind.KeywordPath()...)
	if _, isNot := e.ErrorKind.(*kind.Not); isNot {
		steps = append(steps, "not")
	}
	at, instance := r.schema.source, e.InstanceLocation
	value := r.value
	enter := func() { // go to the next part of the value
		if len(instance) == 0 {
			return
		}
		step := instance[0]
		if o, ok := value.(*flow.Object); ok {
			order = append(order, slices.Index(o.Keys(), step))
		} else {
			order = append(order, int(flow.Number(step)))
		}
		value, instance = walk(value, instance[:1]), instance[1:]
	}
	names := "" // the keyword whose value, a map of schemas by name, at is
	for _, step := range steps {
		switch parent := at.(type) {
		case *flow.Object:
			at = parent.Get(step)
			if names != "" {
				order = append(order, slices.Index(parent.Keys(), step))
				if names == "properties" || names == "patternProperties" {
					enter()
				}
				names = ""
				continue
			}
			order = append(order, slices.Index(keywordOrder, step))
			switch step {
			case "properties", "patternProperties", "dependencies", "definitions", "$defs":
				names = step
			case "items", "additionalItems", "additionalProperties":
				enter()
			}
		case flow.Array:
			i := int(flow.Number(step))
			if i < 0 || i >= len(parent) {
				return order
			}
			order = append(order, i)
			at = parent[i]
		}
	}
	return order
}

// pointer splits the fragment of a URL that is a JSON pointer.
func pointer(fragment string) []string {
	if text, err := url.PathUnescape(fragment); err == nil {
		fragment = text
	}
	steps := strings.Split(strings.TrimPrefix(fragment, "/"), "/")
	if steps[0] == "" {
		return nil
	}
	for i := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(steps[i])
	}
	return steps
}

// keyword returns a keyword's value in the schema that e is about.
func (r *reporter) keyword(e *jsonschema.ValidationError, name string) flow.Value {
	_, fragment, _ := strings.Cut(e.SchemaURL, "#")
	return walk(r.schema.source, append(pointer(fragment), name))
}

// inOrder sorts property names as they stand in the value.
func (r *reporter) inOrder(location, names []string) []string {
	if o, ok := walk(r.value, location).(*flow.Object); ok {
		keys := o.Keys()
		slices.SortFunc(names, func(a, b string) int { return slices.Index(keys, a) - slices.Index(keys, b) })
	}
	return names
}

func walk(v flow.Value, steps []string) flow.Value {
	for _, step := range steps {
		switch parent := v.(type) {
		case *flow.Object:
			v = parent.Get(step)
		case flow.Array:
			i := int(flow.Number(step))
			if i < 0 || i >= len(parent) {
				return nil
			}
			v = parent[i]
		default:
			return nil
		}
	}
	return v
}
