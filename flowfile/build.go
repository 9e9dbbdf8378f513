package flowfile

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// builder makes a Flows of the syntax of one file.
type builder struct {
	file     string
	flows    *Flows
	problems Problems
}

func build(file string, t *tree) (*Flows, Problems) {
	b := &builder{file: file, flows: &Flows{}}
	if t != nil {
		b.document(t)
	}
	b.flows.index()
	return b.flows, b.problems
}

func (b *builder) fail(at place, severity Severity, text, hint string) {
	b.problems = append(b.problems, Problem{Pos: at.in(b.file), Severity: severity, Text: text, Hint: hint})
}

// document tells the forms of a file apart.
func (b *builder) document(t *tree) {
	flows := t.get("flows")
	switch {
	case t.kind == list:
		b.list(t)
	case flows != nil && flows.kind == list:
		b.flows.Envelope = t.envelope()
		b.list(flows)
	case t.get("nodes") != nil || t.get("id") != nil && t.hasSection():
		b.singleFlow(t)
	case flows != nil || t.hasSection():
		b.byHand(t)
	default:
		b.fail(t.place, Error, "this is no flow file", "it should be a list of nodes, or an object with flows or nodes")
	}
}

func (t *tree) hasSection() bool {
	return slices.ContainsFunc(t.pairs, func(p pair) bool { return sectionKind(p.key) != "" })
}

// envelope returns the properties beside the flows.
func (t *tree) envelope() *flow.Object {
	o := &flow.Object{}
	for _, p := range t.pairs {
		if p.key == "flows" {
			o.Set(p.key, nil)
		} else {
			o.Set(p.key, p.value.toValue())
		}
	}
	return o
}

// list reads the flat form: every object has its id, type and z.
func (b *builder) list(t *tree) {
	b.flows.Nodes = slices.Grow(b.flows.Nodes, len(t.items))
	for _, item := range t.items {
		if item.kind != object {
			b.fail(item.place, Error, "a node must be an object", "")
			continue
		}
		b.add(item, false)
	}
}

// sectionKind returns what the parts of a file in hand form hold, empty if the
// key names none.
func sectionKind(key string) string {
	switch key {
	case "nodes", "configs", "groups", "subflows":
		return key
	}
	return ""
}

// byHand reads {flows: {id: flow}, subflows: {…}, configs: {…}}.
func (b *builder) byHand(t *tree) {
	for _, p := range t.pairs {
		switch {
		case p.key == "flows":
			b.members(p.value, func(m member) { b.container(m, typeTab) })
		case sectionKind(p.key) != "":
			b.section(p, "")
		case p.key != "rev" && p.key != "credentials" && p.key != "test":
			b.fail(p.place, Warning, fmt.Sprintf("unknown property %q", shorten(p.key)),
				"beside flows there may be subflows, groups and configs")
		}
	}
	e := t.envelope()
	e.Set("flows", nil)
	for _, section := range []string{"nodes", "configs", "groups", "subflows"} {
		e.Delete(section)
	}
	if e.Len() > 1 {
		b.flows.Envelope = e
	}
}

// singleFlow reads a file that is one flow: what Node-RED's /flow/:id API calls
// a flow, or the same with nodes as a map. The id global stands for no flow.
func (b *builder) singleFlow(t *tree) {
	if p := t.find("flows"); p != nil {
		b.fail(p.place, Error, "flows and nodes side by side", "put the nodes into one of the flows")
	}
	id, ok := t.get("id").id()
	if !ok {
		id = defaultFlowID(b.file)
	}
	if id == "global" {
		for _, p := range t.pairs {
			b.section(p, "")
		}
		return
	}
	b.container(member{id, t.place, t}, typeTab)
}

// defaultFlowID returns the id of a flow that has none: the name of its file,
// so that files do not get into each other's way.
func defaultFlowID(file string) string {
	switch base := filepath.Base(file); base {
	case ".", "-", string(filepath.Separator):
		return "flow"
	default:
		return base
	}
}

// member is one entry of a map by id, or of a list of objects that have an id.
type member struct {
	id string
	place
	value *tree
}

func (b *builder) members(t *tree, each func(member)) {
	switch {
	case t.kind == object:
		for _, p := range t.pairs {
			switch {
			case p.value.isNull():
				p.value = &tree{kind: object, place: p.place}
			case p.value.kind != object:
				b.fail(p.value.place, Error, fmt.Sprintf("%q must be an object", shorten(p.key)), "")
				continue
			}
			if id, ok := p.value.get("id").id(); ok && id != p.key {
				b.fail(p.value.find("id").place, Error, fmt.Sprintf("%q has another id here: %q", shorten(p.key), shorten(id)), "leave the id out")
				continue
			}
			each(member{p.key, p.place, p.value})
		}
	case t.kind == list:
		for _, item := range t.items {
			id, ok := item.get("id").id()
			if !ok {
				b.fail(item.place, Error, "a node without an id", "give it an id, or write the nodes as a map by id")
				continue
			}
			each(member{id, item.place, item})
		}
	case !t.isNull():
		b.fail(t.place, Error, "expected a map by id, or a list", "")
	}
}

