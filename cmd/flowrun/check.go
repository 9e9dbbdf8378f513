package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

func newCheck() *cobra.Command {
	var (
		env    environment
		stubs  []string
		format string
	)
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Report all problems of flow files",
		Long: `Reports all problems of the files with their place and what to do about them.
Each file is checked by itself; 'flowrun deploy --dry-run FILE...' checks several
files as one deployment. - is standard input.`,
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
			var all flowfile.Problems
			for _, name := range args {
				problems, err := check(name, engineOptions{getenv: getenv, stubs: stubs})
				if err != nil {
					return err
				}
				all = append(all, problems...)
			}
			if err := write(cmd.OutOrStdout(), all); err != nil {
				return err
			}
			if all.HasErrors() {
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

// check returns the problems of one file: those of reading it, and if it can be
// read those of its nodes.
func check(name string, o engineOptions) (flowfile.Problems, error) {
	flows, problems := flowfile.Load(name)
	if problems.HasErrors() {
		return problems, nil
	}
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	problems = append(problems, e.Check(flows)...)
	problems.Sort()
	return problems, e.close(context.Background())
}

// reportFormats are the ways to print problems.
var reportFormats = map[string]func(io.Writer, flowfile.Problems) error{
	"text":   reportText,
	"json":   reportJSON,
	"github": reportGitHub,
}

func reportText(w io.Writer, problems flowfile.Problems) error {
	text := problems.Error()
	if len(problems) == 0 {
		text = "no problems"
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

func reportJSON(w io.Writer, problems flowfile.Problems) error {
	list := make(flow.Array, len(problems))
	for i, p := range problems {
		list[i] = flow.NewObject(
			"file", p.Pos.File, "line", float64(p.Pos.Line), "column", float64(p.Pos.Column),
			"severity", p.Severity.String(), "node", p.Node, "type", p.Type, "name", p.Name,
			"message", p.Text, "hint", p.Hint)
	}
	_, err := fmt.Fprintln(w, flow.JSON(list))
	return err
}

// reportGitHub prints workflow commands, which GitHub shows beside the lines of
// a change: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func reportGitHub(w io.Writer, problems flowfile.Problems) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for _, p := range problems {
		place := "file=" + property.Replace(p.Pos.File)
		if p.Pos.Line > 0 {
			place += fmt.Sprintf(",line=%d", p.Pos.Line)
		}
		if p.Pos.Column > 0 {
			place += fmt.Sprintf(",col=%d", p.Pos.Column)
		}
		_, message, _ := strings.Cut(p.String(), p.Severity.String()+": ")
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", p.Severity, place, data.Replace(message)); err != nil {
			return err
		}
	}
	return nil
}
