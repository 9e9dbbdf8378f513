package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/graph"
	"github.com/flowrun/flowrun/nodes"
)

// graphFormats are the ways to draw flows.
var graphFormats = map[string]func(*flowfile.Flows, graph.Options) ([]byte, error){
	"svg":     graph.SVG,
	"dot":     graph.DOT,
	"mermaid": graph.Mermaid,
}

func newGraph() *cobra.Command {
	var format, output, flow string
	cmd := &cobra.Command{
		Use:   "graph FILE",
		Short: "Draw the flows of a file",
		Long: `Draws the flows of a file: as SVG that looks like the Node-RED editor, as DOT for
Graphviz, or as Mermaid for Markdown pages. Each flow and each subflow definition has
a sheet, one below the other. Nodes that have no position get one. The result goes to
standard output; FILE may be - for standard input.`,
		Example: `  flowrun graph flows.json -o flows.svg
  flowrun graph --flow Echo --format mermaid flows.yaml`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, ok := graphFormats[format]
			if !ok {
				return usagef("unknown format %q: use svg, dot or mermaid", format)
			}
			flows, problems := flowfile.Load(args[0])
			if problems.HasErrors() {
				return problems
			}
			warn(cmd.ErrOrStderr(), problems)
			registry, err := nodes.Catalog(nodes.Deps{}) // to read about the types
			if err != nil {
				return err
			}
			ports := func(typ string) (inputs, outputs int, known bool) {
				t, known := registry.Lookup(typ)
				return t.Inputs, t.Outputs, known
			}
			picture, err := draw(flows, graph.Options{Flow: flow, Ports: ports})
			if errors.Is(err, graph.ErrNoFlow) {
				return &usageError{err}
			}
			if err != nil {
				return err
			}
			return writeResult(cmd.OutOrStdout(), output, picture)
		},
	}
	cmd.Flags().StringVar(&format, "format", "svg", "what to write: `svg|dot|mermaid`")
	cmd.Flags().StringVar(&flow, "flow", "", "only the `FLOW` or subflow definition with this id or label")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to a `FILE`")
	return cmd
}
