package flowfile

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Env holds the environment variables of flows. A node sees those of its groups,
// innermost first, of its subflow instance, of that one's groups and instance,
// of the tab, of the global-config nodes and of the process, in this order; each
// $parent. before a name leaves out one more level of these.
type Env struct {
	flows  *Flows
	global *scope
	scopes map[*Node]*scope // of tabs, subflow instances and groups
}

// lookup finds a variable's value, and tells whether there is one.
type lookup = func(name string) (flow.Value, bool)

// scope is one level of the environment.
type scope struct {
	names  map[string]flow.Value // NR_FLOW_ID and the like
	vars   map[string]flow.Value // undefined if the table's entry is faulty
	parent lookup
}

const parentPrefix = "$parent."

func (s *scope) lookup(name string) (flow.Value, bool) {
	if v, ok := s.names[name]; ok {
		return v, v != nil
	}
	if rest, up := strings.CutPrefix(name, parentPrefix); up {
		return s.parent(rest)
	}
	if v, ok := s.vars[name]; ok {
		return v, v != nil
	}
	return s.parent(name)
}

// EnvOptions say what environment tables are evaluated with.
type EnvOptions struct {
	// Process looks up a variable of the process; nil hides them all.
	Process func(name string) (string, bool)
	// Evaluate evaluates values of the types jsonata and date, which may need
	// the context of a flow (empty: none) and variables. Without it they are
	// faulty.
	Evaluate func(flowID string, getenv func(name string) (flow.Value, bool), value flow.Value, typ string) (flow.Value, error)
}

// NewEnv evaluates the environment tables of expanded flows. An entry that
// cannot be evaluated is undefined, and a warning.
func NewEnv(f *Flows, o EnvOptions) (*Env, Problems) {
	e := &envBuilder{Env: Env{flows: f, scopes: map[*Node]*scope{}}, options: o, making: map[*Node]bool{}}
	e.global = &scope{vars: map[string]flow.Value{}, parent: func(name string) (flow.Value, bool) {
		if o.Process != nil {
			if v, ok := o.Process(name); ok {
				return v, true
			}
		}
		return nil, false
	}}
	for _, n := range f.Nodes {
		if n.Type == typeGlobals && !n.Disabled {
			e.table(n, e.global)
		}
	}
	for _, n := range f.Tabs() {
		e.scope(n)
	}
	for _, n := range f.Nodes {
		if n.Type == typeGroup || n.isInstance() {
			e.scope(n)
		}
	}
	return &e.Env, e.problems
}

// Lookup returns what looks up variables for a node: NR_NODE_NAME, NR_NODE_ID
// and NR_NODE_PATH, then the levels as [Env] says.
func (e *Env) Lookup(n *Node) func(name string) (flow.Value, bool) {
	outer := e.outside(n).lookup
	return func(name string) (flow.Value, bool) {
		switch name {
		case "NR_NODE_ID":
			return n.ID, true
		case "NR_NODE_NAME":
			v, ok := n.Props.Lookup("name")
			return v, ok
		case "NR_NODE_PATH":
			return e.flows.Path(n), true
		}
		return outer(name)
	}
}

// outside returns the level that a node, or a group, is in.
func (e *Env) outside(n *Node) *scope {
	for _, outer := range e.around(n) {
		if s := e.scopes[outer]; s != nil {
			return s
		}
	}
	return e.global
}

// around returns the group and the container of a node, as far as it has them.
func (e *Env) around(n *Node) (list []*Node) {
	if g := e.flows.Lookup(n.Group); g != nil && g.Type == typeGroup {
		list = append(list, g)
	}
	if z := e.flows.Lookup(n.Z); z != nil && (z.Type == typeTab || z.isInstance()) {
		list = append(list, z)
	}
	return list
}

type envBuilder struct {
	Env
	options  EnvOptions
	problems Problems
	making   map[*Node]bool // groups in themselves are met again
}

