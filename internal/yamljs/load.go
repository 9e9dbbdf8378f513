package yamljs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// The limits of a document. The first three are js-yaml's.
const (
	maxDepth         = 100
	maxMergeKeys     = 10_000
	maxMergeSequence = 100
	maxRepeated      = 1 << 20 // how many nodes all aliases together may stand for
)

// Error says why text is not one YAML document. The reason is js-yaml's where it
// has the same notion.
type Error struct {
	Reason string
	Line   int // from 1; 0 if it is not known
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s (line %d)", e.Reason, e.Line)
}

// Parse reads one YAML document. Text without any is undefined, and null if there
// are comments in it. The error is an *Error.
func Parse(text []byte) (flow.Value, error) {
	d := yaml.NewDecoder(bytes.NewReader(lowerVersion(text)))
	var doc, more yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF) && len(bytes.TrimSpace(text)) > 0:
		return flow.Null{}, nil
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntaxError(err)
	}
	switch err := d.Decode(&more); {
	case err == nil:
		return nil, &Error{Reason: "expected a single document in the stream, but found more"}
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(err)
	}
	b := builder{anchors: map[*yaml.Node]*anchored{}}
	return b.build(doc.Content[0])
}

// lowerVersion turns a directive %YAML 1.2 into 1.1, the only version that
// yaml.v3 accepts although it reads both.
func lowerVersion(text []byte) []byte {
	const directive, lower = "%YAML 1.2", "%YAML 1.1"
	if !bytes.HasPrefix(text, []byte(directive)) {
		return text
	}
	return append([]byte(lower), text[len(directive):]...)
}

// reasons are js-yaml's words for what yaml.v3 finds.
var reasons = map[string]string{
	"did not find expected key":                              "end of the stream or a document separator is expected",
	"did not find expected <document start>":                 "end of the stream or a document separator is expected",
	"mapping values are not allowed in this context":         "bad indentation of a mapping entry",
	"could not find expected ':'":                            "can not read an implicit mapping pair; a colon is missed",
	"did not find expected ',' or ']'":                       "missed comma between flow collection entries",
	"did not find expected ',' or '}'":                       "missed comma between flow collection entries",
	"did not find expected '-' indicator":                    "bad indentation of a sequence entry",
	"found unexpected end of stream":                         "unexpected end of the stream within a quoted scalar",
	"control characters are not allowed":                     "the stream contains non-printable characters",
	"found undefined tag handle":                             "undeclared tag handle",
	"found a tab character that violates indentation":        "tab characters must not be used in indentation",
	"found unknown escape character":                         "unknown escape sequence",
	"found duplicate %YAML directive":                        "duplication of %YAML directive",
	"block sequence entries are not allowed in this context": "bad indentation of a sequence entry",
}

