package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/nodes"
)

func newNodes() *cobra.Command {
	var markdown, names, asJSON bool
	cmd := &cobra.Command{
		Use:   "nodes [TYPE]",
		Short: "List the node types, or print one type's reference",
		Long: `Lists the node types that flows can use. With a TYPE it prints what the type
does: its configuration with defaults, inputs, outputs, error codes, and in what it
differs from the node of the original.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("nodes takes one type, not %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			types, err := typesNamed(nil)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return typeNames(types), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "markdown", "names", "json"); err != nil {
				return err
			}
			types, err := typesNamed(args)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case names:
				_, err := fmt.Fprintln(out, strings.Join(typeNames(types), "\n"))
				return err
			case asJSON:
				return printTypesJSON(out, types)
			case markdown:
				return printMarkdown(out, types)
			case len(args) == 1:
				return printType(out, types[0])
			}
			return printList(out, types)
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the reference of all types as Markdown")
	cmd.Flags().BoolVar(&names, "names", false, "print the names only, one a line")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the reference as JSON")
	return cmd
}

// typesNamed returns the type asked for, all without one.
func typesNamed(args []string) ([]flow.Type, error) {
	registry, err := nodes.Catalog(nodes.Deps{}) // nothing of it will run
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return registry.Types(), nil
	}
	t, ok := registry.Lookup(args[0])
	if !ok {
		return nil, usagef("unknown node type %q; 'flowrun nodes' lists all", args[0])
	}
	return []flow.Type{t}, nil
}

func typeNames(types []flow.Type) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
	}
	return names
}

// byCategory returns the types sorted by category, then by name.
func byCategory(types []flow.Type) []flow.Type {
	sorted := slices.Clone(types)
	slices.SortStableFunc(sorted, func(a, b flow.Type) int { return strings.Compare(a.Category, b.Category) })
	return sorted
}

func printList(w io.Writer, types []flow.Type) error {
	var b strings.Builder
	category := ""
	for _, t := range byCategory(types) {
		if t.Category != category {
			category = t.Category
			fmt.Fprintln(&b, category)
		}
		fmt.Fprintf(&b, "  %s\t%s\n", t.Name, t.Summary)
	}
	return printColumns(w, b.String())
}

func printType(w io.Writer, t flow.Type) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n", t.Name, t.Category, t.Summary)
	if len(t.Fields) > 0 {
		b.WriteString("\nConfiguration\n")
		for _, f := range t.Fields {
			fmt.Fprintf(&b, "  %s\t%s\tdefault %s\t%s\n", f.Name, f.Kind, f.Default, f.Doc)
		}
	}
	printDocs(&b, "Input", t.InputDocs)
	if t.Outputs > 0 || len(t.OutputDocs) > 0 {
		fmt.Fprintf(&b, "\nOutputs: %d\n", t.Outputs)
		for i, doc := range t.OutputDocs {
			fmt.Fprintf(&b, "  %d\t%s\n", i+1, doc)
		}
	}
	printDocs(&b, "Errors", t.Errors)
	if t.Notes != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(t.Notes))
	}
	if len(t.Differences) > 0 {
		b.WriteString("\nDifferences\n")
		for _, text := range t.Differences {
			fmt.Fprintf(&b, "  %s\n", text)
		}
	}
	return printColumns(w, b.String())
}

func printDocs(b *strings.Builder, title string, docs []flow.Doc) {
	if len(docs) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, d := range docs {
		fmt.Fprintf(b, "  %s\t%s\n", d.Name, d.Text)
	}
}

// printColumns prints text whose columns are parted by tabs.
func printColumns(w io.Writer, text string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(table, text); err != nil {
		return err
	}
	return table.Flush()
}

func printTypesJSON(w io.Writer, types []flow.Type) error {
	list := make(flow.Array, len(types))
	for i, t := range types {
		list[i] = typeValue(t)
	}
	_, err := fmt.Fprintln(w, flow.JSON(list))
	return err
}

func typeValue(t flow.Type) *flow.Object {
	fields := flow.Array{}
	for _, f := range t.Fields {
		def, err := flow.ParseJSON([]byte(f.Default))
		if err != nil {
			def = flow.Null{}
		}
		fields = append(fields, flow.NewObject("name", f.Name, "kind", f.Kind, "default", def, "doc", f.Doc))
	}
	outputs := flow.Array{}
	for _, doc := range t.OutputDocs {
		outputs = append(outputs, doc)
	}
	differences := flow.Array{}
	for _, text := range t.Differences {
		differences = append(differences, text)
	}
	return flow.NewObject("name", t.Name, "category", t.Category, "summary", t.Summary,
		"inputs", float64(t.Inputs), "outputs", float64(t.Outputs),
		"config", fields, "input", docsValue(t.InputDocs), "output", outputs,
		"errors", docsValue(t.Errors), "notes", t.Notes, "differences", differences)
}

func docsValue(docs []flow.Doc) flow.Array {
	list := flow.Array{}
	for _, d := range docs {
		list = append(list, flow.NewObject("name", d.Name, "text", d.Text))
	}
	return list
}
