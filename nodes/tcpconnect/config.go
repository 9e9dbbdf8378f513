package tcpconnect

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/framing"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/internal/tlsconf"
)

// Config is the node's configuration.
type Config struct {
	Host        string     `json:"host" doc:"address or name to connect to"`
	Port        flow.Value `json:"port" doc:"port to connect to, 1 to 65535"`
	Mode        string     `json:"mode" doc:"binary: a Buffer for each chunk, or what framing says; line: a text for each line (CR LF, LF or CR ends one)"`
	WaitFor     string     `json:"waitFor" doc:"JavaScript regular expression (line mode): lines are held until one matches, or until the unfinished last line does"`
	Timeout     flow.Value `json:"timeout" doc:"milliseconds without traffic after which a TIMEOUT is sent; 0 is never"`
	AutoConnect bool       `json:"autoConnect" doc:"connect when the flow starts"`

	AllowHalfOpen bool `json:"allowHalfOpen" doc:"when the peer ends its side, send the event end and go on writing until a tcp-disconnect ends ours"`

	Reconnect         bool   `json:"reconnect" doc:"connect again when a connection has ended or could not be made, until a tcp-disconnect"`
	ReconnectDelay    int    `json:"reconnectDelay" doc:"milliseconds until the first attempt; each further one waits twice as long, half of it left to chance"`
	ReconnectMaxDelay int    `json:"reconnectMaxDelay" doc:"milliseconds that an attempt waits at most"`
	ReconnectAttempts int    `json:"reconnectAttempts" doc:"attempts in a row after which the node gives up; 0 is never"`
	KeepSession       bool   `json:"keepSession" doc:"with reconnect: the session outlives its connections, with its sessionId, tags and claim"`
	OfflineQueue      int    `json:"offlineQueue" doc:"bytes that tcp-send may leave with a session that is not connected yet, or not again; 0 refuses them"`
	Hosts             []Host `json:"hosts" doc:"further hosts {host, port} that do the same; they are tried when one before cannot be reached"`
	HostOrder         string `json:"hostOrder" doc:"failover: every attempt begins with the first host; roundrobin: with the next in turn"`
	Proxy             string `json:"proxy" doc:"connect through a proxy: socks5://host:port, or http://host:port (CONNECT)"`
	framing.Frames
	sockets.Dialing
	tlsconf.Inline
}

// Host is one more host.
type Host struct {
	Host string     `json:"host"`
	Port flow.Value `json:"port"`
}

func defaults() Config {
	return Config{
		Mode: "binary", Timeout: 0.0, ReconnectDelay: 1000, ReconnectMaxDelay: 30000, HostOrder: "failover",
		Dialing: sockets.Dialing{Options: sockets.DefaultOptions()}, Inline: tlsconf.Defaults(),
		Frames: framing.Default(),
	}
}

// prepare checks the configuration. The error is a *[flow.ConfigError].
func (n *Node) prepare() error {
	c := n.config
	if err := c.Dialing.Validate(); err != nil {
		return err
	}
	switch {
	case c.ReconnectDelay < 1:
		return &flow.ConfigError{Property: "reconnectDelay", Reason: "expected a number of milliseconds from 1 on"}
	case c.ReconnectAttempts < 0:
		return &flow.ConfigError{Property: "reconnectAttempts", Reason: "expected a number from 0 on"}
	case c.OfflineQueue < 0:
		return &flow.ConfigError{Property: "offlineQueue", Reason: "expected a number of bytes from 0 on"}
	case c.HostOrder != "failover" && c.HostOrder != "roundrobin":
		return &flow.ConfigError{Property: "hostOrder", Reason: fmt.Sprintf("expected failover or roundrobin, got %q", c.HostOrder)}
	case c.KeepSession && !c.Reconnect:
		return &flow.ConfigError{Property: "keepSession", Reason: "it keeps a session from one connection to the next: set reconnect too"}
	case c.Proxy != "" && c.Path != "":
		return &flow.ConfigError{Property: "proxy", Reason: "a Unix socket (path) is not reached through a proxy"}
	}
	for i, h := range c.Hosts {
		t, err := sockets.FindTarget(flow.NewMessage(), h.Host, h.Port, 1)
		if err != nil {
			return &flow.ConfigError{Property: fmt.Sprintf("hosts[%d]", i), Reason: err.Error()}
		}
		n.more = append(n.more, t)
	}
	p, err := sockets.ParseProxy(c.Proxy, n.env.Credentials.Get("proxyUser"), n.env.Credentials.Get("proxyPassword"))
	if err != nil {
		return err
	}
	if n.framing, err = c.Stream(c.Mode == "line"); err != nil {
		return err
	}
	n.route = sockets.Route{Dialing: c.Dialing, Proxy: p}
	n.tls, err = c.Inline.Provider(n.env)
	return err
}

func (c Config) delays() (first, most time.Duration) {
	return time.Duration(c.ReconnectDelay) * time.Millisecond, time.Duration(c.ReconnectMaxDelay) * time.Millisecond
}
