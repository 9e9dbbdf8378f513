package flowfile

import (
	"fmt"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// manyNodes returns flows of n nodes, wired one after the other in flows of 100.
func manyNodes(n int) *Flows {
	list := make(flow.Array, 0, n)
	for i := range n {
		id := fmt.Sprintf("%016x", i)
		if i%100 == 0 {
			list = append(list, flow.NewObject("id", id, "type", "tab", "label", fmt.Sprint("Flow ", i/100), "disabled", false, "info", "", "env", flow.Array{}))
			continue
		}
		list = append(list, flow.NewObject(
			"id", id, "type", "function", "z", fmt.Sprintf("%016x", i/100*100), "name", fmt.Sprint("step ", i),
			"func", "// passes on\nmsg.count = (msg.count || 0) + 1;\nreturn msg;\n", "outputs", 1.0, "timeout", 0.0, "noerr", 0.0,
			"initialize", "", "finalize", "", "libs", flow.Array{}, "x", float64(100+i%100), "y", 80.0,
			"wires", flow.Array{flow.Array{fmt.Sprintf("%016x", i/100*100+1+i%99)}}))
	}
	f, _ := FromValue(list)
	return f
}

func BenchmarkParseAndCheck(b *testing.B) {
	f := manyNodes(11_000)
	for name, text := range map[string][]byte{"flows.json": f.JSON(), "flows.yaml": f.YAML(Plain), "hand.yaml": f.YAML(ByHand)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f, problems := Parse(name, text)
				problems = append(problems, f.Check(func(string) bool { return true })...)
				if len(problems) > 0 || len(f.Nodes) != 11_000 {
					b.Fatal(len(f.Nodes), problems)
				}
			}
		})
	}
}
