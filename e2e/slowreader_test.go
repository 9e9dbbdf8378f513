//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/testrun"
)

const (
	bulk      = 200 << 20 // what the client sends that does not read
	memoryMax = 64 << 20  // what flowrun may hold meanwhile
)

// A client that sends and reads nothing costs a bounded amount of memory and
// harms nobody else; when it reads at last it gets every byte.
func TestClientThatReadsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 200 MB")
	}
	port := testrun.FreePorts(t, 1)[0]
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	flows := filepath.Join(t.TempDir(), "echo.json")
	if err := os.WriteFile(flows, fmt.Appendf(nil, `[
		{"id":"t","type":"tab","label":"echo"},
		{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":"binary","wires":[[],["out"]]},
		{"id":"out","type":"tcp-send","z":"t","x":2,"y":1,"wires":[[],["out"]]}]`, port), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := testrun.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := testrun.Start(t, exec.Command(binary, "deploy", "--admin", "off", flows))

	bystander := dial(t, address)
	alone := roundTrips(t, bystander, 300)

	greedy := dial(t, address)
	sent := make(chan error, 1)
	go func() { sent <- writePattern(greedy, bulk) }()
	stalled := waitForStall(t, p.PID(), sent)
	beside := roundTrips(t, bystander, 300)
	t.Logf("resident memory with a stalled client: %.1f MB; round trip of another client, median: %v alone, %v beside it",
		float64(stalled)/(1<<20), alone, beside)
	if stalled > memoryMax {
		t.Errorf("flowrun holds %d bytes, want at most %d", stalled, memoryMax)
	}
	if limit := 5*alone + 2*time.Millisecond; beside > limit {
		t.Errorf("the other client's round trip takes %v, want at most %v", beside, limit)
	}

	checkPattern(t, greedy, bulk)
	if err := <-sent; err != nil {
		t.Errorf("sending: %v", err)
	}
	if used := resident(t, p.PID()); used > memoryMax {
		t.Errorf("after all was read flowrun holds %d bytes, want at most %d", used, memoryMax)
	}
}

// dial connects, and waits until the server is there.
func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return conn.(*net.TCPConn)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// roundTrips returns the median time of n echoes.
func roundTrips(t *testing.T, conn net.Conn, n int) time.Duration {
	t.Helper()
	request, reply := []byte(strings.Repeat("x", 64)), make([]byte, 64)
	times := make([]time.Duration, n)
	for i := range times {
		start := time.Now()
		if _, err := conn.Write(request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, reply); err != nil {
			t.Fatal(err)
		}
		times[i] = time.Since(start)
		if !bytes.Equal(request, reply) {
			t.Fatalf("echo %q", reply)
		}
	}
	slices.Sort(times)
	return times[n/2]
}

// waitForStall waits until the server has stopped reading from the client that
// does not read, and returns the most memory it held on the way.
func waitForStall(t *testing.T, pid int, sent <-chan error) (most int) {
	t.Helper()
	quiet := 0
	for last := 0; quiet < 10; {
		select {
		case err := <-sent:
			t.Fatalf("the server took all of it, error %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		now := resident(t, pid)
		most = max(most, now)
		if now == last {
			quiet++
		} else {
			quiet = 0
		}
		last = now
	}
	return most
}

// resident returns the resident memory of a process in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
