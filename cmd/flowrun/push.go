package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

// pushFlags are the flags that go with --to; the others are about flows that
// this process runs.
var pushFlags = []string{"to", "token", "type", "dry-run", "credential-secret-file", "log-format", "log-level"}

// push deploys the files to the flowrun or Node-RED of --to, or prints what that
// would change.
func (d *deployment) push(ctx context.Context, given *pflag.FlagSet) error {
	t, c, err := d.checkPush(given)
	if err != nil {
		return err
	}
	flows, err := d.load()
	if err != nil {
		return err
	}
	problems := flows.Check(func(string) bool { return true }) // its types are known there
	if problems.HasErrors() {
		return problems
	}
	flows = flows.SplitCredentials(nil)
	there, rev, err := c.flows(ctx)
	if err != nil {
		return err
	}
	// What was fetched has no credentials, so they are not compared.
	plan := runtime.Diff(there, &flowfile.Flows{Nodes: flows.Nodes}, t)
	if d.dryRun {
		_, err = io.WriteString(d.stdout, plan.String())
		return err
	}
	if c.isOpen() && (c.token != "" || len(flows.Credentials) > 0) {
		d.logger.Warn("tokens and credentials go over the network unencrypted; use https if you can", "to", c.base)
	}
	rev, err = c.deploy(ctx, flows, rev, t)
	if err != nil {
		return err
	}
	d.logger.Info("deployed", "to", c.base, "type", string(t), "added", len(plan.Add), "restarted", len(plan.Restart),
		"removed", len(plan.Remove), "rewired", len(plan.Rewire), "credentials", len(flows.Credentials), "rev", rev)
	return nil
}

// checkPush reads the flags.
func (d *deployment) checkPush(given *pflag.FlagSet) (_ runtime.DeployType, _ *client, err error) {
	if !d.given("to") {
		return "", nil, usagef("--token is for --to URL")
	}
	given.Visit(func(f *pflag.Flag) {
		if !slices.Contains(pushFlags, f.Name) {
			err = usagef("--%s is for flows that run here, so not with --to", f.Name)
		}
	})
	if err != nil {
		return "", nil, err
	}
	t, err := runtime.ParseDeployType(d.typ)
	if err != nil {
		return "", nil, &usageError{err}
	}
	if d.logger, err = d.log.logger(d.stderr); err != nil {
		return "", nil, err
	}
	if err := d.secret.read(); err != nil {
		return "", nil, err
	}
	c, err := newClient(d.to, cmp.Or(d.token, os.Getenv(tokenEnv)))
	if err != nil {
		return "", nil, err
	}
	// A redirect would make a GET of a deploy.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return t, c, nil
}

// isOpen tells whether others on the network can read along.
func (c *client) isOpen() bool {
	u, err := url.Parse(c.base)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}

// flows returns the flows that run there, and their revision.
func (c *client) flows(ctx context.Context) (*flowfile.Flows, string, error) {
	answer, err := c.flowsRequest(ctx, http.MethodGet, nil, "")
	if err != nil {
		return nil, "", c.explainFlows(err)
	}
	list, isList := answer.Get("flows").(flow.Array)
	rev, hasRev := answer.Get("rev").(string)
	flows, problems := flowfile.FromValue(list)
	if !isList || !hasRev || problems.HasErrors() {
		return nil, "", c.explainFlows(errNoRoute)
	}
	return flows, rev, nil
}

// deploy replaces the flows of the revision by new ones and returns the new
// revision.
func (c *client) deploy(ctx context.Context, flows *flowfile.Flows, rev string, t runtime.DeployType) (string, error) {
	list := make(flow.Array, len(flows.Nodes))
	for i, n := range flows.Nodes {
		list[i] = n.Props
	}
	body := flow.NewObject("flows", list, "rev", rev)
	if len(flows.Credentials) > 0 {
		plain, err := flows.Credentials.Encode("") // we don't know the secret there
		if err != nil {
			return "", err
		}
		body.Set("credentials", plain)
	}
	answer, err := c.flowsRequest(ctx, http.MethodPost, body, t)
	if refused, ok := errors.AsType[*apiError](err); ok && refused.body != nil {
		if problems := problemsThere(refused.body, flows); problems != nil {
			return "", problems
		}
	}
	if err != nil {
		return "", c.explainFlows(err)
	}
	rev, _ = answer.Get("rev").(string)
	return rev, nil
}

// flowsRequest makes a request for /flows in the version of the API that has
// revisions.
func (c *client) flowsRequest(ctx context.Context, method string, body *flow.Object, t runtime.DeployType) (*flow.Object, error) {
	var send []byte
	if body != nil {
		send = flow.AppendJSON(nil, body)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/flows", bytes.NewReader(send))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Node-RED-API-Version", "v2")
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Node-RED-Deployment-Type", string(t))
	}
	text, err := c.roundTrip(r)
	if err != nil {
		return nil, err
	}
	v, err := flow.ParseJSON(text)
	if o, ok := v.(*flow.Object); err == nil && ok {
		return o, nil
	}
	return nil, errNoRoute
}

// explainFlows says what an error of /flows means for a deploy.
func (c *client) explainFlows(err error) error {
	refused, ok := errors.AsType[*apiError](err)
	switch {
	case errors.Is(err, errNoRoute), ok && refused.status < http.StatusBadRequest: // sends on to elsewhere
		return fmt.Errorf("%s is no admin API of flowrun or Node-RED: there are no flows at %[1]s/flows; give the URL of the editor, such as %s", c.base, defaultURL)
	case !ok, refused.code == "":
		return err // says it all
	case refused.status == http.StatusConflict:
		return fmt.Errorf("%s: somebody else has deployed there just now, and nothing was changed; look at it with --dry-run and deploy again", c.base)
	}
	return fmt.Errorf("%s refuses the flows: %w (%s)", c.base, refused, refused.code)
}

// problemsThere returns the problems that a flowrun has found, with the places
// that the nodes have here; nil if the answer has none.
func problemsThere(answer *flow.Object, flows *flowfile.Flows) flowfile.Problems {
	list, _ := answer.Get("problems").(flow.Array)
	var problems flowfile.Problems
	for _, item := range list {
		o, ok := item.(*flow.Object)
		if !ok {
			continue
		}
		text := func(key string) string { s, _ := o.Get(key).(string); return s }
		p := flowfile.Problem{Node: text("id"), Type: text("type"), Name: text("name"), Text: text("message"), Hint: text("hint")}
		if text("severity") == flowfile.Warning.String() {
			p.Severity = flowfile.Warning
		}
		if n := flows.Lookup(p.Node); n != nil {
			p.Pos = n.Pos
		}
		problems = append(problems, p)
	}
	problems.Sort()
	return problems
}
