package change

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
	"github.com/flowrun/flowrun/internal/typed"
)

// pattern is what a change rule looks for. A rule of type num or bool has its
// value and also its text, for properties that are text.
type pattern struct {
	value flow.Value       // a number or a boolean that a property may equal
	text  string           // text that a property may equal
	re    *jsregexp.Regexp // what to replace in other text; nil for nothing
	isRE  bool             // from is a regular expression: text does not count
}

// compileFrom compiles what to look for. Only the types msg, flow and global
// look at the message for it.
func compileFrom(at string, r Rule, place typed.Place) (func(*flow.Message) (*pattern, error), error) {
	get, err := place.Compile(at, r.From, r.FromType)
	if err != nil {
		return nil, err
	}
	if r.FromType == "msg" || r.FromType == "flow" || r.FromType == "global" {
		return func(msg *flow.Message) (*pattern, error) {
			v, err := get(msg)
			if err != nil {
				return nil, err
			}
			return patternOf(v)
		}, nil
	}
	value, err := get(nil)
	if err != nil {
		return nil, err
	}
	p, err := patternOf(value)
	if err != nil {
		return nil, &flow.ConfigError{Property: at, Reason: err.Error()}
	}
	if r.From != nil && (r.FromType == "num" || r.FromType == "bool") {
		p.text = flow.Text(r.From) // as it is written
		p.re, err = jsregexp.Compile(jsregexp.Quote(p.text), "g")
	}
	return func(*flow.Message) (*pattern, error) { return p, nil }, err
}

func patternOf(v flow.Value) (*pattern, error) {
	switch v := v.(type) {
	case string:
		re, err := jsregexp.Compile(jsregexp.Quote(v), "g")
		return &pattern{text: v, re: re}, err
	case *jsregexp.Regexp:
		return &pattern{re: v, isRE: true}, nil
	case float64, bool:
		return &pattern{value: v}, nil
	}
	return nil, &unsupportedError{v}
}

// change replaces in text what the pattern matches, and a number or a boolean
// that equals it.
func (n *Node) change(r *rule, msg *flow.Message) error {
	to, err := r.to(msg)
	if err != nil {
		return n.failed(err)
	}
	from, err := r.from(msg)
	if unsupported, ok := errors.AsType[*unsupportedError](err); ok {
		return &flow.Error{Message: n.env.Text("change.errors.invalid-from", "Invalid 'from' property: %v", unsupported)}
	}
	if err != nil {
		return skipMissing(err)
	}
	current, err := r.target.Get(msg)
	if err != nil {
		return skipMissing(err)
	}
	text, isText := current.(string)
	switch {
	case !isText:
		if from.value == nil || from.value != current {
			return nil
		}
	case from.re == nil:
		return nil
	case from.isRE || text != from.text:
		changed, err := from.re.ReplaceAll(text, flow.Text(to))
		if err != nil {
			return err
		}
		if !r.toBool || changed != flow.Text(to) {
			to = changed
		}
	}
	_, err = r.target.Set(msg, to)
	return skipMissing(err)
}

// unsupportedError says that a message holds something that a rule cannot look
// for.
type unsupportedError struct{ value flow.Value }

func (e *unsupportedError) Error() string {
	return "unsupported type: " + flow.Typeof(e.value)
}
