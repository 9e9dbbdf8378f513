package websocket

import (
	"context"
	"crypto/tls"
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
	var config *tls.Config
	if n.tls != nil {
		var err error
		if config, err = n.tls.Client(); err != nil {
			return nil, nil, err
		}
	}
	return wsdial.Dial(ctx, n.config.Path, wsdial.Options{
		TLS: config, Header: n.headers, Host: n.host, Subprotocols: subprotocols(n.config.Subprotocol),
	})
}
