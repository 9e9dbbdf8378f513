package flowfile

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Env holds the environment variables of flows. A node sees those of its groups,
// innermost first, of its tab, of the global-config node and of the process, in
// this order; each $parent. before a name leaves out one more level of these.
type Env struct {
	flows  *Flows
	global *scope
	scopes map[*Node]*scope // of tabs, subflows and groups
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

// NewEnv evaluates the environment tables of the flows; process looks up a
// variable of the process and may be nil. An entry that cannot be evaluated is
// undefined, and a warning.
func NewEnv(f *Flows, process func(name string) (string, bool)) (*Env, Problems) {
	e := &envBuilder{Env: Env{flows: f, scopes: map[*Node]*scope{}}, now: time.Now()}
	e.global = &scope{vars: map[string]flow.Value{}, parent: func(name string) (flow.Value, bool) {
		if process != nil {
			if v, ok := process(name); ok {
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
	for _, typ := range []string{typeSubflow, typeGroup} {
		for _, n := range f.Nodes {
			if n.Type == typ {
				e.scope(n)
			}
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
			return n.path(), true
		}
		return outer(name)
	}
}

// path returns the ids from the tab down; global stands for no tab.
func (n *Node) path() string {
	if n.Z == "" {
		return "global/" + n.ID
	}
	return n.Z + "/" + n.ID
}

// outside returns the level that a node, or a group, is in.
func (e *Env) outside(n *Node) *scope {
	if g := e.flows.Lookup(n.Group); g != nil && g.Type == typeGroup {
		if s := e.scopes[g]; s != nil {
			return s
		}
	}
	if z := e.flows.Lookup(n.Z); z != nil {
		if s := e.scopes[z]; s != nil && z.Type != typeGroup {
			return s
		}
	}
	return e.global
}

type envBuilder struct {
	Env
	now      time.Time
	problems Problems
}

// scope makes the level of a tab, subflow or group, after those around it.
func (e *envBuilder) scope(n *Node) {
	if e.scopes[n] != nil {
		return
	}
	s := &scope{vars: map[string]flow.Value{}, parent: e.global.lookup}
	switch n.Type {
	case typeTab:
		s.names = map[string]flow.Value{"NR_FLOW_ID": n.ID, "NR_FLOW_NAME": n.Props.Get("label")}
	case typeGroup:
		s.names = map[string]flow.Value{"NR_GROUP_ID": n.ID, "NR_GROUP_NAME": n.Props.Get("name")}
		if g := e.flows.Lookup(n.Group); g != nil && g.Type == typeGroup && !e.inCircle(g) {
			e.scope(g)
		}
		s.parent = e.outside(n).lookup
	}
	e.scopes[n] = s
	e.table(n, s)
}

// inCircle tells whether the groups around g come back to g.
func (e *envBuilder) inCircle(g *Node) bool {
	seen := map[*Node]bool{}
	for g != nil && !seen[g] {
		seen[g] = true
		g = e.flows.Lookup(g.Group)
	}
	return g != nil
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
	if table := n.source.get("env"); table.kind == list {
		at = n.at(table.items[index].place)
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
	case "date":
		return e.date(flow.Text(v))
	case "cred":
		credentials, _ := n.Props.Get("credentials").(*flow.Object)
		if credentials == nil {
			return nil, nil
		}
		return credentials.Get(name), nil
	case "conf-type":
		v, _ = substitute(v, s.lookup)
		return v, nil
	case "jsonata":
		return nil, fmt.Errorf("jsonata is not supported here yet")
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
		b := make(flow.Buffer, len(v))
		for i, item := range v {
			b[i] = byte(int64(flow.Number(item)))
		}
		return b, nil
	}
	return nil, fmt.Errorf("expected a JSON string or list of bytes")
}

func (e *envBuilder) date(format string) (flow.Value, error) {
	ms := e.now.UnixMilli()
	switch format {
	case "":
		return float64(ms), nil
	case "object":
		return flow.Date(ms), nil
	case "iso":
		return flow.Date(ms).String(), nil
	}
	return nil, fmt.Errorf("the date format %q is not supported", format)
}