var (
	lineOfError  = regexp.MustCompile(`^line (\d+): (.*)`)
	unknownAlias = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

func syntaxError(err error) error {
	e := &Error{Reason: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := lineOfError.FindStringSubmatch(e.Reason); m != nil {
		e.Reason = m[2]
		_, _ = fmt.Sscan(m[1], &e.Line) // digits
	}
	if known, ok := reasons[e.Reason]; ok {
		e.Reason = known
	} else if m := unknownAlias.FindStringSubmatch(e.Reason); m != nil {
		e.Reason = fmt.Sprintf("unidentified alias %q", m[1])
	}
	return e
}

// builder makes a value of a parsed document.
type builder struct {
	anchors  map[*yaml.Node]*anchored
	depth    int
	nodes    int // built so far; what an alias stands for counts again
	repeated int // those of them that aliases stand for
	merged   int
}

// anchored is a node with an anchor; while it is being built it is not done.
type anchored struct {
	value flow.Value
	nodes int
	done  bool
}

func fail(n *yaml.Node, format string, args ...any) error {
	return &Error{Reason: fmt.Sprintf(format, args...), Line: n.Line}
}

func (b *builder) build(n *yaml.Node) (flow.Value, error) {
	if n.Kind == yaml.AliasNode {
		return b.alias(n)
	}
	if b.depth++; b.depth > maxDepth {
		return nil, fail(n, "nesting exceeded maxDepth (%d)", maxDepth)
	}
	defer func() { b.depth-- }()
	before := b.nodes
	b.nodes++
	var a *anchored
	if n.Anchor != "" {
		a = &anchored{}
		b.anchors[n] = a
	}
	v, err := b.content(n)
	if a != nil {
		*a = anchored{value: v, nodes: b.nodes - before, done: true}
	}
	return v, err
}

// alias returns the value of the anchor: shared, since values do not change. But
// who prints or walks through it sees all of it again, so the sum is bounded
// (the "billion laughs" attack).
func (b *builder) alias(n *yaml.Node) (flow.Value, error) {
	a := b.anchors[n.Alias]
	if a == nil || !a.done {
		return nil, fail(n, "the node with anchor %q contains itself", n.Value)
	}
	b.nodes += a.nodes
	if b.repeated += a.nodes; b.repeated > maxRepeated {
		return nil, fail(n, "the aliases of the document repeat more than %d nodes", maxRepeated)
	}
	return a.value, nil
}

func (b *builder) content(n *yaml.Node) (flow.Value, error) {
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.ShortTag()
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return scalar(n, tag)
	case yaml.SequenceNode:
		return b.sequence(n, tag)
	case yaml.MappingNode:
		return b.mapping(n, tag)
	}
	return nil, fail(n, "unexpected node")
}

func scalar(n *yaml.Node, tag string) (flow.Value, error) {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	resolvers := map[string]func(string) (flow.Value, bool){
		"!!str":       func(s string) (flow.Value, bool) { return s, true },
		"!!null":      resolveNull,
		"!!bool":      resolveBool,
		"!!int":       resolveInt,
		"!!float":     resolveFloat,
		"!!timestamp": resolveTimestamp,
		"!!binary":    resolveBinary,
	}
	if tag != "" {
		resolve, ok := resolvers[tag]
		if !ok {
			return nil, unknownTag(n, tag)
		}
		v, ok := resolve(n.Value)
		if !ok {
			return nil, fail(n, "cannot resolve a node with !<%s> explicit tag", longTag(tag))
		}
		return v, nil
	}
	if n.Style&quoted == 0 {
		if v, ok := resolvePlain(n.Value); ok {
			return v, nil
		}
	}
	return n.Value, nil
}

func longTag(tag string) string {
	if rest, ok := strings.CutPrefix(tag, "!!"); ok {
		return "tag:yaml.org,2002:" + rest
	}
	return tag
}

func unknownTag(n *yaml.Node, tag string) error { return fail(n, "unknown tag !<%s>", longTag(tag)) }

func (b *builder) sequence(n *yaml.Node, tag string) (flow.Value, error) {
	list := make(flow.Array, len(n.Content))
	for i, item := range n.Content {
		v, err := b.build(item)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	switch tag {
	case "", "!!seq":
		return list, nil
	case "!!omap", "!!pairs":
		return pairs(n, tag, list)
	}
	return nil, unknownTag(n, tag)
}

// pairs checks a list of objects of one property each. Of !!pairs js-yaml makes
// a list of lists of two.
func pairs(n *yaml.Node, tag string, list flow.Array) (flow.Value, error) {
	seen := map[string]bool{}
	out := make(flow.Array, len(list))
	for i, item := range list {
		o, ok := item.(*flow.Object)
		if !ok || o.Len() != 1 || (tag == "!!omap" && seen[o.Keys()[0]]) {
			return nil, fail(n, "cannot resolve a node with !<%s> explicit tag", longTag(tag))
		}
		for k, v := range o.All() {
			seen[k] = true
			out[i] = flow.Array{k, v}
		}
	}
	if tag == "!!omap" {
		return list, nil
	}
	return out, nil
}

func (b *builder) mapping(n *yaml.Node, tag string) (flow.Value, error) {
	switch tag {
	case "", "!!map", "!!set":
	default:
		return nil, unknownTag(n, tag)
	}
	o := &flow.Object{}
	weak := map[string]bool{} // keys that came from a merge: one of the mapping itself wins
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode := n.Content[i]
		keyValue, err := b.build(keyNode)
		if err != nil {
			return nil, err
		}
		v, err := b.build(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		if keyNode.Tag == "!!merge" {
			if err := b.merge(n.Content[i+1], o, v, weak); err != nil {
				return nil, err
			}
			continue
		}
		key, err := keyText(keyNode, keyValue)
		if err != nil {
			return nil, err
		}
		if _, twice := o.Lookup(key); twice && !weak[key] {
			return nil, fail(keyNode, "duplicated mapping key")
		}
		if _, isNull := v.(flow.Null); tag == "!!set" && !isNull {
			return nil, fail(n, "cannot resolve a node with !<%s> explicit tag", longTag(tag))
		}
		o.Set(key, v)
		delete(weak, key)
	}
	return o, nil
}

// keyText makes a key of a value as String(v) does in JavaScript.
func keyText(n *yaml.Node, v flow.Value) (string, error) {
	if list, ok := v.(flow.Array); ok {
		for _, item := range list {
			if _, nested := item.(flow.Array); nested {
				return "", fail(n, "nested arrays are not supported inside keys")
			}
		}
	}
	return flow.Text(v), nil
}

// merge adds the properties of a mapping, or of a list of mappings, that o does
// not have (the key <<).
func (b *builder) merge(n *yaml.Node, o *flow.Object, source flow.Value, weak map[string]bool) error {
	list, ok := source.(flow.Array)
	if !ok {
		list = flow.Array{source}
	}
	if len(list) > maxMergeSequence {
		return fail(n, "abnormal merge sequence size")
	}
	for _, item := range list {
		from, ok := item.(*flow.Object)
		if !ok {
			return fail(n, "cannot merge mappings; the provided source object is unacceptable")
		}
		if b.merged += 1 + from.Len(); b.merged > maxMergeKeys {
			return fail(n, "merge keys exceeded maxTotalMergeKeys (%d)", maxMergeKeys)
		}
		for k, v := range from.All() {
			if _, has := o.Lookup(k); !has {
				o.Set(k, v)
				weak[k] = true
			}
		}
	}
	return nil
}
