// Command flowrun runs Node-RED-style flows, in JSON or YAML, as one static
// binary.
//
// Exit codes: 0 fine, 1 the flows have problems or could not run, 2 the command
// was wrong. Results go to standard output, logs and errors to standard error.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flowfile"
)

// The exit codes.
const (
	exitFine = iota
	exitFailed
	exitUsage
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run runs one command and returns the exit code.
func run(args []string, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	if err == nil {
		return exitFine
	}
	reportError(stderr, err)
	if usage := new(usageError); errors.As(err, &usage) {
		say(stderr, "Run '%s --help' for help.", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// say prints a line for the user. If that fails there is nobody left to tell.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

// reportError prints an error: the problems of flows with their places, anything
// else on one line, and nothing if the command has told already.
func reportError(w io.Writer, err error) {
	var problems flowfile.Problems
	switch {
	case errors.Is(err, errReported):
	case errors.As(err, &problems):
		say(w, "%v", problems)
	default:
		say(w, "flowrun: %v", err)
	}
}

// usageError says that the command was wrong, not the flows.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// errReported ends a command that has told already what went wrong.
var errReported = errors.New("reported")

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "flowrun",
		Short: "Run Node-RED-style flows",
		Long: `flowrun runs Node-RED-style flows, in JSON or YAML.

  flowrun deploy flows.json    start the flows and run until Ctrl-C
  flowrun check flows.json     report all problems of a file
  flowrun nodes tcp-listen     what a node type does and how to configure it`,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		Args:                       unknownCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(newDeploy(), newServe(), newCheck(), newTest(), newConvert(), newFmt(), newNodes(), newHashPassword(), newVersion())
	root.AddCommand(newStatus(), newSessions(), newInject(), newTap(), newDisconnect(), newGraph())
	return root
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		return usagef("unknown command %q, did you mean %s?", args[0], strings.Join(similar, " or "))
	}
	return usagef("unknown command %q", args[0])
}

// files wants at least one file name.
func files(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("%s needs a file: %s", cmd.Name(), cmd.UseLine())
	}
	return nil
}

// oneFile wants exactly one file name.
func oneFile(cmd *cobra.Command, args []string) error {
	if err := files(cmd, args); err != nil {
		return err
	}
	if len(args) > 1 {
		return usagef("%s takes one file, not %d", cmd.Name(), len(args))
	}
	return nil
}

// warn prints problems that are mere warnings.
func warn(w io.Writer, problems flowfile.Problems) {
	for _, p := range problems {
		say(w, "%v", p)
	}
}

// exclusive wants at most one of some flags.
func exclusive(cmd *cobra.Command, names ...string) error {
	given := slices.DeleteFunc(names, func(name string) bool { return !cmd.Flags().Changed(name) })
	if len(given) > 1 {
		return usagef("--%s cannot be given together", strings.Join(given, " and --"))
	}
	return nil
}
