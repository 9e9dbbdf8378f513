// Package tcpsend is the node type tcp-send: it writes to a TCP session and
// gets the answer.
package tcpsend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	WaitFor        string     `json:"waitFor" doc:"JavaScript regular expression (line mode): lines of the answer are held until one matches; empty goes on with what is in force for the session"`
	LineTerminator string     `json:"lineTerminator" doc:"lf, crlf or cr is added to each text (line mode), anything else adds nothing"`
	Timeout        flow.Value `json:"timeout" doc:"milliseconds without traffic after which a TIMEOUT is sent; 0 is never"`
	Listener       string     `json:"listener" doc:"id of the node whose sessions a sessionId of \"*\", or tags, mean; empty is all nodes"`
	Claim          bool       `json:"claim" doc:"take the data claim: answers leave on output 2; false leaves them where they are"`
	OnSlow         string     `json:"onSlow" doc:"when more than queueLimit would wait for a peer: wait (queue it, and read no more from whoever asked), drop (the message), disconnect (the peer)"`
	QueueLimit     int        `json:"queueLimit" doc:"bytes that may wait for a peer, with drop and disconnect"`
	framing.Format
}

// unframed is the framing of a node that sends bytes as they are.
const unframed = "none"

func (c Config) validate() error {
	if !slices.Contains([]string{"wait", "drop", "disconnect"}, c.OnSlow) {
		return &flow.ConfigError{Property: "onSlow", Reason: fmt.Sprintf("expected wait, drop or disconnect, got %q", c.OnSlow)}
	}
	if c.OnSlow != "wait" && c.QueueLimit < 1 {
		return &flow.ConfigError{Property: "queueLimit", Reason: fmt.Sprintf("expected a number of bytes from 1 on, got %d", c.QueueLimit)}
	}
	return nil
}

// Type returns the node type; it finds its sessions in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-send", Category: "network", Inputs: 1, Outputs: 2,
		KeepsNothing: true,
		Summary:      "Writes to a TCP session, whoever opened it, and gets what the peer answers.",
		InputDocs: []flow.Doc{
			{Name: "sessionId", Text: `the session to write to, or a list of them, or "*" for all sessions of listener: a result each`},
			{Name: "tags", Text: "without a sessionId: the sessions that a tcp-session node has given these tags (an object)"},
			{Name: "payload", Text: "a string, a Buffer or a list of them; each item counts as a chunk, is a frame where there is a framing, and a datagram for a UDP peer. With json and json-lines it is any value, a list too"},
			{Name: "waitFor", Text: `replaces the node's; "" switches off what is in force`},
			{Name: "timeout", Text: "replaces the node's; 0 switches it off"},
		},
		OutputDocs: []string{
			"events: sent {sessionId, messageId, chunkCount}; error and timeout",
			"data {sessionId, payload} of the sessions on which this node was the last to send; with waitFor payload is the list of lines before the one in match",
		},
		Errors: []flow.Doc{
			{Name: "SESSION_NOT_FOUND", Text: "there is no such session; sessionId is null if the message had none"},
			{Name: "SESSION_NOT_CONNECTED", Text: "the session is not connected yet, or about to end"},
			{Name: "PAYLOAD_INVALID", Text: "the payload, or an item of it, is neither string nor Buffer, or has no frame: it contains a delimiter, or is too long; nothing is written"},
			{Name: "SOCKET_NOT_CONNECTED", Text: "it is a session of a UDP socket, which has no peer"},
			{Name: "UDP_SEND_FAILED", Text: "the system refused a datagram for a UDP peer"},
			{Name: "SESSION_SLOW", Text: "more than queueLimit would wait for the peer {queued}; the message is dropped, or the peer disconnected"},
			{Name: "QUEUE_FULL", Text: "more would wait for a connection that is yet to be made than the tcp-connect's offlineQueue allows; the message is dropped"},
			{Name: "TIMEOUT", Text: "no traffic for as long as timeout says (event timeout); the connection stays open"},
		},
		Notes: "A send that is refused claims nothing. An empty string and an empty list claim the data without writing any. What is sent is framed as the session is cut, unless framing says otherwise; where the node has a framing of its own, the other properties of frames are its own too.",
		Differences: []string{
			"msg.waitFor works, and a timeout of 0 switches the timeout off; timeouts work on accepted sessions too.",
			"Its claims survive its redeploy.",
		},
		Default: func() Config {
			return Config{Timeout: 0.0, Claim: true, OnSlow: "wait", QueueLimit: 1 << 20, Format: framing.DefaultFormat()}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			if err := c.validate(); err != nil {
				return nil, err
			}
			n := &Node{
				config: c, env: env, store: store,
				terminator: terminators[c.LineTerminator],
				timeout:    sockets.Milliseconds(c.Timeout),
			}
			var err error
			if c.Framing != unframed {
				n.framing, err = c.Resolve()
			}
			return n, err
		},
	})
}

var terminators = map[string]string{"lf": "\n", "crlf": "\r\n", "cr": "\r"}

// Node is a tcp-send node.
type Node struct {
	config     Config
	env        flow.Env
	store      *session.Store
	terminator string
	timeout    time.Duration
	waitFor    *session.WaitFor
	framing    *framing.Framing // its own; may be nil

	override override // the last msg.waitFor
	buffer   []byte   // where texts and lists are put together
	ends     []int    // where each item ends there
}

// override is a compiled msg.waitFor.
type override struct {
	pattern string
	waitFor *session.WaitFor
}

// keepBuffer is the largest buffer that a node keeps for the next message.
const keepBuffer = 64 << 10

