package flowfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/flowrun/flowrun/flow"
)

// Substitute returns the properties with every text that is wholly ${NAME} or
// $(NAME) replaced by the variable's value, whatever its type, also within lists
// and objects. A variable that does not exist leaves the text. What identifies
// and places a node (id, type, z, g, wires, x, y) stays as it is. What does not
// change is shared with props.
func Substitute(props *flow.Object, lookup func(string) (flow.Value, bool)) *flow.Object {
	result := props
	for key, v := range props.All() {
		if isFixed(key) {
			continue
		}
		if replaced, changed := substitute(v, lookup); changed {
			if result == props {
				result = props.Clone()
			}
			result.Set(key, replaced)
		}
	}
	return result
}

func substitute(v flow.Value, lookup lookup) (result flow.Value, changed bool) {
	switch v := v.(type) {
	case string:
		if name, ok := variableName(v); ok {
			if value, found := lookup(name); found && value != nil {
				return value, true
			}
		}
	case flow.Array:
		result := v
		for i, item := range v {
			if replaced, yes := substitute(item, lookup); yes {
				if !changed {
					result, changed = append(flow.Array(nil), v...), true
				}
				result[i] = replaced
			}
		}
		return result, changed
	case *flow.Object:
		result := v
		for key, item := range v.All() {
			if replaced, yes := substitute(item, lookup); yes {
				if !changed {
					result, changed = v.Clone(), true
				}
				result.Set(key, replaced)
			}
		}
		return result, changed
	}
	return v, false
}

// Unset warns of the properties of a node that name a variable which does not
// exist: they keep the text ${NAME}, which is hardly what is meant.
func (n *Node) Unset(lookup func(string) (flow.Value, bool)) (problems Problems) {
	var key string
	notice := func(name string) (flow.Value, bool) {
		_, found := lookup(name)
		switch {
		case found:
		case strings.ContainsAny(name, "${}()"): // several, or one in another
			problems = append(problems, n.problem(n.PropPos(key), Warning, fmt.Sprintf("%s: the variables in it are not replaced", key),
				"a property is replaced only if it is one ${NAME} as a whole; let a variable have all of the text, or put it together in a node"))
		default:
			problems = append(problems, n.problem(n.PropPos(key), Warning, fmt.Sprintf("%s: there is no variable %q", key, name),
				"set it in the environment, with --env "+name+"=VALUE, or in the env of the flow"))
		}
		return nil, false
	}
	for k, v := range n.Props.All() {
		if key = k; !isFixed(key) {
			substitute(v, notice)
		}
	}
	return problems
}

// isFixed tells whether a property identifies or places a node.
func isFixed(key string) bool {
	switch key {
	case "id", "type", "z", "g", "wires", "x", "y":
		return true
	}
	return false
}

// variableName returns the name in ${NAME} or $(NAME), which has no white space.
func variableName(text string) (string, bool) {
	if len(text) < 4 || text[0] != '$' {
		return "", false
	}
	end := map[byte]byte{'{': '}', '(': ')'}[text[1]]
	name := text[2 : len(text)-1]
	if text[len(text)-1] != end || strings.ContainsFunc(name, isSpace) {
		return "", false
	}
	return name, true
}

// isSpace tells whether r is \s in a JavaScript regular expression.
func isSpace(r rune) bool { return r != 0x85 && unicode.IsSpace(r) || r == 0xFEFF }

var (
	wholeTemplate = regexp.MustCompile(`^\$\{[^}]+\}$`)
	anyTemplate   = regexp.MustCompile(`\$\{\S+\}`)
	template      = regexp.MustCompile(`\$\{[^}]+\}`)
)

// Expand returns the value of a typed input of type env: ${NAME} and NAME alone
// are the variable's value, other text has each ${NAME} replaced. A variable
// that does not exist is "".
func Expand(text string, lookup func(string) (flow.Value, bool)) flow.Value {
	value := func(name string) flow.Value {
		if v, ok := lookup(name); ok && v != nil {
			return v
		}
		return ""
	}
	switch {
	case wholeTemplate.MatchString(text):
		return value(text[2 : len(text)-1])
	case !anyTemplate.MatchString(text):
		return value(text)
	}
	return template.ReplaceAllStringFunc(text, func(t string) string {
		return flow.Text(value(t[2 : len(t)-1]))
	})
}