// section reads one section of a container, or of the file if z is empty.
func (b *builder) section(p pair, z string) {
	switch sectionKind(p.key) {
	case "nodes":
		b.members(p.value, func(m member) { b.add(m.node("", z), true) })
	case "configs":
		b.members(p.value, func(m member) { b.add(m.node("", z), false) })
	case "groups":
		b.members(p.value, func(m member) { b.add(m.node(typeGroup, z), false) })
	case "subflows":
		b.members(p.value, func(m member) { b.container(m, typeSubflow) })
	}
}

// container reads a tab or a subflow and what is in it.
func (b *builder) container(m member, typ string) {
	own := &tree{kind: object, place: m.value.place, written: m.value}
	for _, p := range m.value.pairs {
		if sectionKind(p.key) == "" {
			own.pairs = append(own.pairs, p)
		}
	}
	b.add(member{m.id, m.place, own}.node(typ, ""), false)
	for _, p := range m.value.pairs {
		b.section(p, m.id)
	}
}

// node returns the flat form of a member: id, type and z come first, and what
// the hand form shortens is written out.
func (m member) node(typ, z string) *tree {
	n := &tree{kind: object, place: m.place, written: cmp.Or(m.value.written, m.value)}
	add := func(key, text string) {
		at := m.place
		if p := m.value.find(key); p != nil {
			at = p.place
		}
		n.pairs = append(n.pairs, pair{key: key, place: at, value: &tree{value: text, text: text, place: at}})
	}
	add("id", m.id)
	if given, ok := m.value.get("type").id(); ok {
		typ = given
	}
	if typ != "" {
		add("type", typ)
	}
	if z != "" {
		add("z", z)
	}
	for _, p := range m.value.pairs {
		switch {
		case p.key == "id" || p.key == "type" || (p.key == "z" && z != ""):
			continue
		case p.key == "wires":
			p.value = expandWires(p.value)
		case p.key == "env" && hasEnv(typ):
			p.value = expandEnv(p.value)
		}
		n.pairs = append(n.pairs, p)
	}
	return n
}

// add makes a Node of an object in flat form.
func (b *builder) add(t *tree, onCanvas bool) {
	t = withTextIDs(t)
	n := &Node{Pos: t.place.in(b.file), source: t}
	text := func(key string) (s string) {
		if v := t.get(key); v != nil {
			s, _ = v.id()
		}
		return s
	}
	n.ID, n.Type, n.Z, n.Group, n.Name = text("id"), text("type"), text("z"), text("g"), text("name")
	if n.Type == typeTab && n.Name == "" {
		n.Name = text("label")
	}
	switch {
	case n.ID == "":
		b.fail(t.place, Error, "a node without an id", "give it an id: any text that no other node has")
		return
	case n.Type == "":
		b.problems = append(b.problems, Problem{Pos: n.Pos, Node: n.ID, Text: "the node has no type", Hint: "give it a type"})
		return
	}
	n.Props = t.toValue().(*flow.Object)
	if n.Props.Len() < len(t.pairs) {
		b.problems = append(b.problems, n.duplicateProps()...)
	}
	n.Disabled = n.Props.Get("d") == true || n.Type == typeTab && n.Props.Get("disabled") == true
	n.OnCanvas = onCanvas && !isConfigType(n.Type) || t.get("x") != nil && t.get("y") != nil
	n.Wires, _ = wiresOf(n.Props.Get("wires"))
	b.flows.Nodes = append(b.flows.Nodes, n)
}

// isConfigType tells whether nodes of a type are config nodes, also where a file
// written by hand has them among the others.
func isConfigType(typ string) bool {
	switch typ {
	case "tls-config", "http proxy", "mqtt-broker", "websocket-listener", "websocket-client", "global-config":
		return true
	}
	return false
}

func (n *Node) duplicateProps() (problems Problems) {
	for i := range n.source.pairs {
		p := &n.source.pairs[i]
		if n.source.find(p.key) != p {
			problems = append(problems, n.problem(n.at(p.place), Warning,
				fmt.Sprintf("property %q is given twice", shorten(p.key)), "the last one counts"))
		}
	}
	return problems
}

// withTextIDs makes text of the ids that look like numbers.
func withTextIDs(t *tree) *tree {
	for i := range t.pairs {
		p := &t.pairs[i]
		switch p.key {
		case "id", "type", "z", "g":
			p.value = asText(p.value)
		case "wires", "links", "scope", "nodes":
			if p.value.kind == list {
				p.value = asText(p.value)
			}
		}
	}
	return t
}
