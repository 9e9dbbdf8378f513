package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/debugvalue"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/webroutes"
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
	stores   *state.Stores
	settings *settings.Live
	types    []flow.Type
	comms    *admin.Comms
	stubs    []string
	log      *slog.Logger
}

type engineOptions struct {
	log    *slog.Logger
	trace  *runtime.Trace
	tracer runtime.Tracer // nil: nobody follows causes
	getenv func(name string) (string, bool)
	stubs  []string // types that become inert nodes
	drain  time.Duration
	save   func(*flowfile.Flows) error // keeps what is deployed; may be nil

	context []state.Store    // none: in memory
	web     *webroutes.Table // where nodes serve HTTP; nil if nothing serves it
	// conformance runs flows as Node-RED's own tests need it.
	conformance bool
}

func newEngine(o engineOptions) (*engine, error) {
	sessions := session.New()
	stores, err := state.Open(state.Options{Stores: o.context, Log: o.log})
	if err != nil {
		return nil, fmt.Errorf("%w; choose a folder for it with --context DIR, or --context memory", err)
	}
	live, comms := &settings.Live{}, &admin.Comms{}
	registry, err := nodes.CatalogWithStubs(nodes.Deps{Sessions: sessions, Context: stores, Debug: showDebug(comms, o.log), Settings: live, Web: o.web}, o.stubs)
	if err != nil {
		return nil, err
	}
	rt := runtime.New(runtime.Options{
		Registry: registry, Context: stores, Log: o.log, Trace: o.trace, Tracer: o.tracer, Getenv: o.getenv, Drain: o.drain, Save: o.save,
		Conformance: o.conformance,
	})
	return &engine{Runtime: rt, sessions: sessions, stores: stores, settings: live, types: registry.Types(), comms: comms, stubs: o.stubs, log: o.log}, nil
}

// showDebug returns the place where debug nodes show values: the editor's
// sidebar, and the log at level debug. A value for the console is logged anyway.
func showDebug(comms *admin.Comms, log *slog.Logger) debug.Sink {
	logs := log != nil && log.Enabled(context.Background(), slog.LevelDebug)
	return func(f debug.Frame) {
		comms.Publish("debug", f.Object)
		if logs {
			text, format := debugvalue.Encode(f.Value)
			log.Debug(text, "node", f.ID, "type", "debug", "name", f.Name, "property", f.Property, "format", format)
		}
	}
}

// warnOfStubs names the nodes that do nothing, and the types to stub that no node
// has.
func (e *engine) warnOfStubs(flows *flowfile.Flows) {
	for _, typ := range e.stubs {
		if !slices.ContainsFunc(flows.Nodes, func(n *flowfile.Node) bool { return n.Type == typ }) {
			e.log.Warn("no node has the type of --stub-type; it takes one type, give it again for each", "type", typ)
		}
	}
	for _, n := range flows.Nodes {
		if slices.Contains(e.stubs, n.Type) {
			e.log.Warn("a stub stands in for this node: it drops all messages", "node", n.ID, "type", n.Type, "name", n.Name, "at", n.Pos.String())
		}
	}
}

// close drains and stops the flows, and releases the stores.
func (e *engine) close(ctx context.Context) error {
	return errors.Join(e.Shutdown(ctx), e.release())
}

// release closes what sessions the flows have left, and writes the context.
func (e *engine) release() error {
	e.sessions.Close()
	return e.stores.Close()
}
