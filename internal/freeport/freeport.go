// Package freeport finds ports that nobody uses.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
)

// The ports that a pool gives lie below those that systems give to outgoing
// connections, so none of these takes one before the caller does.
const first, count = 10_000, 10_000

// Pool hands out ports and never the same one twice. The zero Pool is ready to
// use; it is safe for concurrent use.
type Pool struct {
	mu    sync.Mutex
	given map[int]bool
}

// Take returns n different ports on 127.0.0.1 that nobody uses for TCP or UDP
// at this moment.
func (p *Pool) Take(n int) ([]int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given == nil {
		p.given = map[int]bool{}
	}
	var ports []int
	for range 100 * n {
		if len(ports) == n {
			break
		}
		port := first + rand.IntN(count)
		if !p.given[port] && isFree(port) {
			p.given[port] = true
			ports = append(ports, port)
		}
	}
	if len(ports) < n {
		return nil, errors.New("too few free ports on 127.0.0.1")
	}
	return ports, nil
}

func isFree(port int) bool {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return false
	}
	defer func() { _ = listener.Close() }()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return false
	}
	_ = socket.Close()
	return true
}
