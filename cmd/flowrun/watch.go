package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/runtime"
)

// watchInterval is how often --watch looks. Looking works on every platform and
// file system, and with editors that replace a file instead of writing it.
const watchInterval = 500 * time.Millisecond

// watchFiles redeploys what changed whenever a file changes, until the context
// ends. Flows with errors are reported, and what runs goes on.
func (d *deployment) watchFiles(ctx context.Context, e *engine) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := d.stamps(); !slices.Equal(now, d.seen) {
			d.seen = now
			d.redeploy(ctx, e)
		}
	}
}

func (d *deployment) redeploy(ctx context.Context, e *engine) {
	flows, err := d.load()
	var plan runtime.Plan
	if err == nil {
		e.warnOfStubs(flows)
		plan, err = e.Deploy(ctx, flows, d.watchType())
	}
	if err != nil {
		d.logger.Error("the changed files were not deployed; what ran before goes on")
		for line := range strings.SplitSeq(err.Error(), "\n") {
			d.logger.Error(line)
		}
		return
	}
	d.logger.Info("redeployed", "added", len(plan.Add), "restarted", len(plan.Restart), "removed", len(plan.Remove), "rewired", len(plan.Rewire))
}

// watchType is nodes, to leave alone what did not change, unless the user wants
// it otherwise.
func (d *deployment) watchType() runtime.DeployType {
	if d.given("type") {
		return runtime.DeployType(d.typ)
	}
	return runtime.Nodes
}

// stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
}

// stamps returns the stamps of the files and of their credentials; that of a
// missing one is zero.
func (d *deployment) stamps() []stamp {
	var list []stamp
	for _, name := range slices.Concat(d.files, credentialFiles(d.files)) {
		var s stamp
		if info, err := os.Stat(name); err == nil {
			s = stamp{info.ModTime(), info.Size()}
		}
		list = append(list, s)
	}
	return list
}
