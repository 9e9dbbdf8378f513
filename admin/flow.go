package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

// One flow at a time: /flow/:id. It is {id, label, disabled, info, env, nodes,
// configs}, and for the id global {id, configs, subflows}. The errors are in
// Node-RED's words.

const (
	globalFlow   = "global"
	instanceType = "subflow:" // followed by the id of the definition
)

// errNoFlow says that there is no flow with the id given.
var errNoFlow = errors.New("Error")

// getFlow answers with one flow.
func (h *handler) getFlow(w http.ResponseWriter, r *http.Request) {
	flows := h.Runtime.Flows()
	if flows == nil {
		flows = &flowfile.Flows{}
	}
	if id := r.PathValue("id"); id == globalFlow {
		answerJSON(w, globalOf(flows))
	} else if tab := tabOf(flows, id); tab != nil {
		answerJSON(w, flowOf(flows, tab))
	} else {
		failFlow(w, errNoFlow)
	}
}

// postFlow adds a flow and answers with its new id.
func (h *handler) postFlow(w http.ResponseWriter, r *http.Request) {
	h.changeFlow(w, r, func(body *flow.Object, now *flowfile.Flows) (string, flow.Array, error) {
		nodes, ok := body.Get("nodes").(flow.Array)
		if !ok {
			return "", nil, errors.New("missing nodes property")
		}
		id := flow.Text(flow.NewID())
		list := append(nodesOf(now), newTab(id, body))
		configs, _ := body.Get("configs").(flow.Array)
		for _, n := range slices.Concat(nodes, configs) {
			o, ok := n.(*flow.Object)
			if !ok {
				return "", nil, errors.New("a node must be a JSON object")
			}
			switch typ := flow.Text(o.Get("type")); {
			case now.Lookup(flow.Text(o.Get("id"))) != nil:
				return "", nil, errors.New("duplicate id")
			case typ == "tab" || typ == "subflow":
				return "", nil, errors.New("invalid node type: " + typ)
			}
			list = append(list, within(id, o))
		}
		return id, list, nil
	})
}

// putFlow replaces a flow, or all that is in none.
func (h *handler) putFlow(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	h.changeFlow(w, r, func(body *flow.Object, now *flowfile.Flows) (string, flow.Array, error) {
		if id == globalFlow {
			return id, replaceGlobal(now, body), nil
		}
		if tabOf(now, id) == nil {
			return "", nil, errNoFlow
		}
		tab := newTab(id, body)
		if v, ok := body.Lookup("credentials"); ok {
			tab.Set("credentials", v)
		}
		list := append(without(now, id), tab)
		nodes, _ := body.Get("nodes").(flow.Array)
		configs, _ := body.Get("configs").(flow.Array)
		for _, n := range slices.Concat(nodes, configs) {
			if o, ok := n.(*flow.Object); ok && o.Get("type") != "tab" {
				n = within(id, o)
			}
			list = append(list, n)
		}
		return id, list, nil
	})
}

// deleteFlow removes a flow.
func (h *handler) deleteFlow(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	h.changeFlow(w, r, func(_ *flow.Object, now *flowfile.Flows) (string, flow.Array, error) {
		switch {
		case id == globalFlow:
			return "", nil, errors.New("not allowed to remove global")
		case tabOf(now, id) == nil:
			return "", nil, errNoFlow
		}
		return "", without(now, id), nil
	})
}

// changeFlow deploys the nodes that change makes of the body and of the flows
// that run, and answers with the id of the flow, or with nothing if it is empty.
func (h *handler) changeFlow(w http.ResponseWriter, r *http.Request, change func(*flow.Object, *flowfile.Flows) (string, flow.Array, error)) {
	body, ok := readObject(w, r)
	if !ok {
		return
	}
	if body == nil {
		body = &flow.Object{}
	}
	h.deploying.Lock()
	defer h.deploying.Unlock()
	now := h.Runtime.Flows()
	if now == nil {
		now = &flowfile.Flows{}
	}
	id, nodes, err := change(body, now)
	if err != nil {
		failFlow(w, err)
		return
	}
	// A client that hangs up does not cut a deploy short.
	if err := h.deploy(context.WithoutCancel(r.Context()), upload{nodes: nodes}, runtime.Flows); err != nil {
		failDeploy(w, err)
		return
	}
	h.Comms.deployed(revision(nodesOf(h.Runtime.Flows())))
	if id == "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answerJSON(w, flow.NewObject("id", id))
}

func failFlow(w http.ResponseWriter, err error) {
	if errors.Is(err, errNoFlow) {
		fail(w, http.StatusNotFound, "not_found", err.Error())
		return
	}
	fail(w, http.StatusBadRequest, "unexpected_error", err.Error())
}

// tabOf returns a flow's tab, also one that only its nodes imply; nil if there
// is none.
func tabOf(flows *flowfile.Flows, id string) *flowfile.Node {
	if n := flows.Lookup(id); n != nil && n.Type == "tab" {
		return n
	}
	return nil
}

