package runtime_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// relay is the cheapest node there is; end tells when a message got through.
type relay struct{ end chan struct{} }

func (n relay) Handle(m *flow.Message, out flow.Outlet) error {
	if n.end != nil {
		n.end <- struct{}{}
		return nil
	}
	out.Send(0, m)
	return nil
}

// source posts one message; it is its own task, so that the benchmark counts
// the engine's allocations and not its own.
type source struct{ msg *flow.Message }

func (s source) Run(out flow.Outlet) error {
	out.Send(0, s.msg)
	return nil
}

// BenchmarkDelivery is the cost of one message through a chain of nodes, from
// the post of its source to the last handler.
func BenchmarkDelivery(b *testing.B) {
	for _, nodes := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			end := make(chan struct{}, 1)
			define := func(name string, n relay) flow.Type {
				return flow.Define(flow.Spec[struct{}]{Name: name, Inputs: 1, Outputs: 1,
					New: func(struct{}, flow.Env) (flow.Node, error) { return n, nil }})
			}
			registry, err := flow.NewRegistry(define("pass", relay{}), define("record", relay{end}))
			if err != nil {
				b.Fatal(err)
			}
			r := runtime.New(runtime.Options{Registry: registry})
			defer func() { _ = r.Shutdown(context.Background()) }()
			var text strings.Builder
			for i := range nodes {
				next := fmt.Sprintf("n%d", i+1)
				if i == nodes-1 {
					next = "end"
				}
				fmt.Fprintf(&text, "n%d pass %s\n", i, next)
			}
			text.WriteString("end record\n")
			if _, err := r.Deploy(b.Context(), parseFlows(b, text.String()), runtime.Full); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				m := flow.NewMessage()
				m.Set("payload", "x")
				if err := r.Post("n0", nil, source{m}); err != nil {
					b.Fatal(err)
				}
				<-end
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nodes), "ns/hop")
		})
	}
}
