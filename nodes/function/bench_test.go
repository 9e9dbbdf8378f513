package function_test

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

// maxCallAllocs is what one call of BenchmarkCall may allocate: a little more
// than it does.
const maxCallAllocs = 9

func BenchmarkCallNewObject(b *testing.B) {
	benchmark(b, "return {sessionId: msg.sessionId, payload: msg.payload}", "hello")
}

func BenchmarkCallBuffer(b *testing.B) {
	benchmark(b, "msg.payload[0] = 72; return msg", flow.Buffer("hello, this is what a peer has sent us\r\n"))
}

func BenchmarkCallBufferUntouched(b *testing.B) {
	benchmark(b, "msg.topic = msg.payload.length; return msg", flow.Buffer("hello, this is what a peer has sent us\r\n"))
}

func BenchmarkContext(b *testing.B) {
	benchmark(b, "flow.set('n', (flow.get('n') || 0) + 1); return msg", "hello")
}

// BenchmarkContextTable looks something up in a table, which is looked through
// for changes afterwards.
func BenchmarkContextTable(b *testing.B) {
	benchmark(b, `
		if (!flow.get('table')) flow.set('table', Object.fromEntries(Array.from({length: 100}, (_, i) => ['k' + i, i])));
		msg.payload = flow.get('table').k50; return msg`, "hello")
}

func BenchmarkSend(b *testing.B) {
	benchmark(b, "node.send(msg)", "hello")
}

func benchmark(b *testing.B, body string, payload flow.Value) {
	call := caller(b, body, payload)
	b.ReportAllocs()
	for b.Loop() {
		call()
	}
}

// caller returns a function that has a node handle a message as it comes from a
// socket.
func caller(t testing.TB, body string, payload flow.Value) func() {
	d := start(t, body)
	o := flow.NewObject("_msgid", "0123456789abcdef", "timestamp", "2026-01-01T00:00:00.000Z", "status", "ok",
		"event", "data", "sessionId", "sess-1", "payload", payload)
	return func() { handle(t, d, flow.MessageOf(o)) }
}

func handle(t testing.TB, d *flowtest.Driver, msg *flow.Message) {
	if err := d.Node.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, nil)); err != nil {
		t.Fatal(err)
	}
}

func TestCallAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	call := caller(t, "msg.payload = msg.payload.toUpperCase(); return msg;", "hello")
	if n := testing.AllocsPerRun(100, call); n > maxCallAllocs {
		t.Errorf("a call allocates %v times, more than %d", n, maxCallAllocs)
	}
}
