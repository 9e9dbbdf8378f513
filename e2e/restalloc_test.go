package e2e

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/flowrun/flowrun/runtime"
)

// thingsFlow is the REST service that the folder bench measures.
const thingsFlow = `[
 {"id":"t","type":"tab"},
 {"id":"in","z":"t","type":"http in","url":"/things/:id","method":"get","x":1,"y":1,"wires":[["f"]]},
 {"id":"f","z":"t","type":"function","x":1,"y":1,"func":"msg.payload = {id: msg.req.params.id, n: msg.req.query.n};\nreturn msg;","wires":[["out"]]},
 {"id":"out","z":"t","type":"http response","x":1,"y":1,"wires":[]}
]`

// nowhere is where an answer goes. It keeps nothing but what there was last.
type nowhere struct {
	header http.Header
	body   []byte
}

func (w *nowhere) Header() http.Header { return w.header }

func (w *nowhere) WriteHeader(int) { clear(w.header) }

func (w *nowhere) Write(b []byte) (int, error) {
	w.body = append(w.body[:0], b...)
	return len(b), nil
}

// askThings returns what asks a REST service once, without a server.
func askThings(tb testing.TB) func() {
	tb.Helper()
	e, table := newWebEngine(tb)
	e.deploy(tb, runtime.Full, thingsFlow)
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/things/7?n=42", nil)
	w := &nowhere{header: http.Header{}}
	return func() {
		if table.ServeHTTP(w, r); string(w.body) != `{"id":"7","n":"42"}` {
			tb.Fatalf("got %s", w.body)
		}
	}
}

// A request must not allocate more in flowrun than it does today.
func TestAllocationsPerRequest(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const limit = 34
	ask := askThings(t)
	if got := testing.AllocsPerRun(1000, ask); got > limit {
		t.Errorf("%.2f allocations per request, want at most %d", got, limit)
	} else {
		t.Logf("%.2f allocations per request", got)
	}
}

// BenchmarkRequest is a request without the server around it.
func BenchmarkRequest(b *testing.B) {
	ask := askThings(b)
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
}
