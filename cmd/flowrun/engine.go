package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/nodes"
	"github.com/flowrun/flowrun/nodes/debug"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// engine is a runtime together with the stores that its nodes use.
type engine struct {
	*runtime.Runtime
	sessions *session.Store
	stubs    []string
	log      *slog.Logger
}

type engineOptions struct {
	log    *slog.Logger
	trace  *runtime.Trace
	getenv func(name string) (string, bool)
	stubs  []string // types that become inert nodes
	drain  time.Duration
}

func newEngine(o engineOptions) (*engine, error) {
	sessions, stores := session.New(), state.New()
	registry, err := newRegistry(nodes.Deps{Sessions: sessions, Context: stores, Debug: logDebug(o.log)}, o.stubs)
	if err != nil {
		return nil, err
	}
	rt := runtime.New(runtime.Options{
		Registry: registry, Context: stores, Log: o.log, Trace: o.trace, Getenv: o.getenv, Drain: o.drain,
	})
	return &engine{Runtime: rt, sessions: sessions, stubs: o.stubs, log: o.log}, nil
}

// logDebug returns the place where debug nodes show values as long as there is
// no sidebar: the log, at level debug. A value for the console is logged anyway.
func logDebug(log *slog.Logger) debug.Sink {
	if log == nil || !log.Enabled(context.Background(), slog.LevelDebug) {
		return nil
	}
	return func(f debug.Frame) {
		text, format := debug.EncodeDebug(f.Value)
		log.Debug(text, "node", f.ID, "type", "debug", "name", f.Name, "property", f.Property, "format", format)
	}
}

// newRegistry returns the catalog with some types replaced by stubs.
func newRegistry(deps nodes.Deps, stubs []string) (*flow.Registry, error) {
	catalog, err := nodes.Catalog(deps)
	if err != nil {
		return nil, err
	}
	var types []flow.Type
	for _, t := range catalog.Types() {
		if !slices.Contains(stubs, t.Name) {
			types = append(types, t)
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(stubs))) {
		types = append(types, nodes.Stub(name))
	}
	return flow.NewRegistry(types...)
}

// warnOfStubs names the nodes that do nothing.
func (e *engine) warnOfStubs(flows *flowfile.Flows) {
	for _, n := range flows.Nodes {
		if slices.Contains(e.stubs, n.Type) {
			e.log.Warn("a stub stands in for this node: it drops all messages", "node", n.ID, "type", n.Type, "name", n.Name, "at", n.Pos.String())
		}
	}
}

// close drains and stops the flows, then closes what sessions are left.
func (e *engine) close(ctx context.Context) error {
	err := e.Shutdown(ctx)
	e.sessions.Close()
	return err
}
