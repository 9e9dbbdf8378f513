package sockets

import (
	"net"
	"syscall"

	"golang.org/x/net/ipv4"
)

const (
	canBatch  = true
	truncated = syscall.MSG_TRUNC
)

func isTooLong(error) bool { return false }

// writeBatch writes datagrams until one is refused, and returns how many it has
// written and why the next was not.
func writeBatch(conn *net.UDPConn, list []ipv4.Message) (int, error) {
	n, err := ipv4.NewPacketConn(conn).WriteBatch(list, 0)
	return max(n, 0), err
}
