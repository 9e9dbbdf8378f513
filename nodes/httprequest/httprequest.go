// Package httprequest is the node type http request: it asks HTTP servers.
package httprequest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mustache"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/internal/webproxy"
)

// Config is the node's configuration.
type Config struct {
	Method   string     `json:"method" doc:"GET, POST, …; use is msg.method"`
	URL      string     `json:"url" doc:"URL; {{name}} in it is that of the message; without a scheme it is http, or https with tls; empty is msg.url"`
	Ret      string     `json:"ret" doc:"payload of the answer: txt, text; bin, a Buffer; obj, what its JSON says"`
	PayToQS  flow.Value `json:"paytoqs" doc:"what becomes of the payload of a GET: nothing if empty or ignore; query (or true), its properties are added to the URL; body, it is sent"`
	TLS      string     `json:"tls" doc:"id of a tls-config node"`
	Persist  bool       `json:"persist" doc:"keep connections for later requests for long"`
	Proxy    string     `json:"proxy" doc:"id of an http proxy node; without one the environment says which proxy"`
	Lenient  bool       `json:"insecureHTTPParser" doc:"take answers whose head has line ends of their own"`
	AuthType string     `json:"authType" doc:"how the credentials are used: basic, digest or bearer; empty is basic"`
	SendErr  bool       `json:"senderr" doc:"an error goes to catch nodes only, and not to the output too"`
	Headers  []Header   `json:"headers" doc:"headers, {keyType, keyValue, valueType, valueValue}: a type is msg for a property of the message, other for the value as it is, else it is the name or value itself"`
	MaxSize  float64    `json:"maxSize" doc:"bytes that an answer may have"`
}

// Header is one of the node's own headers.
type Header struct {
	KeyType   string     `json:"keyType"`
	Key       string     `json:"keyValue"`
	ValueType string     `json:"valueType"`
	Value     flow.Value `json:"valueValue"`
}

// Limits of a request.
const (
	defaultTimeout = 2 * time.Minute
	defaultMaxSize = 64 << 20
	maxRedirects   = 21
)

// Type returns the node type.
func Type(live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "http request", Category: "network", Inputs: 1, Outputs: 1,
		Summary: "Sends an HTTP request and passes on the answer.",
		OutputDocs: []string{
			"payload: the body; statusCode; headers, with names in lower case; responseUrl, where the answer came from; " +
				"redirectList [{location, cookies}]; responseCookies; after an error payload is its text and statusCode its code",
		},
		InputDocs: []flow.Doc{
			{Name: "url", Text: "URL, if the node has none"},
			{Name: "method", Text: "method, if the node's is use"},
			{Name: "headers", Text: "headers of the request, below those of the node; those of an http request that nobody has changed are left out"},
			{Name: "cookies", Text: "cookies by name: a value or {value, encode}"},
			{Name: "payload", Text: "body: text, Buffer, number, else JSON; with the content type application/x-www-form-urlencoded or multipart/form-data its properties are the fields, {value, options: {filename, contentType}} a file"},
			{Name: "followRedirects", Text: "false: an answer that leads elsewhere is the answer"},
			{Name: "requestTimeout", Text: "milliseconds until the answer must be there"},
			{Name: "rejectUnauthorized", Text: "false: take any certificate of the server"},
		},
		Errors: []flow.Doc{
			{Name: "ETIMEDOUT", Text: "the answer was not there in time"},
			{Name: "ECONNREFUSED, ENOTFOUND, …", Text: "what Node.js says for a connection that fails"},
			{Name: "ECONNRESET", Text: "the server hung up: before the answer, or inside of it"},
			{Name: "DEPTH_ZERO_SELF_SIGNED_CERT, SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_VERIFY_LEAF_SIGNATURE, UNABLE_TO_GET_ISSUER_CERT_LOCALLY", Text: "the server's certificate is of an unknown authority"},
			{Name: "CERT_HAS_EXPIRED, CERT_NOT_YET_VALID, ERR_TLS_CERT_ALTNAME_INVALID", Text: "the server's certificate is not valid now, or not for its name"},
			{Name: "EPROTO", Text: "the server does not speak TLS"},
			{Name: "TLS_FAILED", Text: "TLS failed for another reason, such as that the server refuses this end"},
			{Name: "ERR_INVALID_CHAR, ERR_INVALID_HTTP_TOKEN", Text: "a header has a value or name that cannot be sent: values are Latin-1"},
			{Name: "ERR_INVALID_URL", Text: "the URL is none; it has no output then, unless a redirect led there"},
			{Name: "ERR_TOO_MANY_REDIRECTS", Text: "it led on and on"},
			{Name: "ERR_BODY_TOO_LARGE", Text: "the answer has more than maxSize bytes"},
			{Name: "ERR_GOT_REQUEST_ERROR", Text: "all that has no code of its own, such as a proxy that refuses"},
		},
		Notes: "Credentials: user, password (the token for bearer). A user and password in the URL count, too. " +
			"Without an http proxy node the variables http_proxy, https_proxy, all_proxy and no_proxy say which proxy. " +
			"A request may take 120 s, or what msg.requestTimeout says. Answers are not decompressed. " +
			"A message holds the credit of its source while its request runs, so a source with few credits cannot start any number of them. " +
			"When the node stops, its requests are given up.",
		StatusKeys: map[string]string{
			requesting:       "httpin.status.requesting",
			noResponse:       "common.notification.errors.no-response",
			invalidTransport: "httpin.errors.invalid-transport",
		},
		Differences: []string{
			"Connections are kept for some seconds without persist, too, and for longer with it.",
			"An answer larger than maxSize (64 MB if nothing else is said) is an error, ERR_BODY_TOO_LARGE.",
			"Digest authentication knows SHA-512-256 as RFC 7616 has it, and then as Node-RED has it.",
			"A tls-config's server name counts; Node-RED leaves it out. So do client certificates in a pfx file. If a file of a tls-config cannot be read, the request fails; Node-RED goes on without it.",
			"Through a proxy, http URLs are asked for with the proxy's own GET, not through a tunnel.",
			"msg.headers of the answer are in alphabetical order, and trailer is not among them.",
			"The texts of TLS errors are flowrun's own, and so is the code TLS_FAILED of those that Go does not tell as exactly as Node.js, such as what the server refuses.",
			"The error of a proxy that makes no tunnel says which proxy it was, and its status.",
			"A redirect to another server, or from https to http, takes along neither Host nor Authorization, however the flow has written their names. A 303 takes no body along, nor its length.",
			"The cookies of the header Cookie, however its name is written, and those of msg.cookies are sent together. One that a redirect sets goes along if it is ASCII.",
			"responseUrl has neither user nor password. In the path of a URL ^, | and a percent sign that encodes nothing are encoded.",
		},
		Default: func() Config { return Config{Method: "GET", Ret: "txt", MaxSize: defaultMaxSize} },
		New:     func(c Config, env flow.Env) (flow.Node, error) { return newNode(c, env, live.Get()) },
	})
}

