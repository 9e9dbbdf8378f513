package e2e

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/runtime"
)

// A function that throws, one that loops for ever, one with a syntax error and
// a port in use: each harms itself, and nothing else.
func TestWhatOneNodeDoesWrongHarmsNoOther(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, fmt.Sprintf(`[{"id":"bad","type":"tab"},{"id":"t","type":"tab"},
		{"id":"go","type":"inject","z":"bad","x":1,"y":1,"props":[],"wires":[["throws","wrong","loops"]]},
		{"id":"throws","type":"function","z":"bad","x":2,"y":1,"func":"throw new Error('on purpose')","wires":[[]]},
		{"id":"wrong","type":"function","z":"bad","x":2,"y":2,"func":"this is no JavaScript","wires":[[]]},
		{"id":"loops","type":"function","z":"bad","x":2,"y":3,"func":"while (true) {}","timeout":0.3,"wires":[[]]},
		{"id":"caught","type":"catch","z":"bad","x":1,"y":4,"scope":null,"wires":[["keep"]]},
		{"id":"keep","type":"function","z":"bad","x":2,"y":4,"func":"global.set('errors', (global.get('errors') || []).concat(msg.error.source.id + ': ' + msg.error.message))","wires":[[]]},
		{"id":"busy","type":"tcp-listen","z":"t","x":1,"y":9,"host":"127.0.0.1","port":%d,"mode":"line","wires":[[],[]]},
		{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"host":"127.0.0.1","port":%d,"mode":"binary","wires":[[],["out"]]},
		{"id":"out","type":"tcp-send","z":"t","x":2,"y":1,"wires":[[],["out"]]}]`, taken.Addr().(*net.TCPAddr).Port, port))

	conn := dialEngine(t, port)
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	echo := func() {
		t.Helper()
		reply := make([]byte, 4)
		if _, err := conn.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, reply); err != nil || string(reply) != "ping" {
			t.Fatalf("echo %q, %v", reply, err)
		}
	}
	echo()
	if err := e.Command(t.Context(), "go", "inject", nil); err != nil {
		t.Fatal(err)
	}
	echo() // while the other flow loops
	waitFor(t, "the errors to be caught", func() bool {
		v, err := e.context.Global().Get("errors")
		return err == nil && fmt.Sprint(v) == "[throws: Error: on purpose loops: Error: Script execution timed out after 300ms]"
	})
	echo()
	for _, s := range e.Status() {
		if s.ID == "busy" && (s.Badge == nil || s.Badge.Get("text") != "EADDRINUSE") {
			t.Errorf("the node whose port is taken shows %v", s.Badge)
		}
	}
}
