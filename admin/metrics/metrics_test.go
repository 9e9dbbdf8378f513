package metrics_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/admin/metrics"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type plain struct{}

func (plain) Handle(*flow.Message, flow.Outlet) error { return nil }

// However many nodes and flows there are, the number of series is bounded.
func TestSeriesAreBounded(t *testing.T) {
	registry, err := flow.NewRegistry(flow.Define(flow.Spec[struct{}]{Name: "plain", Inputs: 1, New: func(struct{}, flow.Env) (flow.Node, error) { return plain{}, nil }}))
	if err != nil {
		t.Fatal(err)
	}
	rt := runtime.New(runtime.Options{Registry: registry, Drain: 5 * time.Second})
	t.Cleanup(func() {
		if err := rt.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	var nodes []string
	for i := range 300 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"t%d","type":"tab"}`, i))
		for j := range 10 {
			nodes = append(nodes, fmt.Sprintf(`{"id":"n%d.%d","type":"plain","z":"t%d","x":1,"y":1,"wires":[]}`, i, j, i))
		}
	}
	flows, problems := flowfile.Parse("flows.json", []byte("["+strings.Join(nodes, ",")+"]"))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	if _, err := rt.Deploy(t.Context(), flows, runtime.Full); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	metrics.Handler(metrics.Source{Runtime: rt, Sessions: session.New(), Version: "test"}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	text := w.Body.String()
	for name, want := range map[string]int{"flowrun_node_received_total{": 2001, "flowrun_flow_latency_seconds_count{": 201} {
		if n := strings.Count(text, name); n != want {
			t.Errorf("%d series of %s, want %d", n, name, want)
		}
	}
	for _, rest := range []string{`flowrun_node_received_total{flow="",name="",node="(others)",type=""} 0`, `flowrun_flow_latency_seconds_count{flow="(others)"} 0`} {
		if !strings.Contains(text, rest) {
			t.Errorf("there is no %s", rest)
		}
	}
}