// Start makes the node known as one that may claim data.
func (n *Node) Start(context.Context) error {
	n.store.Attach(n.env.ID, n.env.Host)
	waitFor, err := session.ParseWaitFor(n.config.WaitFor)
	switch {
	case err != nil:
		n.env.Status(session.BadWaitFor())
	case flow.TrimSpace(n.config.WaitFor) != "":
		n.waitFor = waitFor
	}
	return nil
}

// Stop gives the claims back, unless a new instance takes them over.
func (n *Node) Stop(_ context.Context, reason flow.StopReason) error {
	n.store.Detach(n.env.ID, reason)
	n.env.Status(&flow.Object{})
	return nil
}

// Handle sends a message's payload to each session that it names.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	n.store.Addressed(msg, n.config.Listener, func(id flow.Value) { n.send(id, msg, out) })
	return nil
}

func (n *Node) send(id flow.Value, msg *flow.Message, out flow.Outlet) {
	s := n.store.Get(id)
	if s == nil {
		out.Send(0, session.NotFound(id))
		return
	}
	if !s.CanSend() {
		out.Send(0, failure(session.ErrNotConnected, id))
		return
	}
	data, chunks, err := n.bytes(msg.Get("payload"), s)
	if err != nil {
		out.Send(0, session.Fail("PAYLOAD_INVALID", err.Error(), "error", "sessionId", id))
		return
	}
	o := session.Sending{
		Node: n.env.ID, WaitFor: n.waitForOf(msg), Timeout: n.timeoutOf(msg), Data: data, Ends: n.ends, Cause: out.Cause(),
		NoClaim: !n.config.Claim,
	}
	if n.config.OnSlow != "wait" {
		o.Limit = n.config.QueueLimit
	}
	err = s.Send(o)
	switch {
	case errors.Is(err, session.ErrSlow):
		n.giveUp(s, out)
	case err != nil:
		out.Send(0, failure(err, id))
	case out.Wanted(0):
		out.Send(0, session.OK("sent", "sessionId", id, "messageId", session.NewID("msg"), "chunkCount", float64(chunks)))
	}
}

// giveUp is what happens to a peer for which too much waits.
func (n *Node) giveUp(s *session.Session, out flow.Outlet) {
	queued, what := s.Info().Queued, "the message is dropped"
	if n.config.OnSlow == "disconnect" {
		what = "it is disconnected"
		s.Destroy()
	}
	out.Send(0, session.Fail("SESSION_SLOW", fmt.Sprintf("Peer is slow: %d bytes wait, %s", queued, what),
		"error", "sessionId", s.ID(), "queued", float64(queued)))
}

func failure(err error, id flow.Value) *flow.Message {
	refused, isSystem := errors.AsType[*sockets.Error](err)
	switch {
	case isSystem:
		return session.Fail("UDP_SEND_FAILED", refused.Text, "error", "sessionId", id)
	case errors.Is(err, session.ErrQueueFull):
		return session.Fail("QUEUE_FULL", "Too much waits for the connection", "error", "sessionId", id)
	case errors.Is(err, session.ErrNoStream):
		return session.Fail("SOCKET_NOT_CONNECTED", "Socket is not connected", "error", "sessionId", id)
	}
	return session.Fail("SESSION_NOT_CONNECTED", "Session is not connected", "error", "sessionId", id)
}

// framingFor returns how what is sent on a session is framed, nil if it is sent
// as it is.
func (n *Node) framingFor(s *session.Session) *framing.Framing {
	if n.framing == nil && n.config.Framing != unframed {
		return s.Framing()
	}
	return n.framing
}

// bytes returns what a payload looks like on a session's wire and how many
// chunks it has; the error says why it is no payload. The bytes are valid until
// the next call.
func (n *Node) bytes(payload flow.Value, s *session.Session) (data []byte, chunks int, err error) {
	frames := n.framingFor(s)
	if b, isBuffer := payload.(flow.Buffer); isBuffer && frames == nil {
		n.ends = append(n.ends[:0], len(b))
		return b, 1, nil
	}
	items, isList := payload.(flow.Array)
	if !isList || frames != nil && frames.TakesAny() {
		items = flow.Array{payload}
	}
	terminator := ""
	if s.IsLine() && n.framing == nil {
		terminator = n.terminator
	}
	if cap(n.buffer) > keepBuffer {
		n.buffer = nil
	}
	n.buffer, n.ends = n.buffer[:0], n.ends[:0]
	for _, item := range items {
		if frames != nil {
			if text, isText := item.(string); isText {
				item = text + terminator
			}
			if n.buffer, err = frames.Append(n.buffer, item); err != nil {
				return nil, 0, err
			}
			n.ends = append(n.ends, len(n.buffer))
			continue
		}
		switch item := item.(type) {
		case string:
			n.buffer = append(append(n.buffer, item...), terminator...)
		case flow.Buffer:
			n.buffer = append(n.buffer, item...)
		default:
			return nil, 0, framing.ErrNoPayload
		}
		n.ends = append(n.ends, len(n.buffer))
	}
	return n.buffer, len(items), nil
}

// waitForOf returns what the answer is waited for with: the message's, else the
// node's, else nil for what is in force.
func (n *Node) waitForOf(msg *flow.Message) *session.WaitFor {
	pattern, ok := msg.Get("waitFor").(string)
	if !ok {
		return n.waitFor
	}
	if n.override.waitFor == nil || n.override.pattern != pattern {
		w, err := session.ParseWaitFor(pattern)
		if err != nil {
			n.env.Status(session.BadWaitFor())
			return n.waitFor
		}
		n.override = override{pattern, w}
	}
	return n.override.waitFor
}

func (n *Node) timeoutOf(msg *flow.Message) time.Duration {
	v := msg.Get("timeout")
	if v == nil {
		return n.timeout
	}
	if ms, ok := sockets.ParseInt(v); ok && ms >= 0 {
		return sockets.Milliseconds(v)
	}
	return n.timeout
}
