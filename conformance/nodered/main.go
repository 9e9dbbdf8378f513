// Command nodered runs Node-RED's own spec files against flowrun, unmodified, and
// says which of their titles pass.
//
//	make specs NODE_RED_SRC=DIR                           all, into docs/compatibility.md
//	go run ./conformance/nodered -src DIR -only delay     those whose path matches
//
// DIR is a checkout of github.com/node-red/node-red; its test folder is what
// runs. Node.js and npm are needed. The modules that the specs use are installed
// once, into the user's cache folder.
//
// # How
//
// The specs were written to run in one process with Node-RED. Here mocha runs
// them with the modules of the folder shim in place of Node-RED's test helper:
// flows are deployed to a `flowrun serve --conformance` over HTTP, and the spec
// gets stand-ins for the nodes, which turn what it does to them into commands to
// the tap, and what the tap says of the nodes into calls that the spec sees.
//
// # What counts
//
// titles.json lists, by spec file, the titles that pass when the same shim drives
// a real Node-RED; the others look at things inside of its process. reasons.yaml
// says why flowrun does not pass some of them, and which folders are left out.
// A title that fails without a reason makes the command fail, and so does one
// that passes though it has a reason.
//
// Many titles measure times. A spec file with a title that fails without a reason
// runs a second time, and what passes then has passed; the command says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"

	"github.com/flowrun/flowrun/bench"
	"github.com/flowrun/flowrun/internal/page"
)

// sectionName is the name of the section of a page that has the table.
const sectionName = "specs"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "nodered:", err)
		os.Exit(1)
	}
}

// options are the flags of the command.
type options struct {
	source   string
	only     string
	parallel int
	page     string
	keep     string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	flags := flag.NewFlagSet("nodered", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.source, "src", os.Getenv("NODE_RED_SRC"), "the checkout of Node-RED, a `folder`")
	flags.StringVar(&o.only, "only", "", "run only the spec files whose path matches this `pattern`")
	flags.IntVar(&o.parallel, "parallel", 2, "how many spec files run at a time, each with a flowrun of its own")
	flags.StringVar(&o.page, "write", "", "replace the section of this Markdown `page`")
	flags.StringVar(&o.keep, "keep", "", "keep results and logs in this `folder`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	only, err := regexp.Compile(o.only)
	switch {
	case err != nil:
		return err
	case flags.NArg() > 0 || o.parallel < 1:
		return errors.New("there must be no arguments, and at least one spec file at a time")
	case o.source == "":
		return errors.New("where is Node-RED? Give -src or NODE_RED_SRC, a checkout of github.com/node-red/node-red")
	case o.page != "" && o.only != "":
		return errors.New("-write takes all spec files, not only some")
	}
	if o.source, err = filepath.Abs(o.source); err != nil {
		return err
	}
	plan, err := newPlan(only)
	if err != nil {
		return err
	}
	return plan.run(ctx, o, stdout, stderr)
}

// run runs the spec files and reports.
func (p *plan) run(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	version, err := versionOf(o.source)
	if err != nil {
		return err
	}
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "specs"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	} else if err = os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fmt.Fprintln(stderr, "preparing: modules, flowrun")
	l := &lab{source: o.source, dir: dir}
	if l.modules, err = installModules(ctx); err != nil {
		return err
	}
	if err := l.writeShim(); err != nil {
		return err
	}
	if l.binary, err = bench.Build(ctx, dir); err != nil {
		return err
	}
	results, err := l.runAll(ctx, p, o.parallel, stdout)
	if err != nil {
		return err
	}
	writeText(stdout, p, results)
	if o.page != "" {
		if err := page.Write(o.page, sectionName, markdown(p, results, version)); err != nil {
			return err
		}
	}
	return verdict(results)
}
