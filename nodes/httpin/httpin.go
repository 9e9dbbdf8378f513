// Package httpin is the node type http in: it takes HTTP requests.
package httpin

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/credit"
	"github.com/flowrun/flowrun/internal/exchange"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// Config is the node's configuration.
type Config struct {
	URL    string `json:"url" doc:"the path, as Express has them: /things/:id, /files/*, /(a|b)"`
	Method string `json:"method" doc:"get, post, put, delete, patch, options or head"`
	Upload bool   `json:"upload" doc:"take forms with files (post of multipart/form-data): the fields are the payload, the files are in req.files; a body that is neither a form nor JSON is left out, and the payload is {}"`
	Raw    bool   `json:"skipBodyParsing" doc:"leave the body as it is, a Buffer"`
}

// restartTime is how long requests that are under way when the node is replaced are
// waited for: the rest of the flow may go on with them.
const restartTime = 2 * time.Second

// requests is how many requests may be on their way through the flows; more of
// them wait.
const requests = 1000

// Type returns the node type; its routes are in the table.
func Type(web *webroutes.Table) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "http in", Category: "network", Outputs: 1,
		Summary: "Takes HTTP requests, which an http response node answers.",
		OutputDocs: []string{
			"req: what the request says: method, url, path, headers, query, params, body, cookies, ip and files; " +
				"res: the way back, for http response; " +
				"payload: the query of a GET, else the body: an object of JSON or of a form, text, or a Buffer",
		},
		Notes: "Nodes serve beside the admin API, or on the address that --http says, below --http-root. " +
			"What the admin API serves itself, such as /status, never comes here; a node with such a path says so. " +
			"A request that no flow answers is answered 504 after --http-timeout, with a line in the log; " +
			"one whose flow stops before, 503; if a deploy replaces the node only, the flow has two seconds more. While a deploy replaces the node, new requests wait for it. " +
			"When flowrun ends, new requests are answered 503, and those under way have the time of --drain. " +
			"A body larger than --http-max-body is answered 413, and one that is not what its type says 500. " +
			"A client has about a minute for each 64 kB that it sends or reads; who sends more slowly is answered 408, and who reads more slowly is cut off. " +
			"While 1000 requests are on their way through the flows, more of them wait.",
		Differences: []string{
			"msg.req is an object without functions: msg.req.headers.accept instead of msg.req.get('accept').",
			"msg.res has no functions either; http response sets the status, headers and cookies.",
			"A body that is too large is answered 413 and not 500, and the limit is for bodies of all kinds, also for files.",
			"skipBodyParsing works for paths with parameters, too.",
			"msg.req.headers are in alphabetical order.",
			"A client that closes its half of the connection after the request gets its answer, if that comes within 30 seconds and less than 1000 others are under way; Node-RED closes the connection.",
			"A path or query in UTF-8 that is not percent-encoded is taken; Node-RED answers 400.",
			"Names of fields and files in a form are in UTF-8, as browsers send them; Node-RED takes them for Latin-1.",
			"Text that is not UTF-8, and a field of a form, is decoded by the charset that its type names; Node-RED takes all text for UTF-8, and leaves a field out whose charset it does not know.",
		},
		Default: func() Config { return Config{Method: "get"} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			c.Method = strings.ToUpper(c.Method)
			if !slices.Contains(methods, c.Method) {
				return nil, &flow.ConfigError{Property: "method", Reason: "expected get, post, put, delete, patch, options or head, got " + c.Method}
			}
			const hint = "so the node does nothing; give it a path as Express has them, such as /things/:id or /files/*"
			if c.URL == "" {
				return nil, &flow.ConfigError{Property: "url", Reason: env.Text("httpin.errors.missing-path", "missing path"), Hint: hint, Idle: true}
			}
			if err := webroutes.CheckPath(c.URL); err != nil {
				return nil, &flow.ConfigError{Property: "url", Reason: err.Error(), Hint: hint, Idle: true}
			}
			return &Node{config: c, env: env, web: web, credits: credit.NewPool(requests), stopped: make(chan struct{})}, nil
		},
	})
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodHead}

// Node is an http in node.
type Node struct {
	config  Config
	env     flow.Env
	web     *webroutes.Table
	credits *credit.Pool
	pending pending
	stopped chan struct{} // closed when requests are not waited for any more
}

