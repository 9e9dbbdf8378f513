package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/state"
)

// adminOff is the value of --admin for no admin API.
const adminOff = "off"

// inMemory is the value of --context for no files.
const inMemory = "memory"

// deployment is one run of the deploy command: its flags, and what it reads
// and writes.
type deployment struct {
	files   []string
	admin   string
	access  adminAccess
	web     web
	typ     string
	dryRun  bool
	watch   bool
	trace   string
	otlp    otlp
	env     environment
	secret  credentialSecret
	to      string // the URL of who runs the flows; "" for this process
	token   string // for to
	context string
	stubs   []string
	drain   time.Duration
	log     logFlags

	// serves has it start without files and wait for deploys.
	serves      bool
	data        string // the directory that keeps them; "" for none
	conformance bool   // see engineOptions

	given  func(flag string) bool // tells whether a flag stands on the command line
	stdout io.Writer
	stderr io.Writer
	logger *slog.Logger
	seen   []stamp // of the files as they run
}

func newDeploy() *cobra.Command {
	var d deployment
	cmd := &cobra.Command{
		Use:   "deploy FILE...",
		Short: "Check flows, start them and run until SIGINT or SIGTERM",
		Long: `Checks the files, starts their flows and runs them until SIGINT or SIGTERM. Then
it takes in nothing more, lets what is under way come to its end, and stops; a
second signal ends it at once. Several files are one deployment; - is standard
input.

With --to the flows go to a flowrun or a Node-RED that runs already, with the
credentials that are beside the files, and replace all that it has. If somebody
else deploys there at the same time, nothing is changed.`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			d.files, d.given = args, cmd.Flags().Changed
			d.stdout, d.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if d.given("to") || d.given("token") {
				return d.push(cmd.Context(), cmd.Flags())
			}
			return d.run()
		},
	}
	d.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&d.to, "to", "", "deploy to the flowrun or Node-RED that has its admin API at this `URL`, and end")
	f.StringVar(&d.token, "token", "", "a `TOKEN` that the admin API of --to accepts; "+tokenEnv+" in the environment is the same, and nobody sees it in the list of processes")
	f.StringVar(&d.typ, "type", "full", "what a redeploy restarts: `full|flows|nodes`; for --watch nodes if not given")
	f.BoolVar(&d.dryRun, "dry-run", false, "print the plan and start nothing")
	f.BoolVar(&d.watch, "watch", false, "redeploy what changed when a file changes")
	return cmd
}

// addFlags adds the flags that deploy and serve have in common.
func (d *deployment) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.admin, "admin", "127.0.0.1:1880", "serve the admin API on this `ADDRESS`, or off; other than loopback addresses need --admin-users or a token in "+tokenEnv)
	d.access.addFlags(cmd)
	d.web.addFlags(cmd)
	f.StringVar(&d.trace, "trace", "", "append all that happens to a `FILE`, a JSON object a line")
	d.otlp.addFlags(cmd)
	d.env.addFlags(cmd)
	d.secret.addFlags(cmd)
	f.StringVar(&d.context, "context", inMemory, "where flows keep their context: `memory|DIR`; a directory has the layout of Node-RED's localfilesystem store")
	f.StringArrayVar(&d.stubs, "stub-type", nil, "replace nodes of a `TYPE` by ones that do nothing (repeatable)")
	f.DurationVar(&d.drain, "drain", 10*time.Second, "how long to wait for what is under way before the end")
	d.log.addFlags(cmd)
}

func (d *deployment) run() error {
	var err error
	if d.logger, err = d.log.logger(d.stderr); err != nil {
		return err
	}
	deployType, err := runtime.ParseDeployType(d.typ)
	if err != nil {
		return &usageError{err}
	}
	if d.watch && slices.Contains(d.files, stdinName) {
		return usagef("--watch cannot watch standard input")
	}
	if d.admin != adminOff {
		if err := d.access.read(d.logger); err != nil {
			return err
		}
		if err := d.access.check(d.admin); err != nil {
			return err
		}
	}
	if err := d.otlp.read(); err != nil {
		return err
	}
	getenv, err := d.env.lookup()
	if err != nil {
		return err
	}
	if err := d.secret.read(); err != nil {
		return err
	}
	options := engineOptions{log: d.logger, getenv: getenv, stubs: d.stubs, drain: d.drain, conformance: d.conformance}
	if d.serves {
		return d.waitForDeploys(options, deployType)
	}
	d.seen = d.stamps()
	flows, err := d.load()
	if err != nil {
		return err
	}
	if d.dryRun {
		return d.printPlan(options, flows, deployType)
	}
	options.context = contextStores(d.context)
	return d.serve(options, flows, deployType)
}

