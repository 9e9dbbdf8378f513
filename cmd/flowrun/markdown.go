package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// printMarkdown writes the reference of node types, as docs/nodes.md has it.
func printMarkdown(w io.Writer, types []flow.Type) error {
	var b strings.Builder
	b.WriteString("# Node types\n\nMade by `flowrun nodes --markdown` from the code (`make docs`); do not edit.\n")
	category := ""
	for _, t := range byCategory(types) {
		if t.Category != category {
			category = t.Category
			fmt.Fprintf(&b, "\n## %s\n", category)
		}
		markdownType(&b, t)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownType(b *strings.Builder, t flow.Type) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", t.Name, t.Summary)
	fmt.Fprintf(b, "%s, %s.\n", count(t.Inputs, "input"), count(t.Outputs, "output"))
	if len(t.Fields) > 0 {
		b.WriteString("\n| property | kind | default | |\n|---|---|---|---|\n")
		for _, f := range t.Fields {
			fmt.Fprintf(b, "| `%s` | %s | `%s` | %s |\n", f.Name, f.Kind, cell(f.Default), cell(f.Doc))
		}
	}
	markdownDocs(b, "input", t.InputDocs)
	if len(t.OutputDocs) > 0 {
		b.WriteString("\n| output | |\n|---|---|\n")
		for i, doc := range t.OutputDocs {
			fmt.Fprintf(b, "| %d | %s |\n", i+1, cell(doc))
		}
	}
	markdownDocs(b, "error", t.Errors)
	if t.Notes != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(t.Notes))
	}
	if len(t.Differences) > 0 {
		b.WriteString("\nDifferences from the original:\n\n")
		for _, text := range t.Differences {
			fmt.Fprintf(b, "- %s\n", text)
		}
	}
}

func markdownDocs(b *strings.Builder, title string, docs []flow.Doc) {
	if len(docs) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | |\n|---|---|\n", title)
	for _, d := range docs {
		fmt.Fprintf(b, "| `%s` | %s |\n", cell(d.Name), cell(d.Text))
	}
}

// cell makes text fit into a cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
