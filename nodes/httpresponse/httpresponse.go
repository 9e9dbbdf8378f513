// Package httpresponse is the node type http response: it answers what http in has
// taken.
package httpresponse

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
	"github.com/flowrun/flowrun/internal/exchange"
	"github.com/flowrun/flowrun/internal/hashsum"
	"github.com/flowrun/flowrun/internal/sockets"
)

// Config is the node's configuration.
type Config struct {
	StatusCode flow.Value   `json:"statusCode" doc:"status of the answer; empty is msg.statusCode, and 200 without one"`
	Headers    *flow.Object `json:"headers" doc:"headers of the answer, by name; they come before msg.headers"`
}

// smallBody is how many bytes an answer in JSON may have before its buffer grows.
const smallBody = 64

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "http response", Category: "network", Inputs: 1, KeepsNothing: true,
	Summary: "Answers a request that an http in node has taken.",
	InputDocs: []flow.Doc{
		{Name: "res", Text: "the way back, from http in"},
		{Name: "payload", Text: "the body: text, a Buffer, a number, or anything else as JSON"},
		{Name: "statusCode", Text: "the status, if the node has none"},
		{Name: "headers", Text: "headers, by name; those of an http request that nobody has changed are left out"},
		{Name: "cookies", Text: "cookies to set, by name: a value, or {value, domain, path, expires, maxAge, httpOnly, secure, sameSite}; null has the client forget it"},
	},
	Notes: "The first answer counts; another one for the same request is an error. " +
		"An answer has an ETag, and a client that has it already gets 304, as Express does.",
	Differences: []string{
		"JSONP (?callback=) is not answered: the answer is JSON.",
		"A boolean payload is sent as JSON; in Node-RED it is an error.",
	},
	Default: func() Config { return Config{Headers: &flow.Object{}} },
	New:     func(c Config, env flow.Env) (flow.Node, error) { return &Node{c, env}, nil },
})

// Node is an http response node.
type Node struct {
	config Config
	env    flow.Env
}

// Handle answers the request of a message.
func (n *Node) Handle(msg *flow.Message, _ flow.Outlet) error {
	if !flow.Truthy(msg.Get("res")) {
		n.env.Warn(n.env.Text("httpin.errors.no-response", "No response object"))
		return nil
	}
	e, ok := msg.Get("res").(*exchange.Exchange)
	if !ok {
		return fmt.Errorf("msg.res is a %s and not what http in has put there", flow.TypeName(msg.Get("res")))
	}
	header, err := n.header(msg)
	if err != nil {
		return err
	}
	a := exchange.Answer{Header: header}
	if a.Status, err = n.status(msg); err != nil {
		return err
	}
	switch payload := msg.Get("payload").(type) {
	case nil:
	case string:
		a.Body, a.Type = []byte(payload), "text/html; charset=utf-8"
	case flow.Buffer:
		a.Body, a.Type = payload, "application/octet-stream"
	case float64:
		a.Body, a.Type = flow.AppendNumber(nil, payload), "text/html; charset=utf-8"
	default:
		a.Body, a.Type = flow.AppendJSON(make([]byte, 0, smallBody), payload), "application/json; charset=utf-8"
		a.NoSniff = header.Get("Content-Type") == ""
	}
	return e.Answer(a)
}

// status returns the status of the answer: the node's, the message's, or 200. It
// must be one that ends a request.
func (n *Node) status(msg *flow.Message) (int, error) {
	for _, v := range []flow.Value{n.config.StatusCode, msg.Get("statusCode")} {
		status, _ := sockets.ParseInt(v)
		switch {
		case status == 0:
		case status < 200 || status > 999:
			return 0, fmt.Errorf("invalid status code: %d", status)
		default:
			return status, nil
		}
	}
	return http.StatusOK, nil
}

// header returns the headers of the node and the message, and its cookies.
func (n *Node) header(msg *flow.Message) (http.Header, error) {
	var header http.Header
	for name, v := range n.config.Headers.All() {
		if err := add(&header, name, v); err != nil {
			return nil, err
		}
	}
	if own, ok := msg.Get("headers").(*flow.Object); ok {
		if own, ok = hashsum.Changed(own); ok {
			for name, v := range own.All() {
				if _, there := n.config.Headers.Lookup(name); there {
					continue
				}
				if err := add(&header, name, v); err != nil {
					return nil, err
				}
			}
		}
	}
	if list, ok := msg.Get("cookies").(*flow.Object); ok {
		for name, v := range list.All() {
			line, err := cookies.Set(name, v, time.Now())
			if err != nil {
				return nil, err
			}
			header = ensure(header)
			header.Add("Set-Cookie", line)
		}
	}
	return header, nil
}

func ensure(h http.Header) http.Header {
	if h == nil {
		return http.Header{}
	}
	return h
}

// add sets a header as res.set of Express does. The length of the body is never
// taken from a flow: a wrong one would break the connection.
func add(h *http.Header, name string, v flow.Value) error {
	canonical := http.CanonicalHeaderKey(name)
	if canonical == "Content-Length" || canonical == "Transfer-Encoding" {
		return nil
	}
	values := []string{flow.Text(v)}
	if list, ok := v.(flow.Array); ok {
		values = nil
		for _, item := range list {
			values = append(values, flow.Text(item))
		}
	}
	for _, value := range values {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("the header %q has characters that are not allowed", name)
		}
	}
	if canonical == "Content-Type" {
		values = []string{withCharset(values)}
	}
	*h = ensure(*h)
	(*h)[canonical] = values
	return nil
}

// withCharset adds the charset to types of text that have none.
func withCharset(values []string) string {
	value := strings.Join(values, ", ")
	typ, params, err := mime.ParseMediaType(value)
	if err == nil && params["charset"] == "" && (strings.HasPrefix(typ, "text/") || typ == "application/json" || typ == "application/javascript") {
		value += "; charset=utf-8"
	}
	return value
}
