// Package httpresponse is the node type http response: it answers what http in has
// taken.
package httpresponse

import (
	"fmt"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/exchange"
	"github.com/flowrun/flowrun/internal/sockets"
)

// Config is the node's configuration.
type Config struct {
	StatusCode flow.Value   `json:"statusCode" doc:"status of the answer; empty is msg.statusCode, and 200 without one"`
	Headers    *flow.Object `json:"headers" doc:"headers of the answer, by name; they come before msg.headers"`
}

// invalidStatus is the code of a status that cannot be sent.
const invalidStatus = "ERR_HTTP_INVALID_STATUS_CODE"

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
	Errors: []flow.Doc{
		{Name: "ERR_HTTP_HEADERS_SENT", Text: "the request has an answer already"},
		{Name: invalidStatus, Text: "the status is not one of 200 to 999"},
		{Name: "ERR_INVALID_CHAR", Text: "a header has control characters, or characters beyond Latin-1"},
		{Name: "ERR_INVALID_HTTP_TOKEN", Text: "there can be no header of that name"},
	},
	Notes: "The first answer counts; another one for the same request is an error. " +
		"Text and JSON are sent in UTF-8, whatever charset a content-type header names. " +
		"An answer has an ETag, and a client that has it already gets 304, as Express does.",
	Differences: []string{
		"JSONP (?callback=) is not answered: the answer is JSON.",
		"A status below 200 is an error, since no answer has one.",
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
	isText := false
	switch payload := msg.Get("payload").(type) {
	case nil:
	case string:
		a.Body, a.Type, isText = []byte(payload), "text/html; charset=utf-8", true
	case flow.Buffer:
		a.Body, a.Type = payload, "application/octet-stream"
	case float64:
		a.Body, a.Type, isText = flow.AppendNumber(nil, payload), "text/html; charset=utf-8", true
	default:
		a.Body, a.Type, isText = flow.AppendJSON(make([]byte, 0, smallBody), payload), "application/json; charset=utf-8", true
		a.NoSniff = header["Content-Type"] == nil
	}
	if typ := header["Content-Type"]; typ != nil && isText {
		if typ[0], err = inUTF8(typ[0]); err != nil {
			return err
		}
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
			return 0, &flow.Error{Name: "RangeError [" + invalidStatus + "]", Message: fmt.Sprintf("Invalid status code: %d", status), Code: invalidStatus} // Node.js's words
		default:
			return status, nil
		}
	}
	return http.StatusOK, nil
}
