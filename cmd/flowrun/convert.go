package main

import (
	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flowfile"
)

func newConvert() *cobra.Command {
	var to, output string
	var byHand bool
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Convert a flow file between JSON and YAML",
		Long: `Converts a flow file from JSON to YAML or back, and loses nothing: order, editor
positions and unknown fields stay. The result goes to standard output. - is
standard input.`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			switch {
			case to == "json", to == "yaml":
			case to != "":
				return usagef("unknown format %q: use json or yaml", to)
			case name == stdinName && output == "":
				return usagef("convert - needs --to json or --to yaml")
			default:
				to = otherFormat(name, output)
			}
			flows, problems := flowfile.Load(name)
			if problems.HasErrors() {
				return problems
			}
			warn(cmd.ErrOrStderr(), problems)
			if to == "json" {
				flows.Layout() // without positions the editor would not show the nodes
			}
			text := flows.JSON()
			switch {
			case to == "yaml" && byHand:
				text = flows.YAML(flowfile.ByHand)
			case to == "yaml":
				text = flows.YAML(flowfile.Plain)
			}
			return writeResult(cmd.OutOrStdout(), output, text)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the format to convert to, `json|yaml`; without it the one that FILE does not have")
	cmd.Flags().BoolVar(&byHand, "by-hand", false, "write YAML as people write it, with the nodes under their flow")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to a `FILE`")
	return cmd
}

// otherFormat returns the format of the output file, or the one that the input
// file does not have.
func otherFormat(input, output string) string {
	if output == "" && !isYAML(input) || isYAML(output) {
		return "yaml"
	}
	return "json"
}
