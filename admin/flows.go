package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

const (
	versionHeader = "Node-RED-API-Version"
	typeHeader    = "Node-RED-Deployment-Type"
)

// getFlows answers with the array of nodes (v1, the default) or with
// {flows, rev} (v2).
func (h *handler) getFlows(w http.ResponseWriter, r *http.Request) {
	list := nodesOf(h.Runtime.Flows())
	switch r.Header.Get(versionHeader) {
	case "", "v1":
		answerJSON(w, list)
	case "v2":
		answerJSON(w, flow.NewObject("flows", list, "rev", revision(list)))
	default:
		failVersion(w)
	}
}

// postFlows deploys. The body is the array of nodes (v1, answered by 204), or an
// object {flows, rev} (v2, answered by {rev}): a rev that is not that of the
// flows that run is a conflict. Without a version header the body's shape
// decides.
func (h *handler) postFlows(w http.ResponseWriter, r *http.Request) {
	version := r.Header.Get(versionHeader)
	if version != "" && version != "v1" && version != "v2" {
		failVersion(w)
		return
	}
	body, ok := readJSON(w, r)
	if !ok {
		return
	}
	deployType, err := runtime.ParseDeployType(r.Header.Get(typeHeader))
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid_deployment_type", err.Error())
		return
	}
	upload, err := readUpload(body, version)
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid_flows", err.Error())
		return
	}

	// A client that hangs up does not cut a deploy short.
	h.deployUpload(context.WithoutCancel(r.Context()), w, upload, deployType)
}

// deployUpload deploys what was uploaded and answers.
func (h *handler) deployUpload(ctx context.Context, w http.ResponseWriter, upload upload, deployType runtime.DeployType) {
	// One request at a time, or two clients could both find their rev current.
	h.deploying.Lock()
	defer h.deploying.Unlock()
	if upload.rev != "" && upload.rev != revision(nodesOf(h.Runtime.Flows())) {
		fail(w, http.StatusConflict, "version_mismatch", "Error") // Node-RED's words
		return
	}
	if err := h.deploy(ctx, upload, deployType); err != nil {
		failDeploy(w, err)
		return
	}
	rev := revision(nodesOf(h.Runtime.Flows()))
	h.Comms.deployed(rev)
	if !upload.v2 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answerJSON(w, flow.NewObject("rev", rev))
}

// upload is what the body of POST /flows says.
type upload struct {
	nodes       flow.Array
	credentials flow.Value // by node id; undefined if there are none
	rev         string     // empty: whatever runs is overwritten
	v2          bool
}

func readUpload(body flow.Value, version string) (upload, error) {
	switch body := body.(type) {
	case flow.Array:
		if version != "v2" {
			return upload{nodes: body}, nil
		}
	case *flow.Object:
		nodes, ok := body.Get("flows").(flow.Array)
		if ok && version != "v1" {
			rev, _ := body.Get("rev").(string)
			return upload{nodes: nodes, credentials: body.Get("credentials"), rev: rev, v2: true}, nil
		}
	}
	return upload{}, errors.New(`the body must be an array of nodes (v1) or {"flows": [nodes], "rev": "…"} (v2)`)
}

// deploy runs what was uploaded.
func (h *handler) deploy(ctx context.Context, u upload, t runtime.DeployType) error {
	if h.stopping.Load() {
		return runtime.ErrStopping
	}
	flows, problems := flowfile.FromValue(u.nodes)
	if problems.HasErrors() {
		return problems
	}
	if u.credentials != nil {
		var err error
		if flows.Credentials, err = flowfile.DecodeCredentials(u.credentials, h.CredentialSecret); err != nil {
			return err
		}
	}
	plan, err := h.Runtime.Deploy(ctx, flows, t)
	if err != nil {
		return err
	}
	h.Log.Info("deployed", "type", string(t), "added", len(plan.Add), "restarted", len(plan.Restart), "removed", len(plan.Remove), "rewired", len(plan.Rewire))
	return nil
}

func failDeploy(w http.ResponseWriter, err error) {
	var problems flowfile.Problems
	switch {
	case errors.Is(err, runtime.ErrStopping):
		failStopping(w)
		return
	case errors.Is(err, runtime.ErrNotSaved):
		fail(w, http.StatusInternalServerError, "unexpected_error", err.Error())
		return
	case !errors.As(err, &problems):
		fail(w, http.StatusBadRequest, "unexpected_error", err.Error())
		return
	}
	list := make(flow.Array, len(problems))
	for i, p := range problems {
		list[i] = flow.NewObject("severity", p.Severity.String(), "id", p.Node, "type", p.Type, "name", p.Name, "message", p.Text, "hint", p.Hint)
	}
	failWith(w, http.StatusBadRequest, flow.NewObject("code", "invalid_flows", "message", problems.Error(), "problems", list))
}

func failStopping(w http.ResponseWriter) {
	fail(w, http.StatusServiceUnavailable, "stopping", runtime.ErrStopping.Error())
}

func failVersion(w http.ResponseWriter) {
	fail(w, http.StatusBadRequest, "invalid_api_version", "Invalid API Version requested")
}

// nodesOf returns the flows as an array of nodes; nil flows are an empty one.
func nodesOf(f *flowfile.Flows) flow.Array {
	list := flow.Array{}
	if f == nil {
		return list
	}
	for _, n := range f.Nodes {
		list = append(list, n.Props)
	}
	return list
}

// revision is Node-RED's: the SHA-256 of the array as compact JSON, in hex.
func revision(list flow.Array) string {
	sum := sha256.Sum256(flow.AppendJSON(nil, list))
	return hex.EncodeToString(sum[:])
}
