package flowfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// describe returns what a node is, in one line.
func describe(n *Node) string {
	words := []string{n.ID, n.Type, "z=" + n.Z}
	if n.OnCanvas {
		words = append(words, "canvas")
	}
	if n.Disabled {
		words = append(words, "disabled")
	}
	if n.Wires != nil {
		words = append(words, flow.JSON(n.Props.Get("wires")))
	}
	return strings.Join(words, " ")
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"flat.json", "\uFEFF" + `[{"id":"t","type":"tab","disabled":true},{"id":"a","type":"x","z":"t","d":true,"x":1,"y":2,"wires":[["b"]]},{"id":"b","type":"y","x":1}]` + "\n\n", []string{
			`t tab z= disabled`, `a x z=t canvas disabled [["b"]]`, `b y z=`,
		}},
		{"sniffed", ` {"flows":[{"id":"a","type":"x"}],"rev":"1"}`, []string{`a x z=`}},
		{"sniffed", "flows:\n- id: 1e5\n  type: x\n  wires: [[1e5, 0x10]]", []string{`1e5 x z= [["1e5","0x10"]]`}},
		{"single.json", `{"id":"f","label":"F","nodes":[{"id":"a","type":"x","x":1,"y":1,"z":"old"}],"configs":[{"id":"c","type":"y"}]}`, []string{
			`f tab z=`, `a x z=f canvas`, `c y z=f`,
		}},
		{"global.json", `{"id":"global","configs":[{"id":"c","type":"y"}],"subflows":[{"id":"s","type":"subflow","nodes":[{"id":"n","type":"x","x":1,"y":1}],"configs":[]}]}`, []string{
			`c y z=`, `s subflow z=`, `n x z=s canvas`,
		}},
		{"hand.yaml", `
configs: {c: {type: tls}}
flows:
  f:
    disabled: true
    nodes:
      a: {type: x, wires: b}
      b: {type: y, wires: [a, [a, b]]}
      1234567.89: {type: y, wires: []}
    configs:
      d: {type: tls}
    groups:
      g: {nodes: [a]}
`, []string{
			`c tls z=`, `f tab z= disabled`, `a x z=f canvas [["b"]]`, `b y z=f canvas [["a"],["a","b"]]`,
			`1234567.89 y z=f canvas []`, `d tls z=f`, `g group z=f`,
		}},
		{"dir/short.yml", "nodes:\n  a: {type: x}\n", []string{`short.yml tab z=`, `a x z=short.yml canvas`}},
		{"mixed.yaml", "nodes:\n  a: {type: x}\n  b: {type: tls-config}\n", []string{`mixed.yaml tab z=`, `a x z=mixed.yaml canvas`, `b tls-config z=mixed.yaml`}},
		{"-", "nodes:\n  a: {type: x}\n", []string{`flow tab z=`, `a x z=flow canvas`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, problems := Parse(c.name, []byte(c.text))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var got []string
			for _, n := range f.Nodes {
				got = append(got, describe(n))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestYAMLValues(t *testing.T) {
	f, problems := Parse("x.yaml", []byte(`
- id: a
  type: x
  values: [yes, no, On, 1, 1.50, 0x1F, 0o17, 0777, 1_000, 1e3, .5, ~, null, true, False, 2001-01-01, 12:30, .inf, "1", '1', !!str 1, 1234567.89, -, +1]
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const want = `["yes","no","On",1,1.5,31,15,777,"1_000",1000,0.5,null,null,true,false,"2001-01-01","12:30",".inf","1","1","1",1234567.89,"-",1]`
	if got := flow.JSON(f.Lookup("a").Props.Get("values")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestImplicitFlows(t *testing.T) {
	f, _ := Parse("x.json", []byte(`[{"id":"a","type":"x","z":"gone"},{"id":"t","type":"tab"},{"id":"g","type":"group","z":"other"},{"id":"b","type":"x","z":"gone","x":1,"y":1}]`))
	var got []string
	for _, tab := range f.Tabs() {
		got = append(got, tab.ID)
	}
	if want := []string{"t", "gone"}; !slices.Equal(got, want) {
		t.Errorf("the flows are %q, want %q", got, want)
	}
	if tab := f.Lookup("gone"); tab == nil || tab.Type != "tab" {
		t.Errorf("the implicit flow is %v", tab)
	}
	if len(f.Nodes) != 4 {
		t.Errorf("there are %d nodes", len(f.Nodes))
	}
}

func TestPositions(t *testing.T) {
	f, _ := Parse("x.json", []byte("[\n  {\"id\": \"ä\", \"type\": \"x\",\n   \"port\": 1}, {\"id\":\"b\",\"type\":\"x\"}]"))
	for got, want := range map[string]string{
		f.Nodes[0].Pos.String():             "x.json:2:3",
		f.Nodes[0].PropPos("port").String(): "x.json:3:4",
		f.Nodes[0].PropPos("none").String(): "x.json:2:3",
		f.Nodes[1].Pos.String():             "x.json:3:16",
	} {
		if got != want {
			t.Errorf("the place is %s, want %s", got, want)
		}
	}
	g, _ := Parse("x.yaml", []byte("nodes:\n  a:\n    type: x\n    port: 1\n"))
	if got := g.Lookup("a").PropPos("port").String() + " " + g.Lookup("a").Pos.String(); got != "x.yaml:4:5 x.yaml:2:3" {
		t.Errorf("the places are %s", got)
	}
	h, _ := FromValue(flow.Array{flow.NewObject("id", "a", "type", "x")})
	if got := h.Nodes[0].PropPos("id").String(); got != "flows" {
		t.Errorf("the place is %s", got)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := write("one.json", `{"flows":[{"id":"a","type":"x"}],"credentials":{"a":{"b":"c"}}}`)
	two := write("two.yaml", "nodes: {b: {type: x, wires: a}}")
	latin := write("latin.json", "[\n\"\xe4\"]")
	marked := write("marked.json", "\xff\xfe[\x00]\x00")
	unmarked := write("unmarked.json", "[\x00]\x00")
	again := filepath.Dir(one) + "/./one.json"
	f, problems := Load(one, filepath.Join(dir, "gone.json"), two, dir, latin, marked, unmarked, again)
	if len(f.Nodes) != 3 || f.Envelope.Get("credentials") == nil {
		t.Errorf("loaded %s", f.JSON())
	}
	got := strings.ReplaceAll(problems.Error(), dir, "DIR")
	const want = `DIR/gone.json: error: cannot be read: no such file or directory
DIR: error: cannot be read: is a directory
DIR/latin.json:2:2: error: this is no UTF-8 text; save the file as UTF-8
DIR/marked.json:1:1: error: this is UTF-16 text; save the file as UTF-8
DIR/unmarked.json:1:1: error: this is UTF-16 text; save the file as UTF-8
DIR/./one.json: error: the file is given twice; leave one out`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLimits(t *testing.T) {
	for name, text := range map[string]string{
		"deep.json":   strings.Repeat("[", 100_000),
		"deep.yaml":   "[" + strings.Repeat("[", 500) + strings.Repeat("]", 501),
		"large.json":  strings.Repeat(" ", maxSize+1),
		"laughs.yaml": laughs(),
	} {
		f, problems := Parse(name, []byte(text))
		if !problems.HasErrors() || len(f.Nodes) > 0 {
			t.Errorf("%s: %d nodes, %v", name, len(f.Nodes), problems)
		}
	}
}

// laughs returns YAML whose aliases stand for 10^9 values.
func laughs() string {
	text := "a0: &a0 x\n"
	for i := range 9 {
		n, next := string(rune('0'+i)), string(rune('1'+i))
		text += "a" + next + ": &a" + next + " [" + strings.Repeat("*a"+n+",", 10) + "]\n"
	}
	return text
}
