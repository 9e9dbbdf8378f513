package admin

import (
	"net/http"

	"github.com/flowrun/flowrun/flow"
)

// The node types as Node-RED lists them: sets of types, in modules. All that
// flowrun has is built in, in two modules: node-red has the types of Node-RED,
// flowrun all others.

const (
	coreModule = "node-red"
	ownModule  = "flowrun"
	structural = "subflows" // the category of what is no node in a file
)

// nodeSet is a set of node types.
type nodeSet struct {
	name  string
	types []string
}

// coreSets are the sets of Node-RED in its order. What flowrun lacks is not
// listed.
var coreSets = []nodeSet{
	{"junction", []string{"junction"}},
	{"inject", []string{"inject"}},
	{"debug", []string{"debug"}},
	{"complete", []string{"complete"}},
	{"catch", []string{"catch"}},
	{"status", []string{"status"}},
	{"link", []string{"link in", "link out", "link call"}},
	{"comment", []string{"comment"}},
	{"global-config", []string{"global-config"}},
	{"unknown", []string{"unknown"}},
	{"function", []string{"function"}},
	{"switch", []string{"switch"}},
	{"change", []string{"change"}},
	{"range", []string{"range"}},
	{"template", []string{"template"}},
	{"delay", []string{"delay"}},
	{"trigger", []string{"trigger"}},
	{"exec", []string{"exec"}},
	{"rbe", []string{"rbe"}},
	{"tls", []string{"tls-config"}},
	{"httpproxy", []string{"http proxy"}},
	{"mqtt", []string{"mqtt in", "mqtt out", "mqtt-broker"}},
	{"httpin", []string{"http in", "http response"}},
	{"httprequest", []string{"http request"}},
	{"websocket", []string{"websocket in", "websocket out", "websocket-listener", "websocket-client"}},
	{"tcpin", []string{"tcp in", "tcp out", "tcp request"}},
	{"udp", []string{"udp in", "udp out"}},
	{"CSV", []string{"csv"}},
	{"HTML", []string{"html"}},
	{"JSON", []string{"json"}},
	{"XML", []string{"xml"}},
	{"YAML", []string{"yaml"}},
	{"split", []string{"split", "join"}},
	{"sort", []string{"sort"}},
	{"batch", []string{"batch"}},
	{"file", []string{"file", "file in"}},
	{"watch", []string{"watch"}},
}

// nodeSets returns the sets of a module, or of all if it is "".
func (h *handler) nodeSets(module string) flow.Array {
	left := map[string]bool{}
	for _, t := range h.Types {
		left[t.Name] = true
	}
	list := flow.Array{}
	add := func(of, name string, types flow.Array) {
		if len(types) > 0 && (module == "" || module == of) {
			list = append(list, flow.NewObject("id", of+"/"+name, "name", name, "types", types,
				"enabled", true, "local", false, "user", false, "module", of, "version", h.Version))
		}
	}
	for _, set := range coreSets {
		types := flow.Array{}
		for _, name := range set.types {
			if left[name] {
				types = append(types, name)
				delete(left, name)
			}
		}
		add(coreModule, set.name, types)
	}
	for _, t := range h.Types {
		if left[t.Name] && t.Category != structural {
			add(ownModule, t.Name, flow.Array{t.Name})
		}
	}
	return list
}

// getNodes lists all sets. Node-RED's editor asks for HTML; there is none here.
func (h *handler) getNodes(w http.ResponseWriter, _ *http.Request) { answerJSON(w, h.nodeSets("")) }

// getModule answers with a module and its sets.
func (h *handler) getModule(w http.ResponseWriter, r *http.Request) {
	if module := h.module(r); module != nil {
		answerJSON(w, module)
		return
	}
	fail(w, http.StatusNotFound, "not_found", "Module not found")
}

// getSet answers with one set.
func (h *handler) getSet(w http.ResponseWriter, r *http.Request) {
	if set := h.set(r); set != nil {
		answerJSON(w, set)
		return
	}
	fail(w, http.StatusNotFound, "not_found", "Node not found")
}

// module returns the module that a request is about, nil if there is none.
func (h *handler) module(r *http.Request) *flow.Object {
	name := r.PathValue("module")
	if list := h.nodeSets(name); len(list) > 0 {
		return flow.NewObject("name", name, "version", h.Version, "nodes", list)
	}
	return nil
}

// set returns the set that a request is about, nil if there is none.
func (h *handler) set(r *http.Request) *flow.Object {
	for _, v := range h.nodeSets(r.PathValue("module")) {
		if set, ok := v.(*flow.Object); ok && set.Get("name") == r.PathValue("set") {
			return set
		}
	}
	return nil
}

// enable switches a module or a set on, which it is; it cannot be switched off.
func (h *handler) enable(w http.ResponseWriter, r *http.Request) {
	v, ok := readJSON(w, r)
	if !ok {
		return
	}
	body, _ := v.(*flow.Object)
	if body == nil {
		body = &flow.Object{}
	}
	enabled, given := body.Lookup("enabled")
	if !given {
		fail(w, http.StatusBadRequest, "invalid_request", "Invalid request")
		return
	}
	what, missing := h.module(r), "Module not found"
	if r.PathValue("set") != "" {
		what, missing = h.set(r), "Node not found"
	}
	switch {
	case what == nil:
		fail(w, http.StatusBadRequest, "not_found", missing)
	case !flow.Truthy(enabled):
		failBuiltIn(w)
	default:
		answerJSON(w, what)
	}
}

// install refuses to install a module.
func install(w http.ResponseWriter, r *http.Request) {
	v, ok := readJSON(w, r)
	if !ok {
		return
	}
	if body, _ := v.(*flow.Object); body == nil || !flow.Truthy(body.Get("module")) && !flow.Truthy(body.Get("url")) {
		fail(w, http.StatusBadRequest, "invalid_request", "Invalid request")
		return
	}
	failBuiltIn(w)
}

// uninstall refuses to remove a module.
func (h *handler) uninstall(w http.ResponseWriter, r *http.Request) {
	if h.module(r) == nil {
		fail(w, http.StatusNotFound, "not_found", "Module not found")
		return
	}
	failBuiltIn(w)
}

func failBuiltIn(w http.ResponseWriter) {
	fail(w, http.StatusBadRequest, "not_supported", "the node types are built in: none can be installed, removed or switched off")
}
