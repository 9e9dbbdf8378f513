package admin

import (
	"context"
	"io"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/graph"
	"github.com/flowrun/flowrun/runtime"
)

// consoleFlows answers with the flows that run as the console draws them:
//
//	{"rev":…, "tabs":[{id, label, disabled}], "nodes":[the objects of the file, with positions],
//	 "sources":[node types without an input], "looks":{type: {color, icon}}, "labels":{id: text}}
//
// The tabs include flows that have nodes but no tab. An icon is the d of an SVG
// path (see [graph.Look]).
func (h *handler) consoleFlows(w http.ResponseWriter, _ *http.Request) {
	flows := h.Runtime.Flows()
	tabs := flow.Array{}
	if flows != nil {
		for _, tab := range flows.Tabs() {
			tabs = append(tabs, flow.NewObject("id", tab.ID, "label", tab.Name, "disabled", tab.Disabled))
		}
	}
	looks, labels := looksOf(flows)
	answerJSON(w, flow.NewObject("rev", revision(nodesOf(flows)), "tabs", tabs, "nodes", nodesOf(laidOut(flows)), "sources", h.sources(),
		"looks", looks, "labels", labels))
}

// looksOf returns how the nodes of the flows look, by type, and what they are
// called, by id.
func looksOf(f *flowfile.Flows) (looks, labels *flow.Object) {
	looks, labels = &flow.Object{}, &flow.Object{}
	if f != nil {
		graph.Looks(f, func(n *flowfile.Node, l graph.Look) {
			looks.Set(n.Type, flow.NewObject("color", l.Colour, "icon", l.Icon))
			labels.Set(n.ID, l.Label)
		})
	}
	return looks, labels
}

// sources returns the names of the node types that have no input.
func (h *handler) sources() flow.Array {
	list := flow.Array{}
	for _, t := range h.Types {
		if t.Inputs == 0 {
			list = append(list, t.Name)
		}
	}
	return list
}

// laidOut returns flows in which every node of a tab has a position; f stays as
// it is.
func laidOut(f *flowfile.Flows) *flowfile.Flows {
	if f == nil {
		return nil
	}
	out := *f
	out.Nodes = make([]*flowfile.Node, len(f.Nodes))
	for i, n := range f.Nodes {
		c := *n
		out.Nodes[i] = &c
	}
	out.Layout()
	return &out
}

// dropped is a flow file that was dropped on the console: the body of a request,
// its ?name= (which tells JSON from YAML) and the deploy ?type=.
type dropped struct {
	flows      *flowfile.Flows
	problems   flowfile.Problems
	deployType runtime.DeployType
}

// readDropped reads the file; if it cannot, it answers so and returns false.
func readDropped(w http.ResponseWriter, r *http.Request) (dropped, bool) {
	query := r.URL.Query()
	deployType, err := runtime.ParseDeployType(query.Get("type"))
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid_deployment_type", err.Error())
		return dropped{}, false
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		failBody(w, err)
		return dropped{}, false
	}
	flows, problems := flowfile.Parse(query.Get("name"), text)
	return dropped{flows, problems, deployType}, true
}

// consolePlan answers with what a deploy of a file would do, and does nothing:
//
//	{"ok":…, "rev": of what runs, "problems":[…], "flows":[labels],
//	 "add":[{id, type, name, z}], "restart":[…], "remove":[…], "rewire":[…]}
//
// It is not ok if one of the problems is an error; there is no plan then.
func (h *handler) consolePlan(w http.ResponseWriter, r *http.Request) {
	file, ok := readDropped(w, r)
	if !ok {
		return
	}
	problems := file.problems
	if !problems.HasErrors() {
		problems = h.Runtime.Check(file.flows)
	}
	old := h.Runtime.Flows()
	answer := flow.NewObject("ok", !problems.HasErrors(), "rev", revision(nodesOf(old)), "problems", problemList(problems))
	if !problems.HasErrors() {
		addPlan(answer, old, file)
	}
	answerJSON(w, answer)
}

func addPlan(answer *flow.Object, old *flowfile.Flows, file dropped) {
	var kept flowfile.Credentials
	if old != nil {
		kept = old.Credentials
	}
	next := file.flows.SplitCredentials(kept)
	plan := runtime.Diff(old, next, file.deployType)
	labels := flow.Array{}
	for _, tab := range next.Tabs() {
		name := tab.Name
		if name == "" {
			name = tab.ID
		}
		labels = append(labels, name)
	}
	answer.Set("flows", labels)
	is, was := next.Expand(), next
	if old != nil {
		was = old.Expand()
	}
	answer.Set("add", named(is, plan.Add))
	answer.Set("restart", named(is, plan.Restart))
	answer.Set("remove", named(was, plan.Remove))
	answer.Set("rewire", named(is, plan.Rewire))
}

// named says what the nodes of a plan are.
func named(flows *flowfile.Flows, ids []string) flow.Array {
	list := flow.Array{}
	for _, id := range ids {
		if n := flows.Lookup(id); n != nil {
			list = append(list, flow.NewObject("id", id, "type", n.Type, "name", n.Name, "z", n.Z))
		}
	}
	return list
}

func problemList(problems flowfile.Problems) flow.Array {
	list := flow.Array{}
	for _, p := range problems {
		list = append(list, flow.NewObject("severity", p.Severity.String(), "line", float64(p.Pos.Line), "column", float64(p.Pos.Column),
			"id", p.Node, "type", p.Type, "name", p.Name, "message", p.Text, "hint", p.Hint))
	}
	return list
}

// consoleDeploy deploys a file, unless other flows run than those of ?rev=. The
// answers are those of POST /flows in its second version.
func (h *handler) consoleDeploy(w http.ResponseWriter, r *http.Request) {
	file, ok := readDropped(w, r)
	if !ok {
		return
	}
	if file.problems.HasErrors() {
		failDeploy(w, file.problems)
		return
	}
	u := upload{nodes: nodesOf(laidOut(file.flows)), rev: r.URL.Query().Get("rev"), v2: true}
	if file.flows.Envelope != nil {
		u.credentials = file.flows.Envelope.Get("credentials")
	}
	h.deployUpload(context.WithoutCancel(r.Context()), w, u, file.deployType)
}
