package conformance

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
)

const scenarioPorts = 9 // {{P1}} to {{P9}}

// portMap maps the ports of one run to their names in the scenario, {{P1}} to {{P9}}.
type portMap map[int]string

func newPortMap(ports []int) portMap {
	m := portMap{}
	for i, port := range ports {
		m[port] = fmt.Sprintf("{{P%d}}", i+1)
	}
	return m
}

// portPool hands out ports below those that systems give to clients by
// themselves, so that no other scenario's connection can get one by chance.
type portPool struct {
	mu   sync.Mutex
	next int
}

const firstPort, lastPort = 20000, 32000

// newPortPool begins somewhere else in every process.
func newPortPool() *portPool {
	return &portPool{next: firstPort + os.Getpid()*97%(lastPort-firstPort)}
}

// take returns n ports that are free for TCP and UDP now.
func (p *portPool) take(t *testing.T, n int) []int {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var ports []int
	for range lastPort - firstPort {
		port := p.next
		if p.next++; p.next > lastPort {
			p.next = firstPort
		}
		if free(t, port) {
			ports = append(ports, port)
		}
		if len(ports) == n {
			return ports
		}
	}
	t.Fatalf("no %d free ports from %d to %d", n, firstPort, lastPort)
	return nil
}

func free(t *testing.T, port int) bool {
	t.Helper()
	address := ":" + strconv.Itoa(port)
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return udp.Close() == nil
}
