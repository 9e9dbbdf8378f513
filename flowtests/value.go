package flowtests

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// Values of a test file are those of YAML, and objects with one key that begins
// with a dollar sign: bytes ({$hex: 00ff} and {$bytes: text}), and what takes
// more than one value ({$pattern: …}, {$text: …}, {$exists: …}, {$type: …}).

// matcher takes values of more than one kind.
type matcher struct {
	said  string // as it stands in the file
	takes func(got flow.Value, there bool) bool
}

// operators makes values of the objects that begin with a dollar sign.
var operators = map[string]func(arg flow.Value) (flow.Value, error){
	"$hex": func(arg flow.Value) (flow.Value, error) {
		b, err := parseHex(flow.Text(arg))
		return flow.Buffer(b), err
	},
	"$bytes": func(arg flow.Value) (flow.Value, error) { return flow.Buffer(flow.Text(arg)), nil },
	"$pattern": func(arg flow.Value) (flow.Value, error) {
		re, err := jsregexp.Compile(flow.Text(arg), "")
		if err != nil {
			return nil, err
		}
		return &matcher{takes: func(got flow.Value, _ bool) bool {
			text, ok := textOf(got)
			return ok && re.MatchString(text)
		}}, nil
	},
	"$text": func(arg flow.Value) (flow.Value, error) {
		want := flow.Text(arg)
		return &matcher{takes: func(got flow.Value, _ bool) bool {
			text, ok := textOf(got)
			return ok && text == want
		}}, nil
	},
	"$exists": func(arg flow.Value) (flow.Value, error) {
		want, ok := arg.(bool)
		if !ok {
			return nil, fmt.Errorf("must be true or false")
		}
		return &matcher{takes: func(_ flow.Value, there bool) bool { return there == want }}, nil
	},
	"$type": func(arg flow.Value) (flow.Value, error) {
		want := flow.Text(arg)
		return &matcher{takes: func(got flow.Value, _ bool) bool { return strings.EqualFold(flow.TypeName(got), want) }}, nil
	},
}

// textOf returns the text of what is text, or bytes that are text.
func textOf(v flow.Value) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case flow.Buffer:
		return flow.DecodeUTF8(v), true
	case flow.Date:
		return v.String(), true
	}
	return "", false
}

// parseHex reads bytes in hexadecimal; spaces do not count.
func parseHex(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("%q are no bytes in hexadecimal, such as 0d 0a", text)
	}
	return b, nil
}

// mapValue returns a copy of v in which f has replaced values, from the inside
// to the outside.
func mapValue(v flow.Value, f func(flow.Value) (flow.Value, error)) (flow.Value, error) {
	switch old := v.(type) {
	case flow.Array:
		list := make(flow.Array, len(old))
		for i, item := range old {
			var err error
			if list[i], err = mapValue(item, f); err != nil {
				return nil, err
			}
		}
		v = list
	case *flow.Object:
		o := &flow.Object{}
		for key, item := range old.All() {
			item, err := mapValue(item, f)
			if err != nil {
				return nil, err
			}
			o.Set(key, item)
		}
		v = o
	}
	return f(v)
}

// operate replaces the object of an operator by what it stands for.
func operate(v flow.Value) (flow.Value, error) {
	o, ok := v.(*flow.Object)
	if !ok || o.Len() != 1 || !strings.HasPrefix(o.Keys()[0], "$") {
		return v, nil
	}
	name := o.Keys()[0]
	operator := operators[name]
	if operator == nil {
		return nil, fmt.Errorf("there is no %s: use $pattern, $text, $exists, $type, $hex or $bytes", name)
	}
	made, err := operator(o.Get(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if t, ok := made.(*matcher); ok {
		t.said = "{" + name + ": " + show(o.Get(name)) + "}"
	}
	return made, nil
}

// maxShown bounds how much of a value is shown, in characters.
const maxShown = 2000

// show prints a value on one line for people.
func show(v flow.Value) string {
	text := shown(v)
	if utf8.RuneCountInString(text) > maxShown {
		runes := []rune(text)
		return fmt.Sprintf("%s… (%d more characters)", string(runes[:maxShown]), len(runes)-maxShown)
	}
	return text
}

func shown(v flow.Value) string {
	switch v := v.(type) {
	case nil:
		return "undefined"
	case flow.Buffer:
		return showBytes(v)
	case *matcher:
		return v.said
	case flow.Array:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = shown(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *flow.Object:
		parts := make([]string, 0, v.Len())
		for key, item := range v.All() {
			parts = append(parts, key+": "+shown(item))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return flow.JSON(v)
}

// showBytes prints bytes as text if they are that, else in hexadecimal.
func showBytes(b []byte) string {
	text := string(b)
	if utf8.Valid(b) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) }) {
		return "bytes " + flow.JSON(text)
	}
	return showHex(b)
}

func showHex(b []byte) string {
	if len(b) > maxShown {
		return fmt.Sprintf("bytes % x… (%d more)", b[:maxShown], len(b)-maxShown)
	}
	return fmt.Sprintf("bytes % x", b)
}
