package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/shell"
)

// support says how well nodes of a type run, the worst first.
type support int

const (
	missing support = iota // there is no such type
	stubbed                // a stub stands in for it
	differs                // it runs, with differences
	same                   // it runs
)

// String is what JSON calls it.
func (s support) String() string { return [...]string{"missing", "stub", "differs", "runs"}[s] }

// typeCount is how many nodes of a type there are, and how they do.
type typeCount struct {
	typ         string
	nodes       int
	errors      map[flowfile.Pos]bool // their places; not that the type is missing
	idle        map[flowfile.Pos]bool // places that have nodes do nothing
	support     support
	differences []string
}

// typeCounts counts the nodes of flow files by their types.
type typeCounts struct {
	registry *flow.Registry
	stubs    []string
	byType   map[string]*typeCount
}

func newTypeCounts(registry *flow.Registry, stubs []string) *typeCounts {
	return &typeCounts{registry: registry, stubs: stubs, byType: map[string]*typeCount{}}
}

const (
	subflowType    = "subflow"
	instancePrefix = subflowType + ":"
)

// add counts the nodes of a file whose problems are known. Those of a subflow's
// definition count once, whatever the number of its instances, and disabled ones
// count too: if their type is missing nothing starts.
func (c *typeCounts) add(flows *flowfile.Flows, problems flowfile.Problems) {
	for _, n := range flows.Nodes {
		switch n.Type {
		case "tab", "group", subflowType: // not nodes, but what they are in
			continue
		}
		c.of(flows, n.Type).nodes++
	}
	for _, p := range problems {
		// The nodes of a subflow's instances have their place in common.
		switch t := c.byType[p.Type]; {
		case t == nil || t.support == missing:
		case p.Severity == flowfile.Error:
			t.errors[p.Pos] = true
		case p.Idle:
			t.idle[p.Pos] = true
		}
	}
}

// of returns the count of a type. All instances of subflows are of one.
func (c *typeCounts) of(flows *flowfile.Flows, typ string) *typeCount {
	if id, ok := strings.CutPrefix(typ, instancePrefix); ok && flows.Lookup(id) != nil {
		typ = subflowType
	}
	if t := c.byType[typ]; t != nil {
		return t
	}
	t := &typeCount{typ: typ, errors: map[flowfile.Pos]bool{}, idle: map[flowfile.Pos]bool{}}
	known, ok := c.registry.Lookup(typ)
	switch {
	case !ok:
		t.support = missing
	case slices.Contains(c.stubs, typ):
		t.support = stubbed
	case len(known.Differences) > 0:
		t.support, t.differences = differs, known.Differences
	default:
		t.support = same
	}
	c.byType[typ] = t
	return t
}

// sorted returns the counts, the worst and then the largest first.
func (c *typeCounts) sorted() []*typeCount {
	return slices.SortedFunc(maps.Values(c.byType), func(a, b *typeCount) int {
		return cmp.Or(cmp.Compare(a.support, b.support), cmp.Compare(b.nodes, a.nodes), cmp.Compare(a.typ, b.typ))
	})
}

// totals returns how many nodes there are, how many by how their types do, and how
// many do nothing all the same.
func (c *typeCounts) totals() (nodes int, by [same + 1]int, idle int) {
	for _, t := range c.byType {
		nodes += t.nodes
		by[t.support] += t.nodes
		idle += len(t.idle)
	}
	return nodes, by, idle
}

// command returns the command that runs the files with stubs for the missing
// types, empty if none is missing or stubs do not help.
func (c *typeCounts) command(files []string) string {
	var stubs []string
	for _, t := range c.sorted() {
		if t.support == missing && !strings.HasPrefix(t.typ, instancePrefix) {
			stubs = append(stubs, t.typ)
		}
	}
	if len(stubs) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("flowrun deploy")
	for _, typ := range append(slices.Clone(c.stubs), stubs...) {
		b.WriteString(" --stub-type " + shell.Quote(typ))
	}
	for _, file := range files {
		b.WriteString(" " + shell.Quote(file))
	}
	return b.String()
}

// text returns the counts as a table with the totals above it; empty without
// nodes.
func (c *typeCounts) text(files []string) string {
	nodes, by, idle := c.totals()
	if nodes == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s of %s:", count(nodes, "node"), count(len(c.byType), "type"))
	for i, format := range []string{" %d missing", " %d replaced by stubs", " %d run with a difference from Node-RED", " %d run"} {
		if by[i] > 0 {
			fmt.Fprintf(&b, format+",", by[i])
		}
	}
	head := strings.TrimSuffix(b.String(), ",")
	if idle > 0 {
		head += fmt.Sprintf("; %d of them can do nothing, see above", idle)
	}
	head += "\n\n"
	b.Reset()
	width := 0
	for typ := range c.byType {
		width = max(width, utf8.RuneCountInString(typ))
	}
	for _, t := range c.sorted() {
		lines := t.lines()
		fmt.Fprintf(&b, "  %-*s %6d  %s\n", width, t.typ, t.nodes, lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(&b, "  %*s  %s\n", width+7, "", line)
		}
	}
	if command := c.command(files); command != "" {
		fmt.Fprintf(&b, "\nNothing starts while types are missing. To run the other nodes, put stubs in their place:\n\n  %s\n", command)
	}
	return head + b.String()
}

// lines says in words how the nodes of a type do.
func (t *typeCount) lines() []string {
	var lines []string
	switch t.support {
	case missing:
		return []string{"missing"}
	case stubbed:
		lines = []string{"replaced by stubs, which drop all messages"}
	case differs:
		lines = append([]string{"runs with a difference: " + t.differences[0]}, t.differences[1:]...)
	case same:
		lines = []string{"runs"}
	}
	if len(t.idle) > 0 {
		lines[0] = fmt.Sprintf("%d can do nothing, see above; else %s", len(t.idle), lines[0])
	}
	if len(t.errors) > 0 {
		lines[0] = count(len(t.errors), "error") + ", see above; else " + lines[0]
	}
	return lines
}

// value returns the same as JSON has it: {nodes: {total, missing, …, idle}, types:
// [{type, nodes, errors, idle, support, differences}], deploy: the command}.
func (c *typeCounts) value(files []string) *flow.Object {
	nodes, by, idle := c.totals()
	totals := flow.NewObject("total", float64(nodes))
	for s := missing; s <= same; s++ {
		totals.Set(s.String(), float64(by[s]))
	}
	totals.Set("idle", float64(idle))
	types := flow.Array{}
	for _, t := range c.sorted() {
		differences := flow.Array{}
		for _, text := range t.differences {
			differences = append(differences, text)
		}
		types = append(types, flow.NewObject("type", t.typ, "nodes", float64(t.nodes), "errors", float64(len(t.errors)),
			"idle", float64(len(t.idle)), "support", t.support.String(), "differences", differences))
	}
	return flow.NewObject("nodes", totals, "types", types, "deploy", c.command(files))
}
