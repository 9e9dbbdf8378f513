package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/flowtests"
)

// testRun is one run of the test command.
type testRun struct {
	env      environment
	secret   credentialSecret
	junit    string
	format   string
	run      []string
	parallel int
	verbose  bool
}

func newTest() *cobra.Command {
	var t testRun
	cmd := &cobra.Command{
		Use:   "test FILE...",
		Short: "Run the tests of flows",
		Long: `Runs flows against their own tests, which inject messages, talk TCP and UDP to
the flow, and expect messages, replies and status. A FILE is a test file, a flow
file with a section test or with a test file beside it (echo.test.yaml for
echo.json), or a directory with such files in it.

  flow: echo.json
  ports: [7777]            # each test gets a free port in its place
  tests:
    sends back what it gets:
      - {connect: client, port: 7777}
      - {send: client, line: hello}
      - {receive: client, line: hello}

All steps are in https://github.com/flowrun/flowrun/blob/main/docs/testing.md.`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.do(args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&t.junit, "junit", "", "write the results to a `FILE` as JUnit XML too")
	f.StringVar(&t.format, "format", "text", "how to print the results: `text|github`; github adds annotations to the text")
	f.StringArrayVar(&t.run, "run", nil, "run the tests with this `TEXT` in their names only (repeatable)")
	f.IntVar(&t.parallel, "parallel", max(4, 2*runtime.GOMAXPROCS(0)), "how many tests run at the same time")
	f.BoolVarP(&t.verbose, "verbose", "v", false, "print a line for each test")
	t.env.addFlags(cmd)
	t.secret.addFlags(cmd)
	return cmd
}

func (t *testRun) do(args []string, stdout io.Writer) error {
	switch {
	case t.format != "text" && t.format != "github":
		return usagef("unknown format %q: use text or github", t.format)
	case t.parallel < 1:
		return usagef("--parallel %d: must be 1 or more", t.parallel)
	}
	getenv, err := t.env.lookup()
	if err != nil {
		return err
	}
	if err := t.secret.read(); err != nil {
		return err
	}
	list, problems := flowtests.Load(args...)
	if problems.HasErrors() {
		return t.reportProblems(stdout, problems)
	}
	ctx, stop := untilSignal(os.Exit)
	defer stop()
	results := flowtests.Run(ctx, list, flowtests.Select(t.run), flowtests.Options{
		Getenv: getenv, Prepare: t.secret.load, Parallel: t.parallel,
	})
	if len(results) == 0 {
		return fmt.Errorf("no test has %q in its name", strings.Join(t.run, `" or "`))
	}
	return t.report(stdout, results)
}

// reportProblems tells why the test files cannot be run.
func (t *testRun) reportProblems(stdout io.Writer, problems flowfile.Problems) error {
	if t.format == "github" {
		if err := reportGitHub(stdout, report{problems: problems}); err != nil {
			return err
		}
	}
	return problems
}

// report prints the results where they are wanted.
func (t *testRun) report(stdout io.Writer, results []flowtests.Result) error {
	if err := flowtests.WriteText(stdout, results, t.verbose); err != nil {
		return err
	}
	failed := false
	for _, r := range results {
		if r.Failure == nil {
			continue
		}
		failed = true
		if t.format == "github" {
			if err := annotate(stdout, "error", r.Failure.Pos, r.Test.Name, r.Failure.Details()); err != nil {
				return err
			}
		}
	}
	if t.junit != "" {
		var b strings.Builder
		if err := flowtests.WriteJUnit(&b, results); err != nil {
			return err
		}
		if err := writeResult(stdout, t.junit, []byte(b.String())); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}