// scope makes the level of a tab, subflow instance or group, after those around
// it.
func (e *envBuilder) scope(n *Node) {
	if e.scopes[n] != nil || e.making[n] {
		return
	}
	e.making[n] = true
	for _, outer := range e.around(n) {
		e.scope(outer)
	}
	s := &scope{vars: map[string]flow.Value{}, parent: e.outside(n).lookup}
	name := n.Props.Get("name")
	switch {
	case n.Type == typeTab:
		s.names = map[string]flow.Value{"NR_FLOW_ID": n.ID, "NR_FLOW_NAME": n.Props.Get("label")}
	case n.Type == typeGroup:
		s.names = map[string]flow.Value{"NR_GROUP_ID": n.ID, "NR_GROUP_NAME": name}
	default:
		path := e.flows.Path(n)
		s.names = map[string]flow.Value{
			"NR_NODE_ID": n.ID, "NR_NODE_NAME": name, "NR_NODE_PATH": path,
			"NR_SUBFLOW_ID": n.ID, "NR_SUBFLOW_NAME": name, "NR_SUBFLOW_PATH": path,
		}
	}
	e.scopes[n] = s
	e.table(n, s)
}

// table evaluates a node's env table into s. Entries of type env come last, so
// that they can refer to the others.
func (e *envBuilder) table(n *Node, s *scope) {
	table, _ := n.Props.Get("env").(flow.Array)
	var last []*flow.Object
	for i, item := range table {
		entry, ok := item.(*flow.Object)
		if !ok {
			e.fail(n, i, "an entry of env is no object")
			continue
		}
		if entry.Get("type") == "env" {
			last = append(last, entry)
			continue
		}
		name := flow.Text(entry.Get("name"))
		v, err := e.evaluate(n, s, name, entry)
		if err != nil {
			e.fail(n, i, fmt.Sprintf("the variable %q has no value: %v", name, err))
		}
		s.vars[name] = v
	}
	for _, entry := range last {
		name, value := flow.Text(entry.Get("name")), flow.Text(entry.Get("value"))
		if value == name { // a variable that refers to itself means that of the level above
			value = parentPrefix + name
		}
		s.vars[name] = Expand(value, s.lookup)
	}
}

func (e *envBuilder) fail(n *Node, index int, text string) {
	at := n.PropPos("env")
	if n.source != nil && !n.isInstance() { // whose table has entries of the definition too
		if table := n.source.get("env"); table.kind == list {
			at = n.at(table.items[index].place)
		}
	}
	e.problems = append(e.problems, n.problem(at, Warning, text, ""))
}

// evaluate returns the value of an entry by its type, as Node-RED's typed inputs
// have it.
func (e *envBuilder) evaluate(n *Node, s *scope, name string, entry *flow.Object) (flow.Value, error) {
	v := entry.Get("value")
	typ, _ := entry.Get("type").(string)
	switch typ {
	case "str":
		return flow.Text(v), nil
	case "num":
		return flow.Number(v), nil
	case "bool":
		return v == true || v == "true", nil
	case "json":
		return parseJSON(flow.Text(v))
	case "bin":
		return bytesOf(flow.Text(v))
	case "cred":
		credentials := n.Credentials
		if n.Type == typeGlobals && credentials != nil {
			credentials, _ = credentials.Get("map").(*flow.Object)
		}
		if credentials == nil {
			return v, nil
		}
		if secret, ok := credentials.Lookup(name); ok {
			return secret, nil
		}
		return v, nil
	case "conf-type":
		v, _ = substitute(v, s.lookup)
		return v, nil
	case "jsonata", "date":
		if e.options.Evaluate == nil {
			return nil, fmt.Errorf("a value of type %s cannot be evaluated here", typ)
		}
		return e.options.Evaluate(e.flowID(n), s.lookup, v, typ)
	}
	return v, nil
}

func parseJSON(text string) (flow.Value, error) {
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("invalid JSON: %w", err)
	}
	return v, nil
}

// bytesOf makes a Buffer of JSON: a string, or a list of bytes.
func bytesOf(text string) (flow.Value, error) {
	v, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string:
		return flow.Buffer(v), nil
	case flow.Array:
		return flow.BufferOf(v), nil
	}
	return nil, fmt.Errorf("expected a JSON string or list of bytes")
}

// flowID returns the id of the flow that n is, or is in.
func (e *envBuilder) flowID(n *Node) string {
	if n.Type == typeTab || n.isInstance() {
		return n.ID
	}
	return n.Z
}
