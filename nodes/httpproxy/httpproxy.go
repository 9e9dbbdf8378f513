// Package httpproxy is the config node type http proxy: it names a proxy for the
// nodes that make requests.
package httpproxy

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/webproxy"
)

// Config is the node's configuration.
type Config struct {
	URL     string   `json:"url" doc:"URL of the proxy, such as http://proxy.example:3128"`
	NoProxy []string `json:"noproxy" doc:"hosts that are reached without it: names, .example.com or *.example.com for all below, a port behind a colon"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "http proxy", Category: "config",
	Summary: "Names a proxy, for the nodes whose proxy is its id.",
	Notes:   "Credentials: username, password.",
	Differences: []string{
		"A node that names one which is missing or disabled gives an error with each message; Node-RED goes on without it.",
	},
	New: func(c Config, env flow.Env) (flow.Node, error) {
		return &Node{webproxy.Settings{
			HTTP: c.URL, HTTPS: c.URL, None: strings.Join(c.NoProxy, ","),
			User: env.Credentials.Get("username"), Pass: env.Credentials.Get("password"),
		}}, nil
	},
})

// Node is an http proxy node.
type Node struct{ settings webproxy.Settings }

// Handle does nothing: the node has no input.
func (n *Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Proxy implements [webproxy.Provider].
func (n *Node) Proxy() webproxy.Settings { return n.settings }
