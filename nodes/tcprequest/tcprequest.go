// Package tcprequest is Node-RED's node type tcp request: it sends a message to
// a TCP server and sends on what that answers.
package tcprequest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpnodes"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Server  string     `json:"server" doc:"address or name to connect to; empty is msg.host"`
	Port    flow.Value `json:"port" doc:"port to connect to; empty is msg.port"`
	Out     string     `json:"out" doc:"when the answer is complete: time (splitc milliseconds after its first byte), count (splitc bytes), char (the character splitc), sit (never: the connection stays open, every chunk is sent on), immed (no answer)"`
	SplitC  flow.Value `json:"splitc" doc:"the time, the number, or the character (also \\n, \\r, \\t, \\e, \\f, \\0, or a code such as 0x03)"`
	Ret     string     `json:"ret" doc:"buffer or string: what the payload of the answer is"`
	Newline string     `json:"newline" doc:"with sit and string: where to cut the text, with \\n, \\r and \\t as in JavaScript; empty does not cut"`
	Trim    bool       `json:"trim" doc:"leave what was cut at on the text"`
	TLS     string     `json:"tls" doc:"id of a tls-config node; empty is plain TCP"`
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp request", Category: "network", Inputs: 1, Outputs: 1,
		Summary: "Sends a message to a TCP server, and sends on what that answers.",
		InputDocs: []flow.Doc{
			{Name: "payload", Text: "a string, Buffer, number or boolean; a message without payload only connects"},
			{Name: "host", Text: "the server, if the node names none"},
			{Name: "port", Text: "the port, if the node names none"},
			{Name: "reset", Text: "with sit: true closes all connections, host:port one"},
		},
		OutputDocs: []string{"the last message sent to the server, with the answer as payload"},
		StatusKeys: tcpnodes.StatusKeys(),
		Differences: []string{
			"When the server closes the connection, mode time sends on what there is at once, and sit the unfinished line; part of an answer of count or char is an error.",
			"Messages that wait for a connection which msg.reset closes complete with an error.",
			"An answer of more than 64 MB without its end is an error, and ends the connection.",
			"A payload that is an object, a list or null is an error that catch nodes get.",
			"Messages that could not be sent because the server is not there complete with the error.",
			"A tls-config node that verifies certificates is obeyed.",
		},
		Default: func() Config { return Config{Out: "time", SplitC: "0", Ret: "buffer"} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return newNode(c, env, store, live)
		},
	})
}

// Node is a tcp request node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store
	tls    tlsconf.Provider
	format tcpnodes.Format // of the answers
	limit  int             // how many messages may wait for a connection

	wait  time.Duration // time: after the first byte
	count int           // count
	char  byte          // char

	links map[string]*link // by host:port; on the loop
	last  string           // the server of the last message
}

func newNode(c Config, env flow.Env, store *session.Store, live *settings.Live) (*Node, error) {
	n := &Node{config: c, env: env, store: store, links: map[string]*link{}}
	n.limit = live.Get().TCPMsgQueueSize
	n.format = tcpnodes.Format{Single: c.Out != "sit", Newline: tcpnodes.Unescape(c.Newline), Attach: c.Trim}
	if c.Ret == "string" {
		n.format.Type = "utf8"
	}
	text := flow.Text(c.SplitC)
	number, _ := sockets.ParseInt(c.SplitC)
	switch c.Out {
	case "time":
		n.wait = time.Duration(max(number, 0)) * time.Millisecond
	case "count":
		n.count = max(number, 1)
	case "char":
		var ok bool
		if n.char, ok = character(text); !ok {
			return nil, &flow.ConfigError{Property: "splitc", Reason: fmt.Sprintf(`expected a character such as x, \n or 0x03, got %q`, text)}
		}
	case "sit", "immed":
	default:
		return nil, &flow.ConfigError{Property: "out", Reason: fmt.Sprintf("expected time, count, char, sit or immed, got %q", c.Out)}
	}
	var err error
	n.tls, err = tlsconf.Lookup(env, c.TLS)
	return n, err
}

var escapes = map[string]byte{`\n`: '\n', `\r`: '\r', `\t`: '\t', `\e`: 0x1b, `\f`: '\f', `\0`: 0}

// character reads the character at which an answer ends.
func character(text string) (byte, bool) {
	if c, ok := escapes[text]; ok {
		return c, true
	}
	if strings.HasPrefix(text, "0x") {
		n, err := strconv.ParseUint(text[2:], 16, 8)
		return byte(n), err == nil
	}
	if text == "" {
		return 0, false
	}
	return text[0], true
}

// Start makes the node known to the store.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	return nil
}

// Stop closes the connections.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	for _, l := range n.links {
		l.forget()
		l.drop(nil)
	}
	n.store.End(n.env.ID)
	n.store.Detach(n.env.ID, reason)
	n.env.Status(&flow.Object{})
	return nil
}

// Handle sends a message, when its server is connected.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	payload := msg.Get("payload")
	if n.config.Out == "sit" && flow.Truthy(msg.Get("reset")) {
		n.reset(msg.Get("reset"))
		if payload == nil {
			return nil
		}
	}
	var data []byte
	if payload != nil {
		var err error
		if data, err = tcpnodes.Bytes(payload, false); err != nil {
			return err
		}
	}
	target, ok, err := n.target(msg)
	switch {
	case err != nil:
		return err
	case !ok:
		n.env.Warn(n.env.Text("tcpin.errors.no-host", "Host and/or port not set"))
		return nil
	}
	id := target.Host + ":" + strconv.Itoa(target.Port)
	if id != n.last {
		n.env.Status(&flow.Object{})
		n.last = id
	}
	l := n.links[id]
	if l == nil {
		l = n.dial(id, target)
	}
	l.last = msg
	l.push(request{data, out.Cause(), out.Hold()})
	return nil
}

// target returns where to connect to. It is false if nothing says so; a port that
// is none is an error.
func (n *Node) target(msg *flow.Message) (t sockets.Target, ok bool, err error) {
	host, port := n.config.Server, n.config.Port
	if host == "" {
		var isText bool
		if host, isText = msg.Get("host").(string); !isText && flow.Truthy(msg.Get("host")) {
			text := "the host must be text, not " + flow.TypeName(msg.Get("host"))
			return t, false, &flow.Error{Name: "TypeError", Message: text, Code: "ERR_INVALID_ARG_TYPE"}
		}
	}
	if !flow.Truthy(port) {
		port = msg.Get("port")
	}
	if host == "" || !flow.Truthy(port) {
		return t, false, nil
	}
	number, ok := sockets.Port(port)
	if !ok {
		text := fmt.Sprintf("Port should be >= 0 and < 65536. Received type %s (%s).", flow.TypeName(port), flow.Text(port)) // Node.js' words
		return t, false, &flow.Error{Name: "RangeError", Message: text, Code: "ERR_SOCKET_BAD_PORT"}
	}
	return sockets.Target{Host: host, Port: number}, true, nil
}

// reset closes connections that stay open.
func (n *Node) reset(which flow.Value) {
	for id, l := range n.links {
		if which == true || which == id {
			l.close()
		}
	}
	shape := "dot"
	if len(n.links) == 0 {
		shape = "ring"
	}
	n.env.Status(flow.Badge("green", shape, tcpnodes.Connections(n.env, len(n.links))))
}
