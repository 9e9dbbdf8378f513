// Package tcpsession is the node type tcp-session: it looks at TCP sessions and
// changes how they work.
package tcpsession

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Action   string `json:"action" doc:"list, get, pause, resume, end, reset, setTimeout, setNoDelay, setKeepAlive or tag; msg.action replaces it"`
	Listener string `json:"listener" doc:"id of the node whose sessions list, a sessionId of \"*\" and tags mean; empty is all nodes"`
}

// Type returns the node type; it finds its sessions in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-session", Category: "network", Inputs: 1, Outputs: 1,
		KeepsNothing: true,
		Summary:      "Looks at TCP sessions, whoever opened them, and changes how they work.",
		InputDocs: []flow.Doc{
			{Name: "action", Text: "replaces the node's"},
			{Name: "sessionId", Text: `the session, or a list of them, or "*" for all sessions of listener: a result each`},
			{Name: "tags", Text: "an object. With the action tag: what to give the session (null takes a tag away). With the others, and without a sessionId: the sessions that have these tags"},
			{Name: "timeout", Text: "for setTimeout: milliseconds without traffic after which the node that opened the session sends TIMEOUT; 0 is never"},
			{Name: "noDelay", Text: "for setNoDelay: false holds small writes back until there are more (Nagle); otherwise they leave at once"},
			{Name: "keepAlive", Text: "for setKeepAlive: false switches the system's probes of silent peers off"},
			{Name: "initialDelay", Text: "for setKeepAlive: milliseconds of silence before the first probe; 0 leaves it as it is"},
		},
		OutputDocs: []string{
			"{event: the action, sessionId}, or an error. get adds session {sessionId, node, claim, state, readyState, connecting, pending, paused, localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily, bytesRead, bytesWritten, messagesRead, messagesWritten, queued, timeout, idle, age, tags} (times in milliseconds); list has no sessionId but sessions, a list of these, the oldest first",
		},
		Errors: []flow.Doc{
			{Name: "ACTION_INVALID", Text: "there is no such action"},
			{Name: "SESSION_NOT_FOUND", Text: "there is no such session; sessionId is null if the message had none"},
			{Name: "SOCKET_NOT_CONNECTED", Text: "the session has no TCP connection to set an option of"},
			{Name: "TAGS_INVALID", Text: "tag needs msg.tags, an object"},
		},
		Notes: "pause leaves what the peer sends to the system's buffers, so that TCP slows it down; writing goes on. end writes what waits first, as tcp-disconnect does; reset does not. Tags end with their session.",
		Default: func() Config {
			return Config{Action: "get"}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			if _, ok := actions[c.Action]; !ok && c.Action != "list" {
				return nil, &flow.ConfigError{Property: "action", Reason: "expected " + names() + `, got "` + c.Action + `"`}
			}
			return &Node{config: c, env: env, store: store}, nil
		},
	})
}

// Node is a tcp-session node.
type Node struct {
	config Config
	env    flow.Env
	store  *session.Store
}

// actions are what is done to one session. They return the result, an envelope.
var actions = map[string]func(s *session.Session, msg *flow.Message) *flow.Message{
	"get": func(s *session.Session, _ *flow.Message) *flow.Message {
		return session.OK("get", "sessionId", s.ID(), "session", describe(s))
	},
	"pause": func(s *session.Session, _ *flow.Message) *flow.Message {
		s.Pause()
		return done("pause", s)
	},
	"resume": func(s *session.Session, _ *flow.Message) *flow.Message {
		s.Resume()
		return done("resume", s)
	},
	"end": func(s *session.Session, _ *flow.Message) *flow.Message {
		s.Disconnect()
		return done("end", s)
	},
	"reset": func(s *session.Session, _ *flow.Message) *flow.Message {
		s.Reset()
		return done("reset", s)
	},
	"setTimeout": func(s *session.Session, msg *flow.Message) *flow.Message {
		s.SetTimeout(sockets.Milliseconds(msg.Get("timeout")))
		return done("setTimeout", s)
	},
	"setNoDelay": func(s *session.Session, msg *flow.Message) *flow.Message {
		return option("setNoDelay", s, s.SetNoDelay(msg.Get("noDelay") != false))
	},
	"setKeepAlive": func(s *session.Session, msg *flow.Message) *flow.Message {
		err := s.SetKeepAlive(msg.Get("keepAlive") != false, sockets.Milliseconds(msg.Get("initialDelay")))
		return option("setKeepAlive", s, err)
	},
	"tag": func(s *session.Session, msg *flow.Message) *flow.Message {
		tags, ok := msg.Get("tags").(*flow.Object)
		if !ok {
			return session.Fail("TAGS_INVALID", "tag requires tags, an object", "error", "sessionId", s.ID())
		}
		for key, value := range tags.All() {
			if value == (flow.Null{}) {
				value = nil
			}
			s.Tag(key, value)
		}
		return done("tag", s)
	},
}

func done(action string, s *session.Session) *flow.Message {
	return session.OK(action, "sessionId", s.ID())
}

func option(action string, s *session.Session, err error) *flow.Message {
	if err != nil {
		return session.Fail("SOCKET_NOT_CONNECTED", err.Error(), "error", "sessionId", s.ID())
	}
	return done(action, s)
}

func names() string { return "list, " + strings.Join(slices.Sorted(maps.Keys(actions)), ", ") }

// Handle does what the message asks for.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	action := n.config.Action
	if v := msg.Get("action"); flow.Truthy(v) {
		action = flow.Text(v)
	}
	act, ok := actions[action]
	switch {
	case action == "list":
		out.Send(0, n.list(msg))
		return nil
	case !ok:
		out.Send(0, session.Fail("ACTION_INVALID", "action must be one of "+names(), "error", "sessionId", msg.Get("sessionId")))
		return nil
	}
	n.store.Addressed(msg, n.config.Listener, func(id flow.Value) {
		if s := n.store.Get(id); s != nil {
			out.Send(0, act(s, msg))
		} else {
			out.Send(0, session.NotFound(id))
		}
	})
	return nil
}

func (n *Node) list(msg *flow.Message) *flow.Message {
	tags, _ := msg.Get("tags").(*flow.Object)
	list := flow.Array{}
	for _, s := range n.store.Find(session.Query{Node: n.config.Listener, Tags: tags}) {
		list = append(list, describe(s))
	}
	return session.OK("list", "sessions", list)
}

// Stop clears the badge, as the other session nodes do.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	n.env.Status(&flow.Object{})
	return nil
}
