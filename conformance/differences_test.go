package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

var differencesFile = filepath.Join(dataDir, "differences.yaml")

const lastPoint = 9 // of the list in docs/compatibility.md

// difference declares that a scenario differs from its transcript on purpose.
type difference struct {
	Scenario string `yaml:"scenario"`
	// Points are those of docs/compatibility.md, "Where flowrun does better".
	Points []int  `yaml:"points,flow"`
	Why    string `yaml:"why"`
	// Expect is what flowrun does, by the part that differs; null for nothing.
	Expect map[string]yaml.Node `yaml:"expect"`
}

// expected returns what is declared for a part of the transcript.
func (d *difference) expected(part string) (flow.Value, bool) {
	node, ok := d.Expect[part]
	if !ok {
		return nil, false
	}
	return fromYAML(&node), true
}

// parseDifferences reads the list and checks what can be checked without running.
func parseDifferences(text []byte) ([]difference, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var list []difference
	if err := decoder.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading differences: %w", err)
	}
	seen := map[string]bool{}
	for _, d := range list {
		switch {
		case seen[d.Scenario]:
			return nil, fmt.Errorf("scenario %q stands in the differences twice", d.Scenario)
		case d.Scenario == "" || d.Why == "" || len(d.Points) == 0:
			return nil, fmt.Errorf("difference %q needs a scenario, points and a reason", d.Scenario)
		}
		for _, point := range d.Points {
			if point < 1 || point > lastPoint {
				return nil, fmt.Errorf("difference %q: there is no point %d", d.Scenario, point)
			}
		}
		seen[d.Scenario] = true
	}
	return list, nil
}

func loadDifferences(t *testing.T) []difference {
	t.Helper()
	text, err := os.ReadFile(differencesFile)
	if err != nil {
		t.Fatal(err)
	}
	list, err := parseDifferences(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// declared returns the difference of a scenario, nil if there is none.
func declared(list []difference, scenario string) *difference {
	for i := range list {
		if list[i].Scenario == scenario {
			return &list[i]
		}
	}
	return nil
}

// rewritten is the text of the file with another list; the comment at its top stays.
func rewritten(text []byte, list []difference) ([]byte, error) {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("#")) {
			break
		}
		b.Write(line)
	}
	for _, d := range list {
		b.WriteByte('\n')
		encoder := yaml.NewEncoder(&b)
		encoder.SetIndent(2)
		if err := encoder.Encode([]difference{d}); err != nil {
			return nil, fmt.Errorf("writing differences: %w", err)
		}
	}
	return b.Bytes(), nil
}

// updateDifferences writes the differences back to their file.
func updateDifferences(t *testing.T, list []difference) {
	t.Helper()
	text, err := os.ReadFile(differencesFile)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = rewritten(text, list); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(differencesFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// setExpected declares what was found.
func (d *difference) setExpected(found changes) {
	d.Expect = map[string]yaml.Node{}
	for part, c := range found {
		d.Expect[part] = *toYAML(c.got, 0)
	}
}

// toYAML writes the items of the outermost list a line each.
func toYAML(v flow.Value, depth int) *yaml.Node {
	node := &yaml.Node{}
	if depth > 0 {
		node.Style = yaml.FlowStyle
	}
	switch v := v.(type) {
	case flow.Array:
		node.Kind = yaml.SequenceNode
		for _, item := range v {
			node.Content = append(node.Content, toYAML(item, depth+1))
		}
	case *flow.Object:
		node.Kind, node.Style = yaml.MappingNode, yaml.FlowStyle
		for key, item := range v.All() {
			node.Content = append(node.Content, toYAML(key, depth+1), toYAML(item, depth+1))
		}
	case string:
		node.Kind, node.Tag, node.Value = yaml.ScalarNode, "!!str", v
		if strings.ContainsAny(v, "\n\r") {
			node.Style = yaml.DoubleQuotedStyle
		}
	default: // JSON's numbers, true, false and null are YAML's
		node.Kind, node.Value, node.Style = yaml.ScalarNode, flow.JSON(v), 0
	}
	return node
}

// fromYAML is the way back; anchors and tags of one's own are not used.
func fromYAML(node *yaml.Node) flow.Value {
	switch node.Kind {
	case yaml.SequenceNode:
		list := flow.Array{}
		for _, item := range node.Content {
			list = append(list, fromYAML(item))
		}
		return list
	case yaml.MappingNode:
		object := &flow.Object{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			object.Set(node.Content[i].Value, fromYAML(node.Content[i+1]))
		}
		return object
	}
	if node.ShortTag() == "!!str" {
		return node.Value
	}
	v, err := flow.ParseJSON([]byte(node.Value))
	if err != nil {
		return node.Value
	}
	return v
}

func TestDifferencesFile(t *testing.T) {
	names := map[string]bool{}
	for _, name := range scenarioNames(t) {
		names[name] = true
	}
	for _, d := range loadDifferences(t) {
		if !names[d.Scenario] {
			t.Errorf("%s names %q, which is no scenario", differencesFile, d.Scenario)
		}
	}
}

func TestDifferencesAreRewritten(t *testing.T) {
	header := "# Comment.\n# More.\n"
	list, err := parseDifferences([]byte(header + "- {scenario: a, points: [1, 2], why: 'because: it is'}\n- {scenario: b, points: [3], why: w}\n"))
	if err != nil {
		t.Fatal(err)
	}
	value := mustParse(`[{"text":"a\r\nb: c\u0000 'q' \"d\"","n":-1.5e21,"no":null,"yes":true,"list":[],"one":"1","null":"null","date":"2026-01-02","empty":"","é":"\u2028"}]`)
	list[0].setExpected(changes{"emits.a:0": {got: value}, "exit": {got: flow.Null{}}, "peers.c": {got: mustParse(`{"end":"eof"}`)}})
	text, err := rewritten([]byte(header+"- old\n"), list)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parseDifferences(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if !bytes.HasPrefix(text, []byte(header)) || len(again) != 2 || again[0].Why != "because: it is" {
		t.Errorf("something was lost:\n%s", text)
	}
	for part, want := range map[string]flow.Value{"emits.a:0": value, "exit": flow.Null{}} {
		if got, ok := again[0].expected(part); !ok || !flow.Equal(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s\nin %s", part, flow.JSON(got), flow.JSON(want), text)
		}
	}
}

func TestDifferencesAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"- {scenario: a, points: [10], why: w}":                                          "no point 10",
		"- {scenario: a, points: [], why: w}":                                            "needs",
		"- {scenario: a, points: [1]}":                                                   "needs",
		"- {scenario: a, points: [1], why: w}\n- {scenario: a, points: [1], why: other}": "twice",
		"- {scenario: a, point: 1, why: w}":                                              "point",
	} {
		if _, err := parseDifferences([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}
