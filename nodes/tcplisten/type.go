package tcplisten

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tcpserver"
	"github.com/flowrun/flowrun/runtime/session"
)

// Config is the node's configuration.
type Config struct {
	Host    string     `json:"host" doc:"address to listen on; :: takes IPv4 connections too"`
	Port    flow.Value `json:"port" doc:"port to listen on, 1 to 65535; auto is a free one, which the event listening tells"`
	Mode    string     `json:"mode" doc:"binary: a Buffer for each chunk, or what framing says; line: a text for each line (CR LF, LF or CR ends one)"`
	WaitFor string     `json:"waitFor" doc:"JavaScript regular expression (line mode): lines are held until one matches, or until the unfinished last line does"`
	Timeout flow.Value `json:"timeout" doc:"milliseconds without traffic after which a connection is closed; 0 is never"`

	AllowHalfOpen bool `json:"allowHalfOpen" doc:"when the peer ends its side, send the event end and go on writing until a tcp-disconnect ends ours"`
	sockets.Listening
	tcpserver.Config
	framing.Frames
}

// Type returns the node type; its sessions are in the store.
func Type(store *session.Store) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "tcp-listen", Category: "network", Outputs: 2,
		Summary: "Accepts TCP connections and makes a session of each.",
		OutputDocs: []string{
			"events: listening {localHost, localPort}; connected {sessionId, remoteHost, remotePort, localHost, localPort, and with TLS tls}; of a Unix socket both have path instead of hosts and ports; end {sessionId}, with allowHalfOpen; disconnected {sessionId}; " + tcpserver.Events + "; closed; error and timeout",
			"data {sessionId, payload}, of the sessions whose data no tcp-send has claimed; with waitFor payload is the list of lines before the one in match",
		},
		Errors: append([]flow.Doc{
			{Name: "TIMEOUT", Text: "no traffic for as long as timeout says (event timeout), nothing at all within firstByteTimeout, or maxConnectionTime is over; the connection is closed"},
			{Name: "EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOTFOUND, …", Text: "the node cannot listen"},
			{Name: "ERR_SOCKET_BAD_PORT", Text: "the port is out of range"},
			{Name: "SOCKET_OPTION", Text: "an option of a connection cannot be set, errorText says which; the connection is taken all the same"},
			{Name: "ECONNRESET, EPIPE, ETIMEDOUT, …", Text: "a connection (sessionId) broke"},
		}, slices.Concat(tcpserver.Errors, framing.Errors())...),
		Notes: "A redeploy of this node closes its connections; one that changes other nodes, or only wires, does not. " + framing.Notes + " " + tcpserver.Notes,
		Differences: []string{
			"disconnected is sent for every session that ended, and closed when the server socket closes.",
			"Nothing received is lost at the end of a session, and lines do not depend on how TCP cut them.",
		},
		Default: func() Config {
			return Config{Host: "0.0.0.0", Mode: "binary", Timeout: 0.0, Listening: sockets.Listening{Options: sockets.DefaultOptions()}, Config: tcpserver.Defaults(), Frames: framing.Default()}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			n := &Node{config: c, env: env, store: store, announcer: session.NewAnnouncer(env.Host)}
			err := c.Listening.Validate()
			if err != nil {
				return nil, err
			}
			if n.framing, err = c.Stream(c.Mode == "line"); err != nil {
				return nil, err
			}
			n.server, err = tcpserver.New(c.Config, env, n)
			return n, err
		},
	})
}
