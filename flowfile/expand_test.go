package flowfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// running describes what a flow expands to, a node a line.
func running(f *Flows) []string {
	var lines []string
	for _, n := range f.Nodes {
		if n.Type == typeTab {
			continue
		}
		line := n.ID + " " + n.Type
		if n.Alias != "" {
			line += " of " + n.Alias
		}
		if n.Z != "" {
			line += " in " + n.Z
		}
		if n.Group != "" {
			line += " g " + n.Group
		}
		for _, port := range n.Wires {
			line += " [" + strings.Join(port, " ") + "]"
		}
		for _, key := range []string{"scope", "links", "server", "env"} {
			if v, ok := n.Props.Lookup(key); ok {
				line += " " + key + "=" + flow.JSON(v)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestExpandSubflows(t *testing.T) {
	for _, c := range []struct {
		name, nodes string
		want        []string
	}{
		{"nothing to do", `{"id":"a","type":"x","z":"t","x":1,"y":1,"wires":[["b"]]},{"id":"b","type":"x","z":"t","x":1,"y":1}`,
			[]string{"a x in t [b]", "b x in t"}},
		{"input, output and unknown wires", `
			{"id":"s","type":"subflow","in":[{"wires":[{"id":"a"},{"id":"gone"}]}],"out":[{"wires":[{"id":"b","port":1},{"id":"gone","port":0}]}]},
			{"id":"a","type":"x","z":"s","x":1,"y":1,"wires":[["b","outside"]]},
			{"id":"b","type":"x","z":"s","x":1,"y":1,"wires":[["a"]]},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1,"wires":[["n","m"]]}`,
			[]string{"i subflow:s in t [i-a] env=[]", "i-a x of a in i [i-b]", "i-b x of b in i [i-a] [n m]"}},
		{"input wired to an output", `
			{"id":"s","type":"subflow","in":[{"wires":[{"id":"a"}]}],"out":[{"wires":[{"id":"s","port":0}]},{"wires":[{"id":"a","port":0}]}]},
			{"id":"a","type":"x","z":"s","x":1,"y":1},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1,"wires":[["n"],["m"]]}`,
			[]string{"i subflow:s in t [i-a n] env=[]", "i-a x of a in i [m]"}},
		{"nested", `
			{"id":"inn","type":"subflow","in":[{"wires":[{"id":"a"}]}],"out":[{"wires":[{"id":"a","port":0}]}]},
			{"id":"a","type":"x","z":"inn","x":1,"y":1},
			{"id":"outr","type":"subflow","in":[{"wires":[{"id":"j"}]}],"out":[{"wires":[{"id":"j","port":0}]}]},
			{"id":"j","type":"subflow:inn","z":"outr","x":1,"y":1,"wires":[[]]},
			{"id":"i","type":"subflow:outr","z":"t","x":1,"y":1,"wires":[["n"]]}`,
			[]string{"i subflow:outr in t [i-j] env=[]", "i-j subflow:inn of j in i [i-j-a] env=[]", "i-j-a x of a in i-j [n]"}},
		{"status", `
			{"id":"s","type":"subflow","in":[{"wires":[]}],"status":{"wires":[{"id":"a","port":0},{"id":"s","port":0}]}},
			{"id":"a","type":"x","z":"s","x":1,"y":1,"wires":[[]]},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1}`,
			[]string{"i subflow:s in t [i:status] env=[]", "i-a x of a in i [i:status]", "i:status subflow-status in i"}},
		{"ids in properties", `
			{"id":"s","type":"subflow"},
			{"id":"c","type":"conf","z":"s"},{"id":"g","type":"group","z":"s","nodes":["a"]},
			{"id":"a","type":"x","z":"s","g":"g","x":1,"y":1,"server":"c"},
			{"id":"k","type":"catch","z":"s","x":1,"y":1,"scope":["a","outside"]},
			{"id":"l","type":"link call","z":"s","x":1,"y":1,"links":["outside"]},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1}`,
			[]string{"i subflow:s in t env=[]", "i-c conf of c in i", "i-g group of g in i", `i-a x of a in i g i-g server="i-c"`,
				`i-k catch of k in i scope=["i-a",""]`, `i-l link call of l in i links=["outside"]`}},
		{"env", `
			{"id":"s","type":"subflow","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1,"env":[{"name":"C","value":"3"},{"name":"A","value":"4"}]}`,
			[]string{`i subflow:s in t env=[{"name":"A","value":"4"},{"name":"B","value":"2"},{"name":"C","value":"3"}]`}},
		{"links of either side", `
			{"id":"in1","type":"link in","z":"t","x":1,"y":1,"links":["out"]},
			{"id":"out","type":"link out","z":"t","x":1,"y":1,"links":["in2","in1"],"wires":[]},
			{"id":"in2","type":"link in","z":"t","x":1,"y":1,"links":["out","other"]},
			{"id":"other","type":"link out","z":"t","x":1,"y":1}`,
			[]string{`in1 link in in t links=["out"]`, `out link out in t [in1 in2] links=["in2","in1"]`, `in2 link in in t links=["out","other"]`, "other link out in t"}},
		{"links inside of a subflow", `
			{"id":"s","type":"subflow"},
			{"id":"o","type":"link out","z":"s","x":1,"y":1,"links":["n","outside"]},{"id":"n","type":"link in","z":"s","x":1,"y":1,"links":["o"]},
			{"id":"outside","type":"link in","z":"t","x":1,"y":1,"links":[]},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1}`,
			[]string{`outside link in in t links=[]`, "i subflow:s in t env=[]", `i-o link out of o in i [i-n] links=["i-n","outside"]`, `i-n link in of n in i links=["i-o"]`}},
		{"disabled", `
			{"id":"s","type":"subflow"},{"id":"a","type":"x","z":"s","x":1,"y":1,"d":true},
			{"id":"off","type":"tab","disabled":true},
			{"id":"i","type":"subflow:s","z":"t","x":1,"y":1,"d":true},{"id":"j","type":"subflow:s","z":"off","x":1,"y":1},{"id":"k","type":"subflow:s","z":"t","x":1,"y":1}`,
			[]string{"i subflow:s in t", "j subflow:s in off", "k subflow:s in t env=[]", "k-a x of a in k"}},
		{"in itself", `
			{"id":"s","type":"subflow"},{"id":"a","type":"subflow:s","z":"s","x":1,"y":1},{"id":"i","type":"subflow:s","z":"t","x":1,"y":1}`,
			[]string{"i subflow:s in t env=[]", "i-a subflow:s of a in i"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, problems := Parse("x.json", []byte(`[{"id":"t","type":"tab"},`+c.nodes+`]`))
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			before := string(f.JSON())
			if got := running(f.Expand()); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if after := string(f.JSON()); after != before {
				t.Errorf("Expand changed the flows to %s", after)
			}
		})
	}
}

func TestPathsInSubflows(t *testing.T) {
	f, _ := Parse("x.json", []byte(`[{"id":"t","type":"tab"},{"id":"inn","type":"subflow"},{"id":"a","type":"x","z":"inn","x":1,"y":1},
		{"id":"outr","type":"subflow"},{"id":"j","type":"subflow:inn","z":"outr","x":1,"y":1},
		{"id":"i","type":"subflow:outr","z":"t","x":1,"y":1},{"id":"c","type":"conf"}]`))
	e := f.Expand()
	for id, want := range map[string]string{"i": "t/i", "i-j": "t/i/j", "i-j-a": "t/i/j/a", "c": "global/c", "t": "t"} {
		if got := e.Path(e.Lookup(id)); got != want {
			t.Errorf("the path of %s is %s, want %s", id, got, want)
		}
	}
}

func TestPathOfANodeInItself(t *testing.T) {
	f, _ := Parse("x.json", []byte(`[{"id":"s","type":"subflow"},{"id":"a","type":"subflow:s","z":"a"},{"id":"b","type":"subflow:s","z":"c"},{"id":"c","type":"subflow:s","z":"b"}]`))
	e := f.Expand()
	for _, n := range e.Nodes {
		e.Path(n) // comes to an end
	}
	if problems := f.Check(nil); !problems.HasErrors() {
		t.Error("no problem was found")
	}
}

func TestSubflowsThatGrowTooLarge(t *testing.T) {
	text := `[{"id":"t","type":"tab"},{"id":"s0","type":"subflow"},{"id":"n","type":"x","z":"s0","x":1,"y":1}`
	for level := range 9 {
		text += fmt.Sprintf(`,{"id":"s%d","type":"subflow"}`, level+1)
		for i := range 10 {
			text += fmt.Sprintf(`,{"id":"i%d-%d","type":"subflow:s%d","z":"s%d","x":1,"y":1}`, level, i, level, level+1)
		}
	}
	f, _ := Parse("x.json", []byte(text+`,{"id":"top","type":"subflow:s9","z":"t","x":1,"y":1}]`))
	problems := f.Check(nil)
	if len(problems) != 1 || problems[0].Node != "top" {
		t.Errorf("got %v, want one problem of top", problems)
	}
	if n := len(f.Expand().Nodes); n > 2*expandLimit {
		t.Errorf("expanded to %d nodes", n)
	}
}

func TestEnvInSubflows(t *testing.T) {
	f, problems := Parse("x.json", []byte(`[
		{"id":"globals","type":"global-config","env":[{"name":"G","type":"str","value":"global"}]},
		{"id":"t","type":"tab","label":"Main","env":[{"name":"A","type":"str","value":"tab"},{"name":"T","type":"str","value":"tab"}]},
		{"id":"g","type":"group","z":"t","name":"Grp","env":[{"name":"A","type":"str","value":"group"}]},
		{"id":"inn","type":"subflow","env":[{"name":"I","type":"env","value":"A"},{"name":"S","type":"cred"}]},
		{"id":"a","type":"x","z":"inn","x":1,"y":1,"name":"An"},
		{"id":"outr","type":"subflow","env":[{"name":"A","type":"str","value":"definition"},{"name":"SELF","type":"env","value":"A"},{"name":"N","type":"num","value":"1"}]},
		{"id":"ig","type":"group","z":"outr","env":[{"name":"IG","type":"env","value":"N"}]},
		{"id":"j","type":"subflow:inn","z":"outr","g":"ig","x":1,"y":1,"name":"Jn"},
		{"id":"i","type":"subflow:outr","z":"t","g":"g","x":1,"y":1,"name":"In","env":[{"name":"N","type":"num","value":"2"},{"name":"T","type":"env","value":"T"}]},
		{"id":"k","type":"subflow:outr","z":"t","x":1,"y":1,"env":[{"name":"A","type":"env","value":"A"}]}
	]`))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	f.Credentials = Credentials{"inn": flow.NewObject("S", "hush")}
	e := f.SplitCredentials(nil).Expand()
	env, problems := NewEnv(e, EnvOptions{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct{ node, name, want string }{
		{"i-j-a", "I", `"definition"`},
		{"i-j-a", "IG", `2`},
		{"i-j-a", "N", `2`},
		{"k-j-a", "N", `1`},
		{"i-j-a", "T", `"tab"`},
		{"i-j-a", "G", `"global"`},
		{"i-j-a", "S", `"hush"`},
		{"k-j-a", "A", `"tab"`},
		{"i-j-a", "$parent.A", `"definition"`},
		{"i-j-a", "$parent.$parent.A", `"definition"`},
		{"i-j-a", "$parent.$parent.$parent.A", `"group"`},
		{"i-j-a", "$parent.$parent.$parent.$parent.A", `"tab"`},
		{"i-j-a", "NR_NODE_ID", `"i-j-a"`},
		{"i-j-a", "NR_NODE_NAME", `"An"`},
		{"i-j-a", "NR_NODE_PATH", `"t/i/j/a"`},
		{"i-j-a", "NR_SUBFLOW_ID", `"i-j"`},
		{"i-j-a", "NR_SUBFLOW_NAME", `"Jn"`},
		{"i-j-a", "NR_SUBFLOW_PATH", `"t/i/j"`},
		{"i-j-a", "$parent.$parent.NR_SUBFLOW_NAME", `"In"`},
		{"i-j-a", "NR_GROUP_ID", `"i-ig"`},
		{"i-j-a", "NR_FLOW_NAME", `"Main"`},
		{"i", "NR_SUBFLOW_ID", ``},
		{"i", "NR_GROUP_NAME", `"Grp"`},
	} {
		got := ""
		if v, ok := env.Lookup(e.Lookup(c.node))(c.name); ok {
			got = flow.JSON(v)
		}
		if got != c.want {
			t.Errorf("%s sees %s = %s, want %s", c.node, c.name, got, c.want)
		}
	}
}
