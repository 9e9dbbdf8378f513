package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

// At a shutdown, what was read from a peer is answered before its connection is
// closed, even if the peer takes its time.
func TestShutdownWritesWhatIsUnderWay(t *testing.T) {
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, fmt.Sprintf(`[{"id":"t","type":"tab"},
		{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":"binary","wires":[[],["out"]]},
		{"id":"out","type":"tcp-send","z":"t","x":2,"y":1,"wires":[[],["out"]]}]`, port))
	conn := dialEngine(t, port)
	go func() { _ = writePattern(conn, 64<<20) }() // more than fits on the way: it ends with the connection
	var read uint64
	waitFor(t, "the server to stop reading", func() bool {
		before := read
		for _, s := range e.sessions.Snapshot() {
			read = s.BytesIn
		}
		return read > 0 && read == before
	})

	stopped := make(chan error, 1)
	go func() { stopped <- e.Shutdown(context.Background()) }()
	got, want := make([]byte, 64<<10), make([]byte, 64<<10)
	total := 0
	for {
		n, err := io.ReadFull(conn, got)
		pattern(want[:n], total)
		if string(got[:n]) != string(want[:n]) {
			t.Fatalf("the bytes from %d on are not what was sent", total)
		}
		total += n
		if err != nil {
			break
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if total < int(read) {
		t.Errorf("the server had read %d bytes and answered %d", read, total)
	}
}

func dialEngine(t *testing.T, port int) net.Conn {
	t.Helper()
	var conn net.Conn
	waitFor(t, "the server to listen", func() (ok bool) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn = c
			t.Cleanup(func() { _ = c.Close() })
		}
		return err == nil
	})
	return conn
}
