package flowfile

import (
	"bytes"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// ParseYAML reads a text that holds one YAML document, which need not be a flow
// file, and returns what stands in it; nil if it cannot be read.
func ParseYAML(name string, text []byte) (*yaml.Node, Problems) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if p := unreadable(name, text); p != nil {
		return nil, Problems{*p}
	}
	doc, problems := readYAML(name, text, "")
	if doc == nil {
		return nil, problems
	}
	return doc.Content[0], problems
}

// YAMLValue returns what a part of a YAML document says, by the rules that flow
// files have. The name is that of the file.
func YAMLValue(name string, n *yaml.Node) (flow.Value, Problems) {
	s := &yamlScanner{file: name}
	return s.tree(n, 0).toValue(), s.problems
}
