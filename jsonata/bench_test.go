package jsonata

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// benchmark is one expression of testdata/bench.json and its input.
type benchmark struct {
	name, source string
	input        flow.Value
}

func loadBenchmarks(tb testing.TB) []benchmark {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "bench.json"))
	if err != nil {
		tb.Fatal(err)
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		tb.Fatal(err)
	}
	root := v.(*flow.Object)
	inputs := root.Get("inputs").(*flow.Object)
	var out []benchmark
	for _, item := range root.Get("expressions").(flow.Array) {
		o := item.(*flow.Object)
		out = append(out, benchmark{
			flow.Text(o.Get("name")), flow.Text(o.Get("expr")),
			fillIn(inputs.Get(flow.Text(o.Get("input")))),
		})
	}
	return out
}

// fillIn puts the large inputs where bench.json names them, as bench/node.js
// does.
func fillIn(v flow.Value) flow.Value {
	switch v := v.(type) {
	case *flow.Object:
		out := &flow.Object{}
		for k, item := range v.All() {
			out.Set(k, fillIn(item))
		}
		return out
	case string:
		switch v {
		case "@orders":
			states := []string{"open", "paid", "sent", "done"}
			orders := make(flow.Array, 1000)
			for i := range orders {
				orders[i] = flow.NewObject(
					"id", fmt.Sprintf("o%d", i), "state", states[i%4],
					"qty", float64(i*7%11), "price", float64(i*37%1009)/4)
			}
			return orders
		case "@numbers":
			numbers := make(flow.Array, 1000)
			for i := range numbers {
				numbers[i] = float64(i)
			}
			return numbers
		}
	}
	return v
}

func BenchmarkEval(b *testing.B) {
	for _, bm := range loadBenchmarks(b) {
		e, err := Compile(bm.source)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(b.Context(), bm.input, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, bm := range loadBenchmarks(b) {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Compile(bm.source); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
