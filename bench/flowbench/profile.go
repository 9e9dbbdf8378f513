package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/bench"
)

// profiler is a file of package main that lets flowrun write a CPU profile. It is
// compiled into the binary that is profiled and into no other.
//
//go:embed profiler.go.txt
var profiler string

const (
	profileEnv  = "FLOWBENCH_PROFILE"
	profileTime = 6 * time.Second // as profiler.go.txt has it
)

// profiled says where the CPU time of a flow goes.
type profiled struct {
	name   string
	shares map[string]float64 // by the names of places
}

// profile runs the TCP flows under load, each in a flowrun of buildProfiler. It is
// empty if FLOWRUN_BIN gave a binary that cannot.
func (l *lab) profile(ctx context.Context, binary string) ([]profiled, error) {
	if binary == l.binary {
		return nil, nil
	}
	var all []profiled
	for i, flow := range tcpFlows() {
		file := filepath.Join(l.dir, fmt.Sprintf("%d.pprof", i))
		self := &lab{binary: binary, dir: l.dir, files: l.files, env: []string{profileEnv + "=" + file}}
		err := self.loadUntil(ctx, flow, file)
		l.files = self.files
		if err != nil {
			return nil, err
		}
		traces, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", file).Output()
		if err != nil {
			return nil, fmt.Errorf("reading a profile: %w", err)
		}
		shares, err := sharesOf(string(traces))
		if err != nil {
			return nil, err
		}
		all = append(all, profiled{flow.name, shares})
	}
	return all, nil
}

// buildProfiler builds flowrun with one file more.
func (l *lab) buildProfiler(ctx context.Context) (string, error) {
	where, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/flowrun/flowrun/cmd/flowrun").Output()
	if err != nil {
		return "", fmt.Errorf("looking for cmd/flowrun: %w", err)
	}
	dir := filepath.Join(l.dir, "profile")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	source, overlay := filepath.Join(dir, "profiler.go"), filepath.Join(dir, "overlay.json")
	target := filepath.Join(strings.TrimSpace(string(where)), "profiler_of_flowbench.go")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{target: source}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(source, []byte(profiler), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return "", err
	}
	return bench.Build(ctx, dir, "-overlay", overlay)
}

// loadUntil loads flowrun with one request in flight until its profile is there.
func (l *lab) loadUntil(ctx context.Context, f tcpFlow, profile string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, profileTime+loadPatience)
	defer cancel()
	c, err := l.start(ctx, flowrun, oneTCP(f))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	clients, err := bench.Dial(ctx, connections, loadPatience, c.addrs...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clients.Close()) }()
	for {
		if _, err := clients.Run(f.load(flowrun, bench.Load{Messages: 10_000, InFlight: 1})); err != nil {
			return err
		}
		if _, err := os.Stat(profile); !errors.Is(err, fs.ErrNotExist) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
}

// places name where time goes, by a part of a function's name. The innermost
// function of a stack that has a place decides.
var places = []struct{ function, place string }{
	{"syscall.read", "kernel: read"},
	{"syscall.write", "kernel: write"},
	{"runtime.netpoll", "kernel: waiting for sockets (epoll)"},
	{"runtime.gcBgMarkWorker", "garbage collection"},
	{"runtime.gcAssist", "garbage collection"},
	{"runtime.mallocgc", "allocation"},
	{"runtime.newobject", "allocation"},
	{"runtime.futex", "Go scheduler"},
	{"runtime.schedule", "Go scheduler"},
	{"runtime.mcall", "Go scheduler"},
	{"runtime.ready", "Go scheduler"},
	{"runtime.mstart", "Go scheduler"},
	{"internal/poll.", "Go's net package"},
	{"net.(", "Go's net package"},
	{"github.com/dop251/goja", "JavaScript (goja)"},
	{"flowrun/internal/js", "nodes"},
	{"flowrun/nodes/", "nodes"},
	{"flowrun/runtime/session", "sessions: framing, claims, write queues"},
	{"flowrun/runtime", "engine: loop, routing, credits"},
	{"flowrun/flow", "messages and values"},
}

const elsewhere = "elsewhere"

// placeOf returns the place of a stack, innermost function first.
func placeOf(stack []string) string {
	for _, function := range stack {
		for _, p := range places {
			if strings.Contains(function, p.function) {
				return p.place
			}
		}
	}
	return elsewhere
}

// sharesOf adds up the stacks that `go tool pprof -traces` prints: blocks between
// lines of dashes, with the time before the innermost function.
func sharesOf(traces string) (map[string]float64, error) {
	shares := map[string]float64{}
	var spent, total time.Duration
	var stack []string
	add := func() {
		if len(stack) > 0 {
			shares[placeOf(stack)] += float64(spent)
			total += spent
		}
		stack = stack[:0]
	}
	lines := bufio.NewScanner(strings.NewReader(traces))
	inBlocks := false
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "-----------+") {
			add()
			inBlocks = true
			continue
		}
		fields := strings.Fields(line)
		if !inBlocks || len(fields) == 0 {
			continue
		}
		if len(stack) == 0 {
			var err error
			if spent, err = time.ParseDuration(fields[0]); err != nil || len(fields) < 2 {
				return nil, fmt.Errorf("a profile has the line %q", line)
			}
			fields = fields[1:]
		}
		stack = append(stack, strings.Join(fields, " "))
	}
	add()
	for place := range shares {
		shares[place] /= float64(total)
	}
	return shares, lines.Err()
}

// profileTable returns the shares in percent, the largest of the first flow first.
func profileTable(all []profiled) string {
	var rows []string
	for _, p := range append(slices.Clone(places), struct{ function, place string }{"", elsewhere}) {
		if !slices.Contains(rows, p.place) {
			rows = append(rows, p.place)
		}
	}
	slices.SortStableFunc(rows, func(a, b string) int {
		return int(1e6 * (all[0].shares[b] - all[0].shares[a]))
	})
	var b strings.Builder
	b.WriteString("| CPU time, one in flight |")
	for _, p := range all {
		b.WriteString(" " + p.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(all)) + "\n")
	for _, place := range rows {
		fmt.Fprintf(&b, "| %s |", place)
		for _, p := range all {
			fmt.Fprintf(&b, " %.1f %% |", 100*p.shares[place])
		}
		b.WriteString("\n")
	}
	return b.String()
}
