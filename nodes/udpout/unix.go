package udpout

import (
	"net/netip"
	"runtime"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
	"github.com/flowrun/flowrun/runtime/session"
)

func (c Config) checkPaths() error {
	if _, err := sockets.ParseMode(c.PathMode); err != nil {
		return err
	}
	if c.Path == "" {
		if c.LocalPath != "" {
			return &flow.ConfigError{Property: "localPath", Reason: "only a node with a path sends from a Unix socket"}
		}
		return nil
	}
	if err := sockets.CheckUnixDatagrams("path"); err != nil {
		return err
	}
	if c.Receive && c.LocalPath == "" && runtime.GOOS != "linux" {
		return &flow.ConfigError{Property: "localPath", Reason: "name a Unix socket for the replies; only Linux finds one by itself"}
	}
	return nil
}

// isUnix tells whether what is sent from a session, or if it is nil from the
// node's own, goes to a path.
func (n *Node) isUnix(from *session.Session) bool {
	if from == nil {
		return n.config.Path != ""
	}
	return from.IsUnix()
}

// handleUnix sends a message's payload to the path of the sender that it answers,
// else to the node's.
func (n *Node) handleUnix(s *session.Session, msg *flow.Message, out flow.Outlet) {
	path := n.config.Path
	fail := func(code, text string) {
		m := n.failure(code, text, unix)
		if s != nil {
			m.Set("sessionId", s.ID())
		}
		out.Send(0, m)
	}
	if from, ok := msg.Get("rinfo").(*flow.Object); ok && s != nil {
		path = flow.Text(from.Get("address"))
	}
	if path == "" {
		fail("SEND_INVALID", "udp-out requires a path; a sender whose socket has no name cannot be answered")
		return
	}
	data, ok := bytesOf(msg.Get("payload"))
	if !ok {
		fail("PAYLOAD_INVALID", "payload must be string or Buffer")
		return
	}
	if s == nil {
		var err error
		if s, err = n.socket(netip.AddrPort{}, unix); err != nil {
			n.env.Status(flow.Badge("red", "dot", "error"))
			fail("UDP_ERROR", err.Error())
			return
		}
	}
	if err := s.SendToPath(data, path); err != nil {
		fail("UDP_SEND_FAILED", err.Error())
		return
	}
	n.showSent(len(data))
	if out.Wanted(0) {
		out.Send(0, session.OK("sent", "sessionId", s.ID(), "path", path, "bytes", float64(len(data))))
	}
}

// openUnix opens the node's Unix socket: with a name if replies come to it.
func (n *Node) openUnix() (sockets.DatagramConn, error) {
	if n.config.Receive {
		return n.config.ListenUnix(n.config.LocalPath, n.config.PathMode)
	}
	return n.config.OpenUnix()
}