// Handle does nothing: the node has no input.
func (n *Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start adds the route.
func (n *Node) Start(context.Context) error {
	if n.web == nil {
		n.env.Warn(n.env.Text("httpin.errors.not-created", "nothing serves HTTP, because there is no admin API here: give flowrun an address for it with --http ADDR"))
		return nil
	}
	if n.web.IsReserved(n.config.Method, n.config.URL) {
		n.env.Warn("the admin API answers " + n.config.Method + " " + n.config.URL + " itself, so no request comes here: have nodes serve elsewhere, with --http ADDR or --http-root PATH")
	}
	return n.web.Handle(n.env.ID, webroutes.Route{Method: n.config.Method, Path: n.config.URL, Serve: n.serve})
}

// Drain has new requests wait. At flowrun's end what is under way is waited for, as
// long as draining may take; a deploy does not wait for what a node keeps.
func (n *Node) Drain() {
	if n.web == nil {
		return
	}
	n.web.Pause(n.env.ID)
	if n.web.IsDraining() {
		n.pending.hold(n.env.Host)
	}
}

// Stop takes the route away, and answers what no flow has answered; if a new
// instance takes over, only what none answers soon.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	if n.web != nil {
		n.web.Release(n.env.ID, reason)
	}
	if reason == flow.Restarted {
		time.AfterFunc(restartTime, func() { close(n.stopped) })
	} else {
		close(n.stopped)
	}
	return nil
}

// serve takes a request in and waits for its answer, on the goroutine of its
// connection.
func (n *Node) serve(w http.ResponseWriter, r *http.Request, m webroutes.Match) {
	n.pending.add()
	defer n.pending.done()
	body, files, err := n.body(w, r)
	if err != nil {
		n.refuse(w, err)
		return
	}
	cause, ok := n.credits.Take(r.Context())
	if !ok {
		panic(http.ErrAbortHandler) // the client has gone; to return would answer 200
	}
	if n.hasStopped() { // while the body came: nobody waits for the answer any more
		n.credits.Release()
		webroutes.Unavailable(w)
		return
	}
	e := exchange.New(w, r, m)
	n.send(cause, n.message(e, body, files))
	switch err := e.Wait(n.stopped, n.web.Timeout()); {
	case errors.Is(err, exchange.ErrTimeout):
		n.env.Warn("no flow has answered " + r.Method + " " + r.URL.Path + " within " + n.web.Timeout().String())
	case errors.Is(err, exchange.ErrStopped):
		n.env.Warn("no flow has answered " + r.Method + " " + r.URL.Path + " before the end")
	}
}

func (n *Node) hasStopped() bool {
	select {
	case <-n.stopped:
		return true
	default:
		return false
	}
}

func (n *Node) message(e *exchange.Exchange, body flow.Value, files flow.Array) *flow.Message {
	req := e.Request(body)
	if files != nil {
		req.Set("files", files)
	}
	msg := flow.NewMessage()
	msg.Set(flow.MsgID, flow.NewID())
	msg.Set("req", req)
	msg.Set("res", e)
	switch n.config.Method {
	case http.MethodGet:
		msg.Set("payload", req.Get("query"))
	case http.MethodHead:
	default:
		msg.Set("payload", body)
	}
	return msg
}

// send gives a message to the flow, and lends it the goroutine: the answer is
// there most often when that returns.
func (n *Node) send(cause *flow.Cause, msg *flow.Message) {
	task := (*sending)(msg)
	lender, ok := n.env.Host.(flow.Lender)
	if !ok {
		n.env.Post(cause, task)
		return
	}
	lender.Queue(cause, task)
	lender.Lend()
}

// sending is a message as the task that sends it: a function would have to be
// allocated.
type sending flow.Message

// Run implements [flow.Task].
func (m *sending) Run(out flow.Outlet) error {
	out.Send(0, (*flow.Message)(m))
	return nil
}

// refuse answers a request whose body cannot be taken.
func (n *Node) refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		status = http.StatusRequestTimeout
	}
	n.env.Report(flow.LevelWarn, err, nil)
	http.Error(w, http.StatusText(status), status)
}
