package flowtests

import (
	"context"
	"slices"
	"strconv"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/nodes"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// The node types of stand-ins.
const (
	stubType  = "test stub"
	replyType = "test reply"
)

// engine runs the flows of one test, with all that nodes keep.
type engine struct {
	rt       *runtime.Runtime
	sessions *session.Store
	stores   *state.Stores
	flows    *flowfile.Flows
}

// prepare reads the flows, makes in them what the test has otherwise, and makes
// an engine for them.
func (r *run) prepare(o Options) (*engine, *Failure) {
	t := r.test
	fail := func(err error) *Failure { return &Failure{Pos: t.Pos, Text: err.Error()} }
	flows, problems := flowfile.Load(t.file.Flows...)
	if problems.HasErrors() {
		return nil, fail(problems)
	}
	if o.Prepare != nil {
		if err := o.Prepare(flows, t.file.Flows); err != nil {
			return nil, fail(err)
		}
	}
	r.adapt(flows)
	e := &engine{sessions: session.NewBy(r.clock), stores: state.New(), flows: flows}
	registry, err := nodes.CatalogWithStubs(nodes.Deps{Sessions: e.sessions, Context: e.stores, Settings: &settings.Live{}, Web: r.site.table},
		t.Setup.StubTypes, nodes.Stub(stubType), reply)
	if err != nil {
		return nil, fail(err)
	}
	e.rt = runtime.New(runtime.Options{Registry: registry, Context: e.stores, Getenv: r.getenv(o), Clock: r.clock})
	return e, nil
}

// getenv returns how nodes see the environment: the variables of the test first.
func (r *run) getenv(o Options) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if v, ok := r.variable(name); ok {
			return v, true
		}
		if o.Getenv == nil {
			return "", false
		}
		return o.Getenv(name)
	}
}

// variable returns a variable of the test: one of its own, or a fresh port.
func (r *run) variable(name string) (string, bool) {
	if v, ok := r.test.Setup.Env[name]; ok {
		return r.vars.Replace(v), true
	}
	if port, ok := r.ports[name]; ok {
		return strconv.Itoa(port), true
	}
	return "", false
}

// adapt puts the fresh ports, the variables and the stand-ins into the flows.
func (r *run) adapt(flows *flowfile.Flows) {
	for _, n := range flows.Nodes {
		if replacement, ok := r.test.Setup.Replace[n.ID]; ok {
			replacement.put(n, r)
		}
		if fresh, ok := r.ports[portOf(n)]; ok {
			set(n, "port", strconv.Itoa(fresh))
		}
		switch n.Type {
		case "tab", "group", "global-config":
			r.adaptEnv(n)
		}
	}
}

// adaptEnv gives the variables of a test precedence over those of a tab or group.
func (r *run) adaptEnv(n *flowfile.Node) {
	table, _ := n.Props.Get("env").(flow.Array)
	table = slices.Clone(table)
	for i, item := range table {
		entry, ok := item.(*flow.Object)
		if !ok {
			continue
		}
		if v, ok := r.variable(flow.Text(entry.Get("name"))); ok {
			entry = entry.Clone()
			entry.Set("value", v)
			if typ := entry.Get("type"); typ != "num" && typ != "bool" && typ != "json" {
				entry.Set("type", "str")
			}
			table[i] = entry
			set(n, "env", table)
		}
	}
}

// put has a stand-in take the place of a node.
func (p Replacement) put(n *flowfile.Node, r *run) {
	switch {
	case p.Stub:
		n.Type = stubType
		set(n, "type", stubType)
	case p.Set != nil:
		for key, v := range p.Set.All() {
			set(n, key, r.expand(v))
		}
		if typ, ok := p.Set.Get("type").(string); ok {
			n.Type = typ
		}
	default:
		replies := flow.Array{}
		for _, reply := range p.Replies {
			replies = append(replies, r.expand(reply))
		}
		n.Type = replyType
		set(n, "type", replyType)
		set(n, "replies", replies)
		set(n, "output", float64(p.Output))
	}
}

// set sets a property of a node that is shared with nobody.
func set(n *flowfile.Node, key string, v flow.Value) {
	n.Props = n.Props.Clone()
	n.Props.Set(key, v)
}

// close ends the flows at once, whatever is under way.
func (e *engine) close() {
	_ = e.rt.Shutdown(context.Background()) // that a node had not finished is no fault of the flow
	e.sessions.Close()
	_ = e.stores.Close() // they are in memory
}

// reply is the type of nodes that answer each message with another one.
var reply = flow.Define(flow.Spec[replyConfig]{
	Name: replyType, Inputs: 1, Outputs: 1,
	Summary: "Answers each message with the next of its replies.",
	New:     func(c replyConfig, _ flow.Env) (flow.Node, error) { return &replier{replyConfig: c}, nil },
})

type replyConfig struct {
	Replies flow.Value `json:"replies"`
	Output  int        `json:"output"`
}

type replier struct {
	replyConfig
	next int
}

// Handle implements [flow.Node]: it puts the properties of the next reply into
// the message and sends that. The last reply is the answer to all that follow.
func (n *replier) Handle(msg *flow.Message, out flow.Outlet) error {
	replies, _ := n.Replies.(flow.Array)
	if len(replies) == 0 {
		return nil
	}
	reply, _ := replies[min(n.next, len(replies)-1)].(*flow.Object)
	n.next++
	for key, v := range reply.All() {
		msg.Set(key, v)
	}
	out.Send(n.Output, msg)
	return nil
}
