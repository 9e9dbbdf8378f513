package auth

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// Permissions are what somebody may do, in Node-RED's words: "*" is everything,
// "read" (or "*.read") every permission that ends in read, "write" the same, and
// anything else one permission, such as flows.read. None allow nothing.
type Permissions []string

// Allow tells whether they allow something. Everybody may do "".
func (p Permissions) Allow(permission string) bool {
	if permission == "" {
		return true
	}
	return slices.ContainsFunc(p, func(has string) bool {
		switch has {
		case "*", permission:
			return true
		case "read", "*.read":
			return endsIn(permission, "read")
		case "write", "*.write":
			return endsIn(permission, "write")
		}
		return false
	})
}

// AllowAll tells whether they allow all that others do.
func (p Permissions) AllowAll(others Permissions) bool {
	return !slices.ContainsFunc(others, func(permission string) bool { return !p.Allow(permission) })
}

func endsIn(permission, verb string) bool {
	return permission == verb || len(permission) > len(verb)+1 && strings.HasSuffix(permission, "."+verb)
}

// Value returns them as they stand in JSON: a text if there is one, else a list.
func (p Permissions) Value() flow.Value {
	if len(p) == 1 {
		return p[0]
	}
	list := flow.Array{}
	for _, permission := range p {
		list = append(list, permission)
	}
	return list
}

// UnmarshalYAML reads a text or a list.
func (p *Permissions) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*p = Permissions{n.Value}
		return nil
	}
	return n.Decode((*[]string)(p))
}
