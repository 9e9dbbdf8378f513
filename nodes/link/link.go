// Package link has the node types link in, link out and link call: wires that
// are not drawn, within a flow and between flows.
//
// A link out node in mode link is wired to link in nodes when the flows are
// expanded (package flowfile). A link call node sends a message to one link in
// node and waits until a link out node in mode return hands it back. The calls
// that a message has to return from are in its property _linkSource, the last
// one at the end, so calls nest.
package link

import (
	"errors"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// InConfig is the configuration of a link in node. Links are read when the
// flows are expanded.
type InConfig struct {
	Links []string `json:"links" doc:"ids of the link out nodes that lead here; it is enough if either side names the other"`
}

// In is the type of link in nodes.
var In = flow.Define(flow.Spec[InConfig]{
	Name: "link in", Category: "common", Inputs: 1, Outputs: 1,
	Summary:    "Passes on the messages of link out and link call nodes.",
	OutputDocs: []string{"the message"},
	Notes:      "Link call nodes find it by its id or name.",
	New:        func(InConfig, flow.Env) (flow.Node, error) { return in{}, nil },
})

type in struct{}

// Handle implements [flow.Node].
func (in) Handle(msg *flow.Message, out flow.Outlet) error {
	out.Send(0, msg)
	return nil
}

// The modes of link out nodes.
const (
	modeLink   = "link"
	modeReturn = "return"
)

// OutConfig is the configuration of a link out node.
type OutConfig struct {
	Mode  string   `json:"mode" doc:"link: to all link in nodes in links; return: back to the link call node"`
	Links []string `json:"links" doc:"ids of the link in nodes to send to"`
}

// Out is the type of link out nodes.
var Out = flow.Define(flow.Spec[OutConfig]{
	Name: "link out", Category: "common", Inputs: 1,
	Summary: "Sends messages to link in nodes, or back to the link call node that they came from.",
	InputDocs: []flow.Doc{
		{Name: "_linkSource", Text: "the calls to return from, for mode return; link call nodes set it"},
	},
	Notes:   "The messages get a property _event, node: and the id of the node.",
	Default: func() OutConfig { return OutConfig{Mode: modeLink} },
	New: func(c OutConfig, env flow.Env) (flow.Node, error) {
		if c.Mode == "" {
			c.Mode = modeLink
		}
		if c.Mode != modeLink && c.Mode != modeReturn {
			return nil, &flow.ConfigError{Property: "mode", Reason: "expected link or return, got " + flow.JSON(c.Mode)}
		}
		return &out{env, c.Mode}, nil
	},
})

type out struct {
	env  flow.Env
	mode string
}

// Handle implements [flow.Node].
func (n *out) Handle(msg *flow.Message, out flow.Outlet) error {
	msg.Set("_event", "node:"+n.env.ID)
	if n.mode == modeLink {
		out.Send(0, msg)
		return nil
	}
	// What is handed back belongs to the caller; the outlet keeps its own.
	if caller, ok := n.env.Host.(flow.LinkCaller); !ok || !caller.LinkReturn(msg.Clone()) {
		n.env.Warn(n.env.Text("link.errors.missingReturn", "Missing return node information"))
	}
	return nil
}

// CallConfig is the configuration of a link call node.
type CallConfig struct {
	LinkType string     `json:"linkType" doc:"static: the link in node in links; dynamic: the one that msg.target names"`
	Links    flow.Value `json:"links" doc:"a list with the id of the link in node"`
	Timeout  float64    `json:"timeout" doc:"how long to wait for the message to come back, in seconds"`
}

// Call is the type of link call nodes.
var Call = flow.Define(flow.Spec[CallConfig]{
	Name: "link call", Category: "common", Inputs: 1, Outputs: 1,
	Summary: "Sends a message to a link in node and passes on what a link out node hands back.",
	InputDocs: []flow.Doc{
		{Name: "target", Text: "with linkType dynamic: the id or the name of a link in node; of several with this name the one in the same flow"},
	},
	OutputDocs:  []string{"the message that was handed back"},
	Notes:       "The error is timeout if nothing comes back in time; what comes later is sent all the same.",
	Differences: []string{"The call holds back its source, as a message that is being handled does, until the reply or the timeout."},
	Default:     func() CallConfig { return CallConfig{LinkType: "static", Timeout: 30} },
	New: func(c CallConfig, env flow.Env) (flow.Node, error) {
		caller, ok := env.Host.(flow.LinkCaller)
		if !ok {
			return nil, errors.New("there is nobody to call")
		}
		n := &call{host: caller, dynamic: c.LinkType == "dynamic", timeout: time.Duration(c.Timeout * float64(time.Second))}
		switch links := c.Links.(type) {
		case string:
			n.target = links
		case flow.Array:
			if len(links) > 0 {
				n.target = flow.Text(links[0])
			}
		}
		return n, nil
	},
})

type call struct {
	host    flow.LinkCaller
	dynamic bool
	target  string // if it is not dynamic
	timeout time.Duration
}

// Handle implements [flow.Node].
func (n *call) Handle(msg *flow.Message, out flow.Outlet) error {
	target := n.target
	if n.dynamic {
		target = ""
		if v := msg.Get("target"); flow.Truthy(v) {
			target = flow.Text(v)
		}
	}
	var done func(error)
	err := n.host.LinkCall(target, msg.Clone(), n.timeout, func(reply *flow.Message, err error) {
		if err == nil {
			out.Send(0, reply)
		}
		done(err)
	})
	if err != nil {
		return err
	}
	if !msg.Has("_linkSource") {
		msg.Set("_linkSource", flow.Array{}) // as a catch node gets it in Node-RED
	}
	done = out.Hold()
	return nil
}
