package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/nodes"
)

func newCheck() *cobra.Command {
	var (
		env    environment
		stubs  []string
		format string
	)
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Report all problems of flow files, and which of their nodes run",
		Long: `Reports all problems of the files with their place and what to do about them.
Each file is checked by itself; 'flowrun deploy --dry-run FILE...' checks several
files as one deployment. - is standard input.

Below the problems it lists the node types of all files: which are missing, which
run with a difference from Node-RED, and which just run.`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := reportFormats[format]
			if !ok {
				return usagef("unknown format %q: use text, json or github", format)
			}
			getenv, err := env.lookup()
			if err != nil {
				return err
			}
			registry, err := nodes.CatalogWithStubs(nodes.Deps{}, stubs) // to read about the types
			if err != nil {
				return err
			}
			all := report{files: args, types: newTypeCounts(registry, stubs)}
			for _, name := range args {
				flows, problems, err := check(name, engineOptions{getenv: getenv, stubs: stubs})
				if err != nil {
					return err
				}
				all.problems = append(all.problems, problems...)
				all.types.add(flows, problems)
			}
			if err := write(cmd.OutOrStdout(), all); err != nil {
				return err
			}
			if all.problems.HasErrors() {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "how to print them: `text|json|github`")
	env.addFlags(cmd)
	cmd.Flags().StringArrayVar(&stubs, "stub-type", nil, "take nodes of a `TYPE` for ones that do nothing (repeatable)")
	return cmd
}

// check returns one file and its problems: those of reading it, and if it can be
// read those of its nodes. A file that cannot be read has no flows.
func check(name string, o engineOptions) (*flowfile.Flows, flowfile.Problems, error) {
	flows, problems := flowfile.Load(name)
	if problems.HasErrors() {
		return &flowfile.Flows{}, problems, nil
	}
	e, err := newEngine(o)
	if err != nil {
		return nil, nil, err
	}
	problems = append(problems, e.Check(flows)...)
	problems.Sort()
	return flows, problems, e.close(context.Background())
}

// report is what check has to say about all files.
type report struct {
	files    []string
	problems flowfile.Problems
	types    *typeCounts
}

// reportFormats are the ways to print a report.
var reportFormats = map[string]func(io.Writer, report) error{
	"text":   reportText,
	"json":   reportJSON,
	"github": reportGitHub,
}

func reportText(w io.Writer, r report) error {
	text := r.problems.Error()
	if len(r.problems) == 0 {
		text = "no problems"
	}
	_, err := fmt.Fprint(w, text, "\n", r.types.text(r.files))
	return err
}

func reportJSON(w io.Writer, r report) error {
	list := make(flow.Array, len(r.problems))
	for i, p := range r.problems {
		list[i] = flow.NewObject(
			"file", p.Pos.File, "line", float64(p.Pos.Line), "column", float64(p.Pos.Column),
			"severity", p.Severity.String(), "node", p.Node, "type", p.Type, "name", p.Name,
			"message", p.Text, "hint", p.Hint)
	}
	all := flow.NewObject("problems", list)
	for key, v := range r.types.value(r.files).All() {
		all.Set(key, v)
	}
	_, err := fmt.Fprintln(w, flow.JSON(all))
	return err
}

// reportGitHub prints annotations. They are about lines, so that the node types
// are left out.
func reportGitHub(w io.Writer, r report) error {
	for _, p := range r.problems {
		_, message, _ := strings.Cut(p.String(), p.Severity.String()+": ")
		if err := annotate(w, p.Severity.String(), p.Pos, "", message); err != nil {
			return err
		}
	}
	return nil
}
