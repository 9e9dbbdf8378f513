// Command flowbench measures flowrun against a plain Go server, prints a table of
// ratios and targets, and writes it to a page with plots.
//
//	make bench                                      # everything, into docs/performance.md
//	go run ./bench/flowbench -only echo -rounds 1   # a quick look
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/bench"
)

func main() {
	served, err := bench.ServePlain()
	if !served {
		err = runUntilInterrupt()
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "flowbench:", err)
		os.Exit(1)
	}
}

func runUntilInterrupt() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// options are the flags of the command.
type options struct {
	only     string
	rounds   int
	messages int
	sessions int
	peers    bool
	profile  bool
	out      string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	var o options
	flags := flag.NewFlagSet("flowbench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.only, "only", strings.Join(names, ","), "the `parts` to measure")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each load is measured; the median counts")
	flags.IntVar(&o.messages, "messages", 50_000, "messages of a round with one in flight; other loads are in proportion")
	flags.IntVar(&o.sessions, "sessions", 15_000, "idle sessions")
	flags.BoolVar(&o.peers, "peers", false, "measure Node-RED too; npm installs it into the user's cache folder")
	flags.BoolVar(&o.profile, "profile", true, "show where the time goes, if the table goes to a page")
	flags.StringVar(&o.out, "out", "", "replace the marked section of this Markdown `page`, and write plots next to it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	if flags.NArg() > 0 || o.rounds < 1 || o.messages < connections || o.sessions < 1 {
		return errors.New("there must be no arguments, at least one round and session, and 50 messages")
	}
	return measure(ctx, o, chosen, "flowbench "+strings.Join(args, " "), stdout, stderr)
}

// choose returns the parts whose names stand in a list with commas.
func choose(list string) ([]part, error) {
	all := parts()
	var chosen []part
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// measure runs the chosen parts and writes what they say.
func measure(ctx context.Context, o options, chosen []part, command string, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "flowbench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l := &lab{rounds: o.rounds, messages: o.messages, sessions: o.sessions, dir: dir, progress: stderr}
	if l.binary, err = bench.Build(ctx, dir); err != nil {
		return err
	}
	var profiling string // a flowrun that profiles itself
	if o.out != "" && o.profile {
		if profiling, err = l.buildProfiler(ctx); err != nil {
			return err
		}
	}
	if o.peers {
		l.nodeRED, err = installNodeRED(ctx, dir)
		if errors.Is(err, errNoNpm) {
			_, _ = fmt.Fprintln(stderr, "Node-RED is left out:", err)
		} else if err != nil {
			return err
		}
	}
	var rows []row
	for _, p := range chosen {
		more, err := p.run(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		rows = append(rows, more...)
	}
	if err := writeText(stdout, rows); err != nil || o.out == "" {
		return err
	}
	section := report{rows: rows, command: command, nodeRED: l.nodeRED}
	if profiling != "" {
		if section.profile, err = l.profile(ctx, profiling); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
	}
	return section.writeTo(o.out)
}
