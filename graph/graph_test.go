package graph_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/graph"
)

var update = flag.Bool("update", false, "write what is drawn to testdata")

// formats are the ways to draw, by the ending of their golden files.
var formats = map[string]func(*flowfile.Flows, graph.Options) ([]byte, error){
	".svg": graph.SVG, ".dot": graph.DOT, ".mmd": graph.Mermaid,
}

func load(t testing.TB, name string) *flowfile.Flows {
	t.Helper()
	flows, problems := flowfile.Load(name)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return flows
}

// ports knows some types, as the catalog of nodes does.
func ports(typ string) (inputs, outputs int, known bool) {
	switch typ {
	case "tcp-listen":
		return 0, 2, true
	case "debug":
		return 1, 0, true
	case "exec":
		return 1, 3, true
	}
	return 0, 0, false
}

// What the flows in testdata look like. After a change look at the pictures.
func TestGolden(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/*.json", "testdata/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		for ending, draw := range formats {
			golden := strings.TrimSuffix(file, filepath.Ext(file)) + ending
			t.Run(filepath.Base(golden), func(t *testing.T) {
				got, err := draw(load(t, file), graph.Options{Ports: ports})
				if err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s is not what is drawn now:\n%s", golden, got)
				}
			})
		}
	}
}

func TestOneFlow(t *testing.T) {
	for flow, want := range map[string]string{"t2": "Old things", "Normalise": "Subflow: Normalise"} {
		got, err := graph.SVG(load(t, "testdata/gateway.json"), graph.Options{Flow: flow})
		if err != nil || !strings.Contains(string(got), ">"+want) || strings.Contains(string(got), "Input side") {
			t.Errorf("flow %s, %v:\n%s", flow, err, got)
		}
	}
	for _, draw := range formats {
		if _, err := draw(load(t, "testdata/gateway.json"), graph.Options{Flow: "none"}); !errors.Is(err, graph.ErrNoFlow) {
			t.Errorf("a flow that is missing: %v", err)
		}
	}
}

// wellFormed reports what is no XML, or leads out of the file.
func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "svg", "style", "defs", "pattern", "path", "rect", "text", "title", "g":
		default:
			t.Errorf("there is an element <%s>", start.Name.Local)
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || strings.Contains(a.Value, "url(") && a.Value != "url(#grid)" {
				t.Errorf("<%s> has %s=%q", start.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
}

// Whatever stands in a file, the picture is XML and has nothing active in it.
func FuzzSVG(f *testing.F) {
	for _, name := range []string{"testdata/gateway.json", "testdata/hand.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`[{"id":"</svg><script>","type":"tab","label":"\u0000<b>&\""},{"id":"n","type":"x\"><image href='y'/>","z":"</svg><script>","x":1e300,"y":-1e9,"name":"\u001b]]>","outputs":1e18,"wires":[["n"],[],["gone"]]},
		{"id":"g","type":"group","z":"</svg><script>","name":"g","g":"h","style":{"fill":"url(http://x)","stroke":"\" onload=\"x","fill-opacity":"1e9","label-position":"x"}},
		{"id":"h","type":"group","z":"</svg><script>","g":"g","x":0,"y":0,"w":10,"h":10},
		{"id":"s","type":"subflow","color":"red;}","in":[null,{"x":1,"y":1,"wires":[{"id":"n","port":-7}]}],"out":{},"status":[]},{"id":"i","type":"subflow:s","z":"gone","x":1,"y":1}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		flows, problems := flowfile.Parse("x", text)
		if problems.HasErrors() {
			return
		}
		for _, draw := range formats {
			got, err := draw(flows, graph.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if bytes.HasPrefix(got, []byte("<svg")) {
				wellFormed(t, got)
			}
		}
	})
}
