package jsonnode

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// schema is a compiled JSON schema.
type schema struct {
	text     string     // as JSON
	source   flow.Value // keeps the order of keys, which is the order of violations
	compiled *jsonschema.Schema
}

const schemaURL = "flowrun:///schema"

// compileSchema compiles a schema of draft 6 or 7. It loads nothing from
// elsewhere.
func compileSchema(source flow.Value, text string) (*schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		return jsregexp.Compile(pattern, "u")
	})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, err
	}
	return &schema{text: text, source: source, compiled: compiled}, nil
}

// noLoader refuses references to other documents.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not part of the schema", url)
}

// validate returns what of the value does not fit the schema.
func (s *schema) validate(v flow.Value) []violation {
	err := s.compiled.Validate(plain(v))
	if err == nil {
		return nil
	}
	failed, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // Validate returns it as it is
	if !ok {
		return []violation{{message: err.Error()}}
	}
	r := reporter{schema: s, value: v}
	r.report(failed)
	return r.violations
}

// plain turns a value into the types that package jsonschema knows. Dates and
// Buffers are what they are in JSON.
func plain(v flow.Value) any {
	switch v := v.(type) {
	case bool, float64, string:
		return v
	case flow.Array:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case *flow.Object:
		m := make(map[string]any, v.Len())
		for key, item := range v.All() {
			if item != nil {
				m[key] = plain(item)
			}
		}
		return m
	case nil, flow.Null:
		return nil
	}
	text := flow.JSON(v)
	parsed, err := flow.ParseJSON([]byte(text))
	if err != nil {
		return text
	}
	return plain(parsed)
}

func ratText(r *big.Rat) (float64, string) {
	f, _ := r.Float64()
	return f, string(flow.AppendNumber(nil, f))
}
