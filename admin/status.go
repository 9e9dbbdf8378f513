package admin

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// getStatus answers with what there is to know of this instance at a glance:
//
//	{"version":…, "started":…, "uptime": seconds, "flows": n, "nodes": n, "sessions": n,
//	 "received": messages, "errors": n,
//	 "badges": [{"id", "type", "name"?, "z"?, "status": {fill, shape, text}}],
//	 "failed": [{"id", "type", "name"?, "z"?, "errors": n}]}
//
// The badges are those that are red or yellow, failed are the nodes that have
// reported errors. A node inside of a subflow instance counts like any other.
func (h *handler) getStatus(w http.ResponseWriter, _ *http.Request) {
	nodes := h.Runtime.Status()
	slices.SortFunc(nodes, func(a, b runtime.NodeStatus) int { return cmp.Compare(a.Path, b.Path) })
	var received, errors uint64
	badges, failed := flow.Array{}, flow.Array{}
	for _, n := range nodes {
		received += n.Received
		errors += n.Errors
		if n.Badge != nil && (n.Badge.Get("fill") == "red" || n.Badge.Get("fill") == "yellow") {
			badges = append(badges, nodeWith(n.Info, "status", n.Badge))
		}
		if n.Errors > 0 {
			failed = append(failed, nodeWith(n.Info, "errors", float64(n.Errors)))
		}
	}
	answerJSON(w, flow.NewObject(
		"version", h.Version, "started", h.started.UTC().Format(time.RFC3339Nano),
		"uptime", time.Since(h.started).Seconds(),
		"flows", float64(h.countFlows()), "nodes", float64(len(nodes)), "sessions", float64(len(h.Sessions.Snapshot())),
		"received", float64(received), "errors", float64(errors), "badges", badges, "failed", failed))
}

// countFlows returns how many flows are deployed and not disabled.
func (h *handler) countFlows() (n int) {
	flows := h.Runtime.Flows()
	if flows == nil {
		return 0
	}
	for _, tab := range flows.Tabs() {
		if !tab.Disabled {
			n++
		}
	}
	return n
}

// nodeWith names a node and says one thing of it.
func nodeWith(n runtime.Info, key string, v flow.Value) *flow.Object {
	o := flow.NewObject("id", n.ID, "type", n.Type)
	if n.Name != "" {
		o.Set("name", n.Name)
	}
	if n.Flow != "" {
		o.Set("z", n.Flow)
	}
	o.Set(key, v)
	return o
}