// contextStores returns the stores that --context asks for. With a directory a
// flow may still name the store memory for what is not worth keeping.
func contextStores(context string) []state.Store {
	if context == inMemory {
		return nil
	}
	return []state.Store{{Name: "file", Dir: context}, {Name: state.DefaultStore}}
}

// load reads the files. The error is a flowfile.Problems; mere warnings are
// logged.
func (d *deployment) load() (*flowfile.Flows, error) {
	flows, problems := flowfile.Load(d.files...)
	if problems.HasErrors() {
		return nil, problems
	}
	for _, p := range problems {
		d.logger.Warn(p.String())
	}
	return flows, d.secret.load(flows, d.files)
}

func (d *deployment) printPlan(o engineOptions, flows *flowfile.Flows, t runtime.DeployType) error {
	e, err := newEngine(o)
	if err != nil {
		return err
	}
	problems := e.Check(flows)
	if err := e.close(context.Background()); err != nil {
		return err
	}
	if problems.HasErrors() {
		return problems
	}
	warn(d.stderr, problems)
	_, err = io.WriteString(d.stdout, runtime.Diff(nil, flows, t).String())
	return err
}

// serve runs the flows, if there are any yet, until a signal comes.
func (d *deployment) serve(o engineOptions, flows *flowfile.Flows, t runtime.DeployType) (err error) {
	ctx, stop := untilSignal(os.Exit)
	defer stop()
	listener, err := d.listenAdmin(ctx)
	if err != nil {
		return err
	}
	var adminTakes func(method, path string) bool
	if listener != nil {
		defer func() { _ = listener.Close() }() // the admin server may have done so
		adminTakes = admin.Takes(admin.Options{Auth: d.access.auth})
	}
	defer func() { err = errors.Join(err, d.web.close()) }()
	if o.web, err = d.web.open(ctx, adminTakes, d.logger); err != nil {
		return err
	}
	if d.trace != "" {
		var closeTrace func() error
		if o.trace, closeTrace, err = openTrace(d.trace); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeTrace()) }()
	}
	tracer, err := d.otlp.open(d.logger)
	if err != nil {
		return err
	}
	if tracer != nil {
		o.tracer = tracer
		defer func() { stopServer("traces", tracer.Close, time.Now().Add(d.drain), d.logger) }()
	}
	defer paceCollector()()
	e, err := newEngine(o)
	if err != nil {
		return err
	}
	if flows != nil {
		err = d.start(ctx, e, flows, t)
	}
	var serving servers
	if err == nil {
		serving = d.startServers(e, listener, o.web)
		d.untilDone(ctx, e)
	}
	serving.drain()
	limit := time.Now().Add(d.drain)
	closeErr := e.Shutdown(context.Background()) // before the servers, which write what flows still answer
	serving.close(limit, d.logger)
	if closeErr = errors.Join(closeErr, e.release()); closeErr != nil {
		d.logger.Warn("not everything came to its end", "error", closeErr)
	}
	return err
}

// openTrace appends to a file, which only its owner may read: a trace has all
// that the flows get to see.
func openTrace(name string) (*runtime.Trace, func() error, error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fileError(err)
	}
	trace := runtime.NewTrace(f, version)
	return trace, func() error { return errors.Join(trace.Close(), f.Close()) }, nil
}

// start deploys for the first time.
func (d *deployment) start(ctx context.Context, e *engine, flows *flowfile.Flows, t runtime.DeployType) error {
	began := time.Now()
	e.warnOfStubs(flows)
	plan, err := e.Deploy(ctx, flows, t)
	if err != nil {
		return err
	}
	d.logger.Info(fmt.Sprintf("flowrun %s: %s in %s started in %d ms",
		version, count(len(plan.Add), "node"), count(len(flows.Tabs()), "flow"), time.Since(began).Milliseconds()))
	debug.FreeOSMemory() // reading a file takes several times what its flows need
	return nil
}

// untilDone watches the files, if it is to, until the context ends.
func (d *deployment) untilDone(ctx context.Context, e *engine) {
	if d.watch {
		d.watchFiles(ctx, e)
	}
	<-ctx.Done()
	d.logger.Info("stopping; a second signal stops at once")
}

// listenAdmin opens the admin port; nil without one. A busy port is an error if
// the user asked for it. If it is only the default, as when a second flowrun
// runs on the machine, the flows run without an admin API.
func (d *deployment) listenAdmin(ctx context.Context) (net.Listener, error) {
	if d.admin == adminOff {
		return nil, nil
	}
	l, err := admin.Listen(ctx, d.admin, d.access.auth != nil)
	if err == nil {
		d.access.warn(d.admin, d.logger)
		return l, nil
	}
	if d.serves || d.given("admin") {
		return nil, fmt.Errorf("%w; choose another with --admin ADDRESS, or --admin off", err)
	}
	d.logger.Warn("there is no admin API: its default address is not free; choose one with --admin ADDRESS", "error", err)
	return nil, nil
}
