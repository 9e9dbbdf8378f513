package flowtests

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// reader reads parts of a YAML document and notes what is wrong with them.
type reader struct {
	file     string
	problems flowfile.Problems
}

func (r *reader) pos(n *yaml.Node) flowfile.Pos {
	return flowfile.Pos{File: r.file, Line: n.Line, Column: n.Column}
}

func (r *reader) fail(n *yaml.Node, text, hint string) {
	r.problems = append(r.problems, flowfile.Problem{Pos: r.pos(n), Text: text, Hint: hint})
}

// value returns what a part says.
func (r *reader) value(n *yaml.Node) flow.Value {
	v, problems := flowfile.YAMLValue(r.file, n)
	r.problems = append(r.problems, problems...)
	return v
}

// text returns the text of a scalar as it is written: 7777 is a name too.
func (r *reader) text(n *yaml.Node, what string) string {
	n = target(n)
	if n.Kind != yaml.ScalarNode || n.Value == "" && n.Style == 0 {
		r.fail(n, what+" must be text", "")
		return ""
	}
	return n.Value
}

// texts returns a list of texts, which may be a single one.
func (r *reader) texts(n *yaml.Node, what string) []*yaml.Node {
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		r.text(n, what)
		return []*yaml.Node{n}
	}
	for _, item := range n.Content {
		r.text(item, what)
	}
	return n.Content
}

// target returns what an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// entry is a key and its value.
type entry struct{ key, value *yaml.Node }

// entries returns what a mapping holds, in order. Keys that stand twice are
// problems.
func (r *reader) entries(n *yaml.Node, what string) []entry {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, what+" must be a map of names and values", "")
		return nil
	}
	var list []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.fail(key, fmt.Sprintf("%q is given twice", key.Value), "leave one of them out")
		}
		seen[key.Value] = true
		list = append(list, entry{key, n.Content[i+1]})
	}
	return list
}

// fields are the properties of one thing in the file. Each get makes its key
// known; done complains about the rest.
type fields struct {
	*reader
	what    string
	node    *yaml.Node
	entries []entry
	known   []string
}

func (r *reader) fields(n *yaml.Node, what string) *fields {
	return &fields{reader: r, what: what, node: n, entries: r.entries(n, what)}
}

// get returns a property, nil if it is not there.
func (f *fields) get(key string) *yaml.Node {
	f.known = append(f.known, key)
	for _, e := range f.entries {
		if e.key.Value == key {
			return e.value
		}
	}
	return nil
}

// done reports the properties that nobody has asked for.
func (f *fields) done() {
	for _, e := range f.entries {
		if !slices.Contains(f.known, e.key.Value) {
			f.fail(e.key, fmt.Sprintf("%s has no %q", f.what, e.key.Value), "it may have "+strings.Join(f.known, ", "))
		}
	}
}

// missing reports that a property is needed.
func (f *fields) missing(keys, hint string) {
	if f.entries != nil {
		f.fail(f.node, f.what+" needs "+keys, hint)
	}
}

// duration returns a time such as 200ms or 2s, at least 1 ms.
func (f *fields) duration(key string, without time.Duration) time.Duration {
	n := f.get(key)
	if n == nil {
		return without
	}
	d, err := time.ParseDuration(f.text(n, key))
	if err != nil || d < time.Millisecond {
		f.fail(n, fmt.Sprintf("%s: %q is no time to wait", key, n.Value), "write a number and a unit: 200ms, 2s, 1m")
		return without
	}
	return d
}

// output returns the output that a property names, counted from 0; -1 if it is
// not there. In the file they count from 1.
func (f *fields) output() int {
	n := f.get("output")
	if n == nil {
		return -1
	}
	number, err := strconv.Atoi(n.Value)
	if err != nil || number < 1 || number > 1000 {
		f.fail(n, fmt.Sprintf("output: %q is no output", n.Value), "outputs count from 1, from top to bottom")
	}
	return number - 1
}

// flag returns a property that is true or false.
func (f *fields) flag(key string) bool {
	n := f.get(key)
	if n == nil {
		return false
	}
	on, ok := f.value(n).(bool)
	if !ok {
		f.fail(n, key+" must be true or false", "")
	}
	return on
}
