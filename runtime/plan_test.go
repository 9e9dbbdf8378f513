package runtime_test

import (
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

func TestDiff(t *testing.T) {
	const old = "a button b\nb pass c version=1\nc record\nalone record\n"
	for _, c := range []struct {
		name, new                     string
		typ                           runtime.DeployType
		add, remove, restart, rewired string
	}{
		{"nothing changed", old, runtime.Nodes, "", "", "", ""},
		{"nothing changed, full", old, runtime.Full, "", "", "a b c alone", ""},
		{"one changed", strings.Replace(old, "version=1", "version=2", 1), runtime.Nodes, "", "", "b", ""},
		{"one changed, flows", strings.Replace(old, "version=1", "version=2", 1), runtime.Flows, "", "", "a b c", ""},
		{"unwired one changed, flows", old[:len(old)-1] + " version=2\n", runtime.Flows, "", "", "alone", ""},
		{"new wire", strings.Replace(old, "a button b", "a button b c", 1), runtime.Nodes, "", "", "", "a"},
		{"added", old + "d record\n", runtime.Nodes, "d", "", "", ""},
		{"removed", strings.Replace(old, "alone record\n", "", 1), runtime.Nodes, "", "alone", "", ""},
		{"type changed", strings.Replace(old, "alone record", "alone pass", 1), runtime.Nodes, "", "", "alone", ""},
		{"disabled", strings.Replace(old, "alone record", "alone record d=true", 1), runtime.Nodes, "", "alone", "", ""},
		{"moved to another tab", strings.Replace(old, "alone record", "alone record z=other", 1), runtime.Nodes, "", "", "alone", ""},
	} {
		plan := runtime.Diff(parseFlows(t, old), parseFlows(t, c.new), c.typ)
		for _, part := range []struct {
			what string
			got  []string
			want string
		}{{"add", plan.Add, c.add}, {"remove", plan.Remove, c.remove}, {"restart", plan.Restart, c.restart}, {"rewire", plan.Rewire, c.rewired}} {
			if got := strings.Join(part.got, " "); got != part.want {
				t.Errorf("%s: %s %q, want %q", c.name, part.what, got, part.want)
			}
		}
	}
}

func TestDiffFollowsWhatNodesDependOn(t *testing.T) {
	parse := func(text string) *flowfile.Flows {
		v, err := flow.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f, problems := flowfile.FromValue(v)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		return f
	}
	const old = `[{"id":"gc","type":"global-config","env":[{"name":"G","value":"7","type":"str"}]},{"id":"t","type":"tab","env":[{"name":"A","value":"1","type":"str"}]},
		{"id":"g","type":"group","z":"t","nodes":["ing"],"env":[]},
		{"id":"t2","type":"tab"},
		{"id":"cfg","type":"pass","host":"x"},{"id":"cfg2","type":"pass","uses":"cfg"},
		{"id":"n","type":"pass","z":"t2","x":1,"y":1,"server":"cfg2","wires":[[]]},
		{"id":"ing","type":"pass","z":"t2","g":"g","x":1,"y":1,"wires":[[]]},
		{"id":"intab","type":"pass","z":"t","x":1,"y":1,"wires":[[]]}]`
	for _, c := range []struct{ name, from, to, restart string }{
		{"nothing", "", "", ""},
		{"position", `"z":"t2","x":1`, `"z":"t2","x":7`, ""},
		{"tab label", `"id":"t2","type":"tab"`, `"id":"t2","type":"tab","label":"new"`, ""},
		{"tab env", `"value":"1"`, `"value":"2"`, "intab"},
		{"group env", `"env":[]`, `"env":[{"name":"B","value":"2","type":"str"}]`, "ing"},
		{"global env", `"name":"G","value":"7"`, `"name":"G","value":"8"`, "gc cfg cfg2 n ing intab"},
		{"config node", `"host":"x"`, `"host":"y"`, "cfg cfg2 n"},
	} {
		plan := runtime.Diff(parse(old), parse(strings.Replace(old, c.from, c.to, 1)), runtime.Nodes)
		if got := strings.Join(plan.Restart, " "); got != c.restart {
			t.Errorf("%s: restart %q, want %q", c.name, got, c.restart)
		}
	}
}
