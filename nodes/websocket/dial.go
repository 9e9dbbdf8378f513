package websocket

import (
	"context"
	"net"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/internal/wsdial"
)

// connectTime is how long an attempt to connect may take.
const connectTime = 30 * time.Second

// dial makes a connection, and returns with it the socket that it uses.
func (n *client) dial(ctx context.Context) (*websocket.Conn, net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	return wsdial.Dial(ctx, n.config.Path, wsdial.Options{
		TLS: n.tls, Header: n.headers, Host: n.host, Subprotocols: subprotocols(n.config.Subprotocol),
	})
}
