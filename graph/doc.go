// Package graph draws flows: as [SVG] that looks like the Node-RED editor, as
// [DOT] for Graphviz (https://graphviz.org/doc/info/lang.html) and as [Mermaid]
// (https://mermaid.js.org/syntax/flowchart.html), which Markdown pages show.
//
// The SVG has a sheet for every flow and every subflow definition, one below the
// other: nodes at their positions in the editor's colours, groups, junctions,
// link nodes, wires. Nodes that were written by hand and have no position get
// one of [flowfile.Flows.Layout]. It is one file without scripts and without
// references to anything outside.
//
// What a node looks like is said in look.go (colour, icon) and label.go, also for
// the console (see [Looks]), where things stand in box.go and sheet.go, and the curves of wires in wire.go.
package graph
