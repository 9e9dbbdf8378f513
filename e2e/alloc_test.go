package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	goruntime "runtime"
	"testing"

	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

// echoFlow is an echo server: what arrives goes through the nodes and back.
func echoFlow(mode string, port int, between string) string {
	first := "out"
	if between != "" {
		first = "n0"
	}
	return fmt.Sprintf(`[{"id":"t","type":"tab"},
		{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":%q,"wires":[[],[%q]]},
		%s{"id":"out","type":"tcp-send","z":"t","x":2,"y":1,"lineTerminator":"lf","wires":[[],[%q]]}]`, port, mode, first, between, first)
}

// changes is ten change nodes, each of which sets a property.
func changes() string {
	var b bytes.Buffer
	for i := range 10 {
		next := fmt.Sprintf("n%d", i+1)
		if i == 9 {
			next = "out"
		}
		fmt.Fprintf(&b, `{"id":"n%d","type":"change","z":"t","x":1,"y":2,"rules":[{"t":"set","p":"p%d","pt":"msg","to":"x","tot":"str"}],"wires":[[%q]]},`, i, i%3, next)
	}
	return b.String()
}

const upper = `{"id":"n0","type":"function","z":"t","x":1,"y":2,"func":"msg.payload = msg.payload.toUpperCase(); return msg;","wires":[["out"]]},`

var allocCases = []struct {
	name, mode, between string
	inFlight            int
	limit               float64 // allocations per message
}{
	{"binary", "binary", "", 1, 5},
	{"line", "line", "", 1, 5},
	{"line", "line", "", 32, 4},
	{"line-function", "line", upper, 1, 10},
	{"line-function", "line", upper, 32, 9},
	{"line-changes", "line", changes(), 32, 5},
}

// echoAllocs returns how much is allocated for one message, socket to socket.
// The client allocates nothing.
func echoAllocs(tb testing.TB, mode, between string, inFlight, rounds int) float64 {
	tb.Helper()
	e := newEngine(tb)
	port := testrun.FreePorts(tb, 1)[0]
	e.deploy(tb, runtime.Full, echoFlow(mode, port, between))
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	request := bytes.Repeat([]byte("REQUEST OF 64 BYTES, IN CAPITALS SO THAT ALL FLOWS ECHO IT 1234\n"), inFlight)
	reply := make([]byte, len(request))
	round := func() {
		if _, err := conn.Write(request); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.ReadFull(conn, reply); err != nil {
			tb.Fatal(err)
		}
	}
	for range 50 {
		round()
	}
	if !bytes.Equal(request, reply) {
		tb.Fatalf("echo %q", reply)
	}
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	for range rounds {
		round()
	}
	goruntime.ReadMemStats(&after)
	e.stop(tb)
	return float64(after.Mallocs-before.Mallocs) / float64(rounds*inFlight)
}

// The hot paths must not allocate more than they do today.
func TestAllocationsPerMessage(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, c := range allocCases {
		t.Run(fmt.Sprintf("%s/inflight=%d", c.name, c.inFlight), func(t *testing.T) {
			got := echoAllocs(t, c.mode, c.between, c.inFlight, 2000)
			t.Logf("%.2f allocations per message", got)
			if got > c.limit {
				t.Errorf("%.2f allocations per message, want at most %g", got, c.limit)
			}
		})
	}
}

// BenchmarkEcho prints what one message through the echo flow allocates in
// flowrun; the folder bench has its CPU time beside a plain server's.
func BenchmarkEcho(b *testing.B) {
	for _, c := range allocCases {
		b.Run(fmt.Sprintf("%s/inflight=%d", c.name, c.inFlight), func(b *testing.B) {
			b.ReportMetric(echoAllocs(b, c.mode, c.between, c.inFlight, max(b.N, 1000)), "allocs/msg")
		})
	}
}
