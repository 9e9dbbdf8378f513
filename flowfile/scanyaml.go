package flowfile

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// maxAliased bounds how many values aliases may stand for, so that a small file
// does not become a large one.
const maxAliased = 100_000

// scanYAML reads one YAML 1.2 document.
func scanYAML(file string, text []byte) (source, Problems) {
	doc, problems := readYAML(file, text, "an empty deployment is []")
	if doc == nil {
		return source{}, problems
	}
	s := &yamlScanner{file: file, problems: problems}
	return source{s.tree(doc.Content[0], 0), doc}, s.problems
}

type yamlScanner struct {
	file     string
	problems Problems
	aliased  int // values that came out of aliases so far
	inAlias  int
	gaveUp   bool
}

func (s *yamlScanner) fail(n *yaml.Node, text, hint string) {
	if !s.gaveUp {
		s.problems = append(s.problems, Problem{Pos: placeOfNode(n).in(s.file), Text: text, Hint: hint})
	}
}

func placeOfNode(n *yaml.Node) place { return place{int32(n.Line), int32(n.Column)} }

func (s *yamlScanner) tree(n *yaml.Node, depth int) *tree {
	t := &tree{place: placeOfNode(n), origin: n, value: flow.Null{}}
	if s.tooMuch(n, depth) {
		return t
	}
	switch n.Kind {
	case yaml.AliasNode:
		s.inAlias++
		aliased := *s.tree(n.Alias, depth+1)
		s.inAlias--
		aliased.place = t.place
		return &aliased
	case yaml.SequenceNode:
		s.checkTag(n, "!!seq")
		t.kind = list
		for _, item := range n.Content {
			t.items = append(t.items, s.tree(item, depth+1))
		}
	case yaml.MappingNode:
		s.checkTag(n, "!!map")
		t.kind = object
		s.mapping(n, t, depth)
	case yaml.ScalarNode:
		s.scalar(n, t)
	}
	return t
}

func (s *yamlScanner) tooMuch(n *yaml.Node, depth int) bool {
	if s.inAlias > 0 {
		s.aliased++
	}
	switch {
	case s.gaveUp:
	case depth > maxDepth:
		s.fail(n, fmt.Sprintf("nested more than %d levels deep", maxDepth), "an alias must not stand for what it is in")
		s.gaveUp = true
	case s.aliased > maxAliased:
		s.fail(n, fmt.Sprintf("aliases stand for more than %d values", maxAliased), "write out less, or use JSON")
		s.gaveUp = true
	}
	return s.gaveUp
}

// mapping reads the pairs; what is merged in (<<) comes last and never replaces
// what the mapping says itself.
func (s *yamlScanner) mapping(n *yaml.Node, t *tree, depth int) {
	var merged []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], s.tree(n.Content[i+1], depth+1)
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			s.fail(key, "a property name must be text", "")
		case key.Value == "<<" && key.Tag == "!!merge":
			merged = append(merged, s.merged(key, value)...)
		default:
			t.pairs = append(t.pairs, pair{key.Value, placeOfNode(n.Content[i]), value, n.Content[i]})
		}
	}
	for _, p := range merged {
		if t.find(p.key) == nil {
			t.pairs = append(t.pairs, p)
		}
	}
}

func (s *yamlScanner) merged(key *yaml.Node, value *tree) []pair {
	switch value.kind {
	case object:
		return value.pairs
	case list:
		var pairs []pair
		for _, item := range value.items {
			pairs = append(pairs, s.merged(key, item)...)
		}
		return pairs
	}
	s.fail(key, "<< takes a mapping or a list of mappings", "")
	return nil
}

func (s *yamlScanner) scalar(n *yaml.Node, t *tree) {
	plain := n.Style&^(yaml.TaggedStyle) == 0
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" && n.Tag != "!" {
		s.checkTag(n, "!!str")
	}
	t.text = n.Value
	t.value = n.Value
	if plain && n.Style&yaml.TaggedStyle == 0 {
		t.value = plainValue(n.Value)
		if f, ok := t.value.(float64); ok && math.IsInf(f, 0) {
			s.fail(n, "the number "+shorten(n.Value)+" is too large", "put it in quotes if it is text")
		}
	}
}

// checkTag refuses explicit tags: JSON has no types beyond its own.
func (s *yamlScanner) checkTag(n *yaml.Node, want string) {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != want {
		s.fail(n, "the tag "+shorten(n.Tag)+" is not supported", "leave it out")
	}
}

var (
	yamlNumber  = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	yamlInteger = regexp.MustCompile(`^(0o[0-7]+|0x[0-9a-fA-F]+)$`)
)

// plainValue returns what text without quotes means by the core schema of YAML
// 1.2 (10.3.2): yes, no, dates and times are text, and so are .inf and .nan,
// which JSON cannot say.
func plainValue(text string) flow.Value {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return flow.Null{}
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if c := text[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return text
	}
	if yamlNumber.MatchString(text) {
		f, _ := strconv.ParseFloat(text, 64)
		return f
	}
	if yamlInteger.MatchString(text) {
		if n, err := strconv.ParseUint(text, 0, 64); err == nil {
			return float64(n)
		}
	}
	return text
}
