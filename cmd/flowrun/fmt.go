package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flowfile"
)

// formatting is one run of the fmt command.
type formatting struct {
	write bool // back to the files
	check bool // only list files that are not formatted
}

func newFmt() *cobra.Command {
	var f formatting
	cmd := &cobra.Command{
		Use:   "fmt FILE...",
		Short: "Print flow files in their canonical form",
		Long: `Prints flow files in a canonical form in which changes make small diffs. With -w
it writes them back; with --check it lists the files that do not have this form
and exits with 1 if there is one. - is standard input.`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "write", "check"); err != nil {
				return err
			}
			var result error // one bad file does not keep the others from being formatted
			for _, name := range args {
				if err := f.file(cmd, name); err != nil {
					reportError(cmd.ErrOrStderr(), err)
					result = errReported
				}
			}
			return result
		},
	}
	cmd.Flags().BoolVarP(&f.write, "write", "w", false, "write the result to the file itself")
	cmd.Flags().BoolVar(&f.check, "check", false, "list the files that are not formatted")
	return cmd
}

func (f formatting) file(cmd *cobra.Command, name string) error {
	text, err := readFile(name, cmd.InOrStdin())
	if err != nil {
		return err
	}
	formatted, problems := flowfile.Format(name, text)
	if problems.HasErrors() {
		return problems
	}
	same := bytes.Equal(text, formatted)
	switch {
	case f.check && !same:
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), name); err != nil {
			return err
		}
		return errReported
	case f.check, f.write && same:
		return nil
	case f.write && name != stdinName:
		return writeResult(nil, name, formatted)
	}
	return writeResult(cmd.OutOrStdout(), "", formatted)
}
