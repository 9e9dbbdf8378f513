package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/internal/webroutes"
	"github.com/flowrun/flowrun/nodes"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// A REST service: /things/:id asks /stock/:id, another flow, and /never has no
// answer.
const restService = `[
 {"id":"a","type":"tab"},
 {"id":"in","z":"a","type":"http in","url":"/things/:id","method":"get","x":1,"y":1,"wires":[["ask"]]},
 {"id":"ask","z":"a","type":"function","x":1,"y":1,"func":"msg.url = 'BASE/stock/' + msg.req.params.id; return msg","wires":[["request"]]},
 {"id":"request","z":"a","type":"http request","method":"GET","ret":"obj","url":"","x":1,"y":1,"wires":[["make"]]},
 {"id":"make","z":"a","type":"function","x":1,"y":1,"func":"msg.payload = {id: msg.req.params.id, stock: msg.payload.n, version: VERSION}; return msg","wires":[["out"]]},
 {"id":"out","z":"a","type":"http response","x":1,"y":1,"wires":[]},
 {"id":"b","type":"tab"},
 {"id":"stock","z":"b","type":"http in","url":"/stock/:id","method":"get","x":1,"y":1,"wires":[["count"]]},
 {"id":"count","z":"b","type":"function","x":1,"y":1,"func":"msg.payload = {n: msg.req.params.id.length}; return msg","wires":[["answer"]]},
 {"id":"answer","z":"b","type":"http response","x":1,"y":1,"wires":[]},
 {"id":"never","z":"a","type":"http in","url":"/never","method":"get","name":"VERSION","x":1,"y":1,"wires":[[]]}
]`

// newWebEngine returns an engine whose nodes serve HTTP.
func newWebEngine(tb testing.TB) (*engine, *webroutes.Table) {
	tb.Helper()
	table := webroutes.New(webroutes.Options{})
	registry, err := nodes.Catalog(nodes.Deps{Sessions: session.New(), Context: state.New(), Web: table})
	if err != nil {
		tb.Fatal(err)
	}
	e := &engine{Runtime: runtime.New(runtime.Options{Registry: registry, Context: state.New(), Drain: 5 * time.Second}), sessions: session.New()}
	tb.Cleanup(func() { e.stop(tb) })
	return e, table
}

func TestRESTService(t *testing.T) {
	e, table := newWebEngine(t)
	server := httptest.NewServer(table)
	t.Cleanup(server.Close)
	service := func(version string) string {
		return strings.NewReplacer("BASE", server.URL, "VERSION", version).Replace(restService)
	}
	get := func(ctx context.Context, path string) string {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
		if err != nil {
			return err.Error()
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(answer.StatusCode, " ", strings.TrimSpace(string(body)))
	}
	e.deploy(t, runtime.Full, service("1"))
	if got, want := get(t.Context(), "/things/abc"), `200 {"id":"abc","stock":3,"version":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	// Requests go on while the flows are redeployed, and none is lost.
	const clients, each = 8, 20
	answers := make(chan string, clients*each)
	for range clients {
		go func() {
			for range each {
				answers <- get(t.Context(), "/things/abc")
			}
		}()
	}
	never := make(chan string, 1)
	go func() { never <- get(t.Context(), "/never") }()
	for n := range clients * each {
		if n%40 == 20 {
			e.deploy(t, runtime.Full, service(fmt.Sprint(n)))
		}
		if got := <-answers; !strings.HasPrefix(got, `200 {"id":"abc","stock":3,`) && !strings.HasPrefix(got, "503 ") {
			t.Errorf("while flows are redeployed: %s", got)
		}
	}
	e.deploy(t, runtime.Full, service("2"))
	if got := <-never; got != "503 Service Unavailable" {
		t.Errorf("what no flow answers got %s when its flow was restarted", got)
	}
	if got, want := get(t.Context(), "/things/z"), `200 {"id":"z","stock":1,"version":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A node that has lost its path does not have requests wait for the path before.
func TestLostPath(t *testing.T) {
	e, table := newWebEngine(t)
	for _, c := range []struct {
		path string
		want int
	}{{"/x", http.StatusOK}, {"", http.StatusNotFound}, {"/x(", http.StatusNotFound}, {"/x", http.StatusOK}} {
		e.deploy(t, runtime.Nodes, fmt.Sprintf(`[{"id":"t","type":"tab"},
			{"id":"in","z":"t","type":"http in","url":%q,"method":"get","x":1,"y":1,"wires":[["out"]]},
			{"id":"out","z":"t","type":"http response","x":1,"y":1,"wires":[]}]`, c.path))
		w := httptest.NewRecorder()
		if table.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)); w.Code != c.want {
			t.Errorf("with the path %q: %d", c.path, w.Code)
		}
	}
}