// flowOf returns a flow: its groups, its nodes, and apart from them its config
// nodes.
func flowOf(flows *flowfile.Flows, tab *flowfile.Node) *flow.Object {
	o := flow.NewObject("id", tab.ID)
	if label := tab.Props.Get("label"); flow.Truthy(label) {
		o.Set("label", label)
	}
	for _, key := range []string{"disabled", "info", "env"} {
		if v, ok := tab.Props.Lookup(key); ok {
			o.Set(key, v)
		}
	}
	nodes, groups, configs := membersOf(flows, tab.ID)
	o.Set("nodes", append(groups, nodes...))
	if len(configs) > 0 {
		o.Set("configs", configs)
	}
	return o
}

// globalOf returns what is in no flow: config nodes, and the definitions of
// subflows with what is in them.
func globalOf(flows *flowfile.Flows) *flow.Object {
	o := flow.NewObject("id", globalFlow)
	configs, subflows := flow.Array{}, flow.Array{}
	for _, n := range flows.Nodes {
		switch {
		case n.Type == "subflow":
			nodes, groups, inside := membersOf(flows, n.ID)
			definition := n.Props.Clone()
			definition.Set("configs", inside)
			definition.Set("nodes", append(nodes, groups...))
			subflows = append(subflows, definition)
		case n.Z == "" && !n.OnCanvas && n.Type != "tab" && n.Type != "group":
			config := n.Props.Clone()
			config.Set("_users", usersOf(flows, n.ID))
			configs = append(configs, config)
		}
	}
	if len(configs) > 0 {
		o.Set("configs", configs)
	}
	if len(subflows) > 0 {
		o.Set("subflows", subflows)
	}
	return o
}

// membersOf returns what is in a tab or a subflow: link out nodes without the
// wires that Node-RED derives from their links, and instances of subflows with
// the id of what they are an instance of.
func membersOf(flows *flowfile.Flows, id string) (nodes, groups, configs flow.Array) {
	nodes, groups, configs = flow.Array{}, flow.Array{}, flow.Array{}
	for _, n := range flows.Nodes {
		switch {
		case n.Z != id:
		case n.Type == "group":
			groups = append(groups, n.Props)
		case !n.OnCanvas:
			configs = append(configs, n.Props)
		case n.Type == "link out":
			o := n.Props.Clone()
			o.Delete("wires")
			nodes = append(nodes, o)
		case strings.HasPrefix(n.Type, instanceType):
			o := n.Props.Clone()
			o.Set("subflow", strings.TrimPrefix(n.Type, instanceType))
			nodes = append(nodes, o)
		default:
			nodes = append(nodes, n.Props)
		}
	}
	return nodes, groups, configs
}

// usersOf returns the ids of the nodes that have a config node's id as the value
// of a property, once for each such property.
func usersOf(flows *flowfile.Flows, id string) flow.Array {
	users := flow.Array{}
	for _, n := range flows.Nodes {
		if n.Type == "tab" || n.Type == "subflow" || n.Type == "group" {
			continue
		}
		for key, v := range n.Props.All() {
			if v == id && key != "id" && key != "wires" && key != "type" {
				users = append(users, n.ID)
			}
		}
	}
	return users
}

// newTab returns the tab of a flow as a client describes it.
func newTab(id string, body *flow.Object) *flow.Object {
	tab := flow.NewObject("type", "tab")
	if label, ok := body.Lookup("label"); ok {
		tab.Set("label", label)
	}
	tab.Set("id", id)
	for _, key := range []string{"info", "disabled", "env"} {
		if v, ok := body.Lookup(key); ok {
			tab.Set(key, v)
		}
	}
	return tab
}

// within returns a node as it is in a flow.
func within(id string, node *flow.Object) *flow.Object {
	c := node.Clone()
	c.Set("z", id)
	return c
}

// without returns the nodes that are not a flow and not in it.
func without(flows *flowfile.Flows, id string) flow.Array {
	list := flow.Array{}
	for _, n := range flows.Nodes {
		if n.ID != id && n.Z != id {
			list = append(list, n.Props)
		}
	}
	return list
}

// replaceGlobal returns the nodes that are in a flow, and those of the body
// instead of the others.
func replaceGlobal(flows *flowfile.Flows, body *flow.Object) flow.Array {
	list := flow.Array{}
	for _, n := range flows.Nodes {
		if n.Type == "tab" || tabOf(flows, n.Z) != nil {
			list = append(list, n.Props)
		}
	}
	add := func(o *flow.Object, key string) {
		nodes, _ := o.Get(key).(flow.Array)
		for _, n := range nodes {
			if node, ok := n.(*flow.Object); ok {
				node = node.Clone()
				node.Delete("_users") // what getFlow has added
				n = node
			}
			list = append(list, n)
		}
	}
	add(body, "configs")
	subflows, _ := body.Get("subflows").(flow.Array)
	for _, s := range subflows {
		subflow, ok := s.(*flow.Object)
		if !ok {
			continue
		}
		add(subflow, "nodes")
		add(subflow, "configs")
		definition := subflow.Clone()
		definition.Delete("nodes")
		definition.Delete("configs")
		list = append(list, definition)
	}
	return list
}

// getState answers whether the flows run. They always do: a deploy that cannot
// be started is refused, and there is no way to stop them (as in Node-RED, unless
// its settings allow it).
func getState(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, flow.NewObject("state", "start"))
}
