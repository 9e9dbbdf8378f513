package yamljs

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Format writes a value as js-yaml's dump does: two spaces a level, lines folded
// at 80 columns. Undefined is no text at all; undefined properties are left out.
// A value that YAML cannot say (an opaque one, an invalid date, or one nested too
// deeply) is an error.
func Format(v flow.Value) (string, error) {
	if v == nil {
		return "", nil
	}
	d := dumper{}
	if err := d.node(v, 0, true); err != nil {
		return "", err
	}
	return d.out.String() + "\n", nil
}

// maxDumpDepth bounds the recursion; Node.js overflows its stack at some
// thousands too.
const maxDumpDepth = 5000

type dumper struct{ out strings.Builder }

func (d *dumper) newLine(level int) {
	d.out.WriteByte('\n')
	for range level {
		d.out.WriteString("  ")
	}
}

// node writes a value. The first entry of a collection goes on a line of its own
// unless compact is set.
func (d *dumper) node(v flow.Value, level int, compact bool) error {
	if level > maxDumpDepth {
		return fmt.Errorf("nested more than %d levels deep", maxDumpDepth)
	}
	switch v := v.(type) {
	case flow.Array:
		if len(v) > 0 {
			return d.sequence(v, level, compact)
		}
		d.out.WriteString("[]")
	case *flow.Object:
		if !isEmpty(v) {
			return d.mapping(v, level, compact)
		}
		d.out.WriteString("{}")
	default:
		text, err := scalarText(v, level)
		if err != nil {
			return err
		}
		d.out.WriteString(text)
	}
	return nil
}

// isEmpty tells whether the object has no property that is defined.
func isEmpty(o *flow.Object) bool {
	for _, v := range o.All() {
		if v != nil {
			return false
		}
	}
	return true
}

// startsOnNewLine tells whether node begins with a line break when compact is
// not set.
func startsOnNewLine(v flow.Value) bool {
	switch v := v.(type) {
	case flow.Array:
		return len(v) > 0
	case *flow.Object:
		return !isEmpty(v)
	}
	return false
}

func (d *dumper) sequence(list flow.Array, level int, compact bool) error {
	for i, item := range list {
		if i > 0 || !compact {
			d.newLine(level)
		}
		if item == nil {
			item = flow.Null{}
		}
		d.out.WriteString("- ")
		if err := d.node(item, level+1, true); err != nil {
			return err
		}
	}
	return nil
}

// maxImplicitKey is how long a key may be without a question mark before it.
const maxImplicitKey = 1024

func (d *dumper) mapping(o *flow.Object, level int, compact bool) error {
	first := true
	for key, v := range o.All() {
		if v == nil {
			continue
		}
		if !first || !compact {
			d.newLine(level)
		}
		first = false
		text := formatText(key, level+1, true)
		explicit := flow.UTF16Len(text) > maxImplicitKey
		if explicit {
			d.out.WriteString("? ")
		}
		d.out.WriteString(text)
		if explicit {
			d.newLine(level)
		}
		d.out.WriteByte(':')
		if explicit || !startsOnNewLine(v) {
			d.out.WriteByte(' ')
		}
		if err := d.node(v, level+1, explicit); err != nil {
			return err
		}
	}
	return nil
}

var exponentWithoutPoint = regexp.MustCompile(`^(-?[0-9]+)e`)

func scalarText(v flow.Value, level int) (string, error) {
	switch v := v.(type) {
	case nil, flow.Null:
		return "null", nil
	case bool:
		return flow.Text(v), nil
	case float64:
		return numberText(v), nil
	case string:
		return formatText(v, level, false), nil
	case flow.Date:
		if math.IsNaN(float64(v)) {
			return "", fmt.Errorf("an invalid date cannot be written as YAML")
		}
		return v.String(), nil
	case flow.Buffer:
		return "!!binary " + formatText(base64.StdEncoding.EncodeToString(v), level, false), nil
	}
	return "", fmt.Errorf("a value of type %T cannot be written as YAML", v)
}

func numberText(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	case f == 0 && math.Signbit(f):
		return "-0.0"
	case f == math.Trunc(f):
		return flow.Text(f)
	}
	return exponentWithoutPoint.ReplaceAllString(flow.Text(f), "$1.e")
}
