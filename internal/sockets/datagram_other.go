//go:build !linux

package sockets

import (
	"net"

	"golang.org/x/net/ipv4"
)

const canBatch = false

// writeBatch writes datagrams until one is refused, and returns how many it has
// written and why the next was not.
func writeBatch(conn *net.UDPConn, list []ipv4.Message) (int, error) {
	for i, m := range list {
		if _, err := conn.WriteTo(m.Buffers[0], m.Addr); err != nil {
			return i, err
		}
	}
	return len(list), nil
}
