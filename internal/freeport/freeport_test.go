package freeport

import (
	"net"
	"testing"
)

func TestTake(t *testing.T) {
	var pool Pool
	seen := map[int]bool{}
	for range 10 {
		ports, err := pool.Take(5)
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range ports {
			if seen[port] {
				t.Errorf("port %d is given twice", port)
			}
			seen[port] = true
		}
	}
	if len(seen) != 50 {
		t.Errorf("got %d ports, want 50", len(seen))
	}
}

func TestPortInUse(t *testing.T) {
	ports, err := new(Pool).Take(1)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: ports[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if isFree(ports[0]) {
		t.Error("a port that is listened on counts as free")
	}
}
