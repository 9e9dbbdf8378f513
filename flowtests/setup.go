package flowtests

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/nodes"
)

// defaultWithin is how long a step waits for what must come.
const defaultWithin = 5 * time.Second

// Setup is what a test runs its flow with.
type Setup struct {
	// Ports are replaced by fresh ones: a number wherever a node has it as its
	// port, a name as the value of the environment variable.
	Ports []string
	// Env are environment variables. They come before those of the flow.
	Env map[string]string
	// Replace has stand-ins for nodes, by id.
	Replace map[string]Replacement
	// StubTypes are node types whose nodes drop all messages.
	StubTypes []string
	// Within is how long a step waits for what must come.
	Within time.Duration
	// RealTime has the flow's time go by as it does, with nothing of it skipped.
	RealTime bool
}

// Replacement is what stands in for a node.
type Replacement struct {
	Stub    bool           // it drops all messages
	Replies []*flow.Object // it answers each message: with the properties of the first, the second … the last
	Output  int            // where the answers leave, from 0
	Set     *flow.Object   // properties of the node that are others
}

// setup reads the properties of a setup over those of the whole file.
func (b *builder) setup(f *fields, common Setup) Setup {
	s := Setup{
		Ports: slices.Clone(common.Ports), Env: maps.Clone(common.Env),
		Replace: maps.Clone(common.Replace), StubTypes: slices.Clone(common.StubTypes),
		Within: f.duration("within", common.Within), RealTime: common.RealTime,
	}
	if n := f.get("time"); n != nil {
		s.RealTime = b.realTime(n)
	}
	if n := f.get("ports"); n != nil {
		for _, port := range b.texts(n, "ports") {
			b.port(port)
			s.Ports = append(s.Ports, port.Value)
		}
	}
	if n := f.get("env"); n != nil {
		for _, e := range b.entries(n, "env") {
			put(&s.Env, e.key.Value, b.text(e.value, "a variable"))
		}
	}
	if n := f.get("stub-types"); n != nil {
		for _, typ := range b.texts(n, "stub-types") {
			s.StubTypes = append(s.StubTypes, typ.Value)
		}
	}
	if n := f.get("replace"); n != nil {
		for _, e := range b.entries(n, "replace") {
			if id := b.drawn.find(b.reader, e.key); id != "" {
				put(&s.Replace, id, b.replacement(e))
			}
		}
	}
	return s
}

func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

func (b *builder) realTime(n *yaml.Node) bool {
	kind := b.text(n, "time")
	if kind != "real" && kind != "skipped" {
		b.fail(n, fmt.Sprintf("there is no time %q", kind), "write real, or skipped, as it is if nothing is said")
	}
	return kind == "real"
}

// port checks that a number is the port of a node.
func (b *builder) port(n *yaml.Node) {
	if _, err := strconv.Atoi(n.Value); err == nil && !b.drawn.ports[n.Value] {
		hint := "leave it out"
		if known := slices.Sorted(maps.Keys(b.drawn.ports)); len(known) > 0 {
			hint = "the nodes have " + strings.Join(known, ", ")
		}
		b.fail(n, "no node of the flow has the port "+n.Value, hint)
	}
}

func (b *builder) replacement(e entry) (r Replacement) {
	if target(e.value).Kind != yaml.MappingNode {
		if r.Stub = target(e.value).Value == "stub"; !r.Stub {
			b.fail(e.value, "this is no stand-in for a node", "write stub, or {reply: …}, or {set: …}")
		}
		return r
	}
	f := b.fields(e.value, "a stand-in")
	reply, set := f.get("reply"), f.get("set")
	r.Output = max(0, f.output())
	f.done()
	switch {
	case (reply == nil) == (set == nil):
		f.missing("either reply or set", "reply: {payload: 1} answers each message, set: {host: 127.0.0.1} changes properties")
	case set != nil:
		r.Set = b.object(set, "set")
	case target(reply).Kind == yaml.SequenceNode && len(target(reply).Content) > 0:
		for _, n := range target(reply).Content {
			r.Replies = append(r.Replies, b.object(n, "a reply"))
		}
	default:
		r.Replies = []*flow.Object{b.object(reply, "reply")}
	}
	return r
}

// object returns an object of values, which may hold $hex and $bytes.
func (r *reader) object(n *yaml.Node, what string) *flow.Object {
	o, ok := r.wanted(n).(*flow.Object)
	if !ok {
		r.fail(n, what+" must be a map of properties", "")
		return &flow.Object{}
	}
	_, err := mapValue(o, func(v flow.Value) (flow.Value, error) {
		if t, ok := v.(*matcher); ok {
			return nil, fmt.Errorf("%s is no value", t.said)
		}
		return v, nil
	})
	if err != nil {
		r.fail(n, what+": "+err.Error(), "$hex and $bytes are; the others take several values")
	}
	return o
}

// wanted returns a value with its operators.
func (r *reader) wanted(n *yaml.Node) flow.Value {
	v, err := mapValue(r.value(n), operate)
	if err != nil {
		r.fail(n, err.Error(), "")
	}
	return v
}

// nodeIndex is what tests may name of a flow.
type nodeIndex struct {
	types   map[string]string   // by id
	names   map[string][]string // ids by name
	ports   map[string]bool
	sources map[string]bool // types that take no messages
}

func indexOf(list []*flowfile.Node) nodeIndex {
	index := nodeIndex{map[string]string{}, map[string][]string{}, map[string]bool{}, map[string]bool{}}
	if catalog, err := nodes.Catalog(nodes.Deps{}); err == nil { // to read about the types
		for _, t := range catalog.Types() {
			index.sources[t.Name] = t.Inputs == 0
		}
	}
	for _, n := range list {
		switch n.Type {
		case "tab", "group", "subflow":
			continue
		}
		index.types[n.ID] = n.Type
		if n.Name != "" {
			index.names[n.Name] = append(index.names[n.Name], n.ID)
		}
		if port := portOf(n); port != "" {
			index.ports[port] = true
		}
	}
	return index
}

// portOf returns the port that stands in a node's properties, empty if none does.
func portOf(n *flowfile.Node) string {
	switch v := n.Props.Get("port").(type) {
	case string, float64:
		text := flow.Text(v)
		if _, err := strconv.Atoi(text); err == nil {
			return text
		}
	}
	return ""
}

// find returns the id of the node that a text names, by its id or its name.
func (x nodeIndex) find(r *reader, n *yaml.Node) string {
	name := r.text(n, "a node")
	if _, known := x.types[name]; known || name == "" {
		return name
	}
	switch ids := x.names[name]; len(ids) {
	case 0:
		r.fail(n, fmt.Sprintf("there is no node %q", name), "name a node of the flow by its id or name"+x.like(name))
	case 1:
		return ids[0]
	default:
		r.fail(n, fmt.Sprintf("%d nodes have the name %q", len(ids), name), "use the id: "+strings.Join(ids, ", "))
	}
	return ""
}

// like returns some ids and names there are, those with the same beginning first.
func (x nodeIndex) like(name string) string {
	list := append(slices.Collect(maps.Keys(x.types)), slices.Collect(maps.Keys(x.names))...)
	slices.SortFunc(list, func(a, b string) int {
		if c := common(b, name) - common(a, name); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	list = slices.Compact(list)
	if len(list) == 0 {
		return ""
	}
	return ", such as " + strings.Join(list[:min(4, len(list))], ", ")
}

// common returns how many bytes two texts have in common at the beginning.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