// Node is an http request node.
type Node struct {
	config   Config
	env      flow.Env
	template *mustache.Template // nil if the URL is none
	timeout  time.Duration
	client   *client
	under    int // requests under way

	ctx    context.Context // ends when the node stops
	cancel context.CancelFunc
	work   sync.WaitGroup
}

func newNode(c Config, env flow.Env, s settings.Settings) (*Node, error) {
	n := &Node{config: c, env: env, timeout: defaultTimeout}
	if s.HTTPRequestTimeout > 0 {
		n.timeout = s.HTTPRequestTimeout
	}
	if strings.Contains(c.URL, "{{") {
		var err error
		if n.template, err = mustache.Parse(c.URL); err != nil {
			return nil, &flow.ConfigError{Property: "url", Reason: err.Error()}
		}
	}
	secure, err := tlsconf.Lookup(env, c.TLS)
	if err != nil {
		return nil, err
	}
	proxy := func() webproxy.Settings { return webproxy.Environment(env.Getenv) }
	if c.Proxy != "" {
		s, err := webproxy.Lookup(env, "proxy", c.Proxy)
		if err != nil {
			return nil, err
		}
		proxy = func() webproxy.Settings { return s }
	}
	n.client = newClient(c, secure, proxy)
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n, nil
}

// What badges say.
const (
	requesting       = "requesting"
	noResponse       = "no response from server"
	invalidTransport = "non-http transport requested"
)

// Handle sends a request; its answer comes later.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	n.env.Status(flow.Badge("blue", "dot", n.env.Text("httpin.status.requesting", requesting)))
	r, err := n.request(msg)
	if err != nil || r == nil {
		return err
	}
	done := out.Hold()
	n.under++
	n.work.Go(func() {
		a := n.client.do(n.ctx, r)
		n.env.Post(out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
			n.under--
			n.finish(r, a, msg, out)
			done(nil)
			return nil
		}))
	})
	return nil
}

// finish passes on what came of a request.
func (n *Node) finish(r *request, a answer, msg *flow.Message, out flow.Outlet) {
	if n.ctx.Err() != nil {
		return // the node has stopped, and has nothing more to say
	}
	if a.err == nil {
		n.fill(msg, a)
		if n.under == 0 {
			n.env.Status(&flow.Object{})
		}
		out.Send(0, msg)
		return
	}
	failure := failureOf(a.err, r)
	if failure.Code == timedOut {
		text := n.env.Text("common.notification.errors.no-response", noResponse)
		n.env.Error(errors.New(text), msg.Clone())
		n.env.Status(flow.Badge("red", "ring", text))
	} else {
		n.env.Error(failure, msg.Clone())
		n.env.Status(flow.Badge("red", "ring", failure.Code))
	}
	msg.Set("payload", failure.Error()+" : "+r.url)
	msg.Set("statusCode", failure.Code)
	if !n.config.SendErr {
		out.Send(0, msg)
	}
}

// Stop gives up what is under way.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.cancel()
	n.work.Wait()
	n.client.close()
	n.env.Status(&flow.Object{})
	return nil
}
