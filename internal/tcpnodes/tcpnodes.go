// Package tcpnodes is what Node-RED's tcp in, tcp out and tcp request have in
// common: a client that connects again, a server that counts its connections, and
// how payloads become bytes and bytes payloads. Their connections are sessions
// like all others.
package tcpnodes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/charset"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/runtime/session"
)

// Pool is the pool of the sessions of tcp in nodes: a tcp out node that replies
// reaches these.
const Pool = "tcp in"

// Options are how the nodes' sockets work: as in Node-RED a peer that has been
// silent for two minutes is looked after.
func Options() sockets.Options {
	o := sockets.DefaultOptions()
	o.KeepAlive, o.KeepAliveDelay = true, 120_000
	return o
}

// Session returns the value of _session in messages and badges.
func Session(s *session.Session) *flow.Object { return flow.NewObject("type", "tcp", "id", s.ID()) }

// SessionOf returns the id in a message's _session; ok is false if it has none
// of TCP.
func SessionOf(msg *flow.Message) (id flow.Value, ok bool) {
	o, _ := msg.Get("_session").(*flow.Object)
	if o == nil || o.Get("type") != "tcp" {
		return nil, false
	}
	return o.Get("id"), true
}

// Bytes returns what is sent for a payload: a Buffer as it is; text as UTF-8, or
// what it stands for in base64; numbers and booleans as text. Anything else is an
// error (Node-RED sends [object Object], or crashes).
func Bytes(payload flow.Value, decode bool) ([]byte, error) {
	switch p := payload.(type) {
	case flow.Buffer:
		return p, nil
	case string:
		if decode {
			return decodeBase64(p), nil
		}
		return []byte(p), nil
	case float64, bool:
		return []byte(flow.Text(p)), nil
	}
	return nil, fmt.Errorf("payload must be a string, Buffer, number or boolean, not %s; a json node makes a string of it", flow.TypeName(payload))
}

// decodeBase64 is Node.js' Buffer.from(text, "base64"): what is no part of it does
// not count.
func decodeBase64(text string) []byte {
	encoding, _ := charset.Lookup("base64") // it is there
	b, _ := encoding.NewEncoder().Bytes([]byte(text))
	return b
}

// Unescape replaces \n, \r and \t in a property that says where to cut.
func Unescape(text string) string {
	return strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(text)
}

// Connections returns the text of a badge that counts them.
func Connections(env flow.Env, n int) string {
	format := "%d connections"
	if n == 1 {
		format = "%d connection"
	}
	return env.Text("tcpin.status.connections", format, n)
}

// Dialer returns how the nodes connect: to a host and port, with TLS if provider
// is not nil.
func Dialer(t sockets.Target, provider tlsconf.Provider) session.Dialer {
	return func(ctx context.Context) (session.Stream, error) {
		conn, err := sockets.Dialing{Options: Options()}.Dial(ctx, t)
		if err != nil || provider == nil {
			return session.Stream{Conn: conn}, err
		}
		shaking, cancel := context.WithTimeout(ctx, tlsconf.Defaults().Patience())
		defer cancel()
		secure, err := tlsconf.Connect(shaking, conn, nil, provider, t.Host)
		if err != nil {
			return session.Stream{}, err
		}
		return session.Stream{Conn: secure}, nil
	}
}

// Port reads the property port of a node. The error is a *[flow.ConfigError].
func Port(v flow.Value) (int, error) {
	port, _ := sockets.ParseInt(v)
	if sockets.CheckPort("port", port, 1) != nil {
		if v == nil {
			v = ""
		}
		return 0, &flow.ConfigError{Property: "port", Reason: flow.JSON(v) + " is no port from 1 to 65535"}
	}
	return port, nil
}

// StatusKeys are the keys that Node-RED has for the texts of the nodes' badges.
func StatusKeys() map[string]string {
	return map[string]string{
		"connecting": "common.status.connecting", "connected": "common.status.connected",
		"disconnected": "common.status.disconnected", "error": "common.status.error",
	}
}

// How long the client waits to connect again.
const (
	reconnectTime = 10 * time.Second      // Node-RED's socketReconnectTime
	soon          = 20 * time.Millisecond // when the connection has served its purpose
)
