// Package split is the node type split: it makes a sequence of messages of one.
package split

import (
	"cmp"
	"fmt"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
)

// Config is the node's configuration.
type Config struct {
	Separator string     `json:"splt" doc:"where to split text and Buffers: the separator, where \\n, \\r, \\t, \\f and \\0 are escapes; or the length of a part"`
	Kind      string     `json:"spltType" doc:"what splt is: str (text), bin (a JSON list of bytes) or len (a length)"`
	ArraySize flow.Value `json:"arraySplt" doc:"how many elements of a list go into one message; 1 sends each by itself"`
	ArrayKind string     `json:"arraySpltType" doc:"what arraySplt is: len, nothing else"`
	Stream    bool       `json:"stream" doc:"whether text and Buffers are a stream: what follows the last separator waits for the next message, and parts have no count"`
	AddName   string     `json:"addname" doc:"the property that gets the key of each part of an object; empty is none"`
	Property  string     `json:"property" doc:"the property to split"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "split", Category: "sequence", Inputs: 1, Outputs: 1,
	Summary:    "Splits a message into a sequence of messages.",
	OutputDocs: []string{"a message for each part, with its place in the sequence in `parts`"},
	Notes: "Text and Buffers are split at a separator or by length, lists by number of elements, objects by property; other values are dropped. " +
		"Each part is a copy of the message with an id of its own. A message that is in a sequence already keeps its place in `parts.parts`.",
	Differences: []string{
		"Text that is split by length is never cut in the middle of a character.",
		"A complete node gets the message as it came in, and not its last part.",
	},
	Default: func() Config {
		return Config{Separator: `\n`, Kind: "str", ArraySize: 1.0, ArrayKind: "len", Property: "payload"}
	},
	New: func(c Config, _ flow.Env) (flow.Node, error) { return New(c) },
})

// Node is a split node.
type Node struct {
	propertyName string
	property     flow.Path
	addName      flow.Path // nil: keys are not kept
	arraySize    int

	cut    cut
	stream bool
	next   int // the index of the next part; in a stream it goes on with each message
	text   source
	bytes  source

	waiting []func(error) // ends of messages whose data is still held
}

// New makes a node. A separator or length that cannot be is a
// *flow.ConfigError.
func New(c Config) (flow.Node, error) {
	n := &Node{propertyName: cmp.Or(c.Property, "payload"), stream: c.Stream, text: source{isText: true}}
	var err error
	if n.property, err = flow.ConfigPath("property", n.propertyName); err != nil {
		return nil, err
	}
	if c.AddName != "" {
		if n.addName, err = flow.ConfigPath("addname", c.AddName); err != nil {
			return nil, err
		}
	}
	if n.cut, err = newCut(c.Separator, cmp.Or(c.Kind, "str")); err != nil {
		return nil, &flow.ConfigError{Property: "splt", Reason: err.Error()}
	}
	if n.arraySize, err = length(c.ArraySize); err != nil {
		return nil, &flow.ConfigError{Property: "arraySplt", Reason: err.Error()}
	}
	return n, nil
}

// length reads a number of characters, bytes or elements.
func length(v flow.Value) (int, error) {
	n := math.Trunc(flow.Number(v))
	if math.IsNaN(n) || n < 1 || n > math.MaxInt32 {
		return 0, fmt.Errorf("invalid split length %s: expected a number from 1", flow.JSON(v))
	}
	return int(n), nil
}

// Handle sends the parts of the message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	value, err := n.property.In(msg)
	if err != nil || value == nil {
		return err
	}
	parts := sequence.Nest(msg)
	parts.Set("id", flow.NewID())
	if n.propertyName != "payload" {
		parts.Set("property", n.propertyName)
	}
	s := sender{node: n, msg: msg, parts: parts, out: out}
	switch v := value.(type) {
	case string:
		return n.splitBytes(&n.text, []byte(v), s)
	case flow.Buffer:
		return n.splitBytes(&n.bytes, v, s)
	case flow.Array:
		return n.splitArray(v, s)
	case *flow.Object:
		return n.splitObject(v, s)
	case flow.Null:
		return &flow.Error{Name: "TypeError", Message: "Cannot convert undefined or null to object"}
	}
	return nil
}

func (n *Node) splitArray(list flow.Array, s sender) error {
	s.parts.Set("type", "array")
	s.parts.Set("count", float64((len(list)+n.arraySize-1)/n.arraySize))
	s.parts.Set("len", float64(n.arraySize))
	for i, from := 0, 0; from < len(list); i, from = i+1, from+n.arraySize {
		value := list[from]
		if n.arraySize > 1 {
			to := min(from+n.arraySize, len(list))
			value = list[from:to:to]
		}
		if err := s.send(value, i); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) splitObject(o *flow.Object, s sender) error {
	s.parts.Set("type", "object")
	i := 0
	for key, value := range o.All() {
		s.key = key
		s.parts.Set("key", key)
		s.parts.Set("count", float64(o.Len()))
		if err := s.send(value, i); err != nil {
			return err
		}
		i++
	}
	return nil
}

// sender sends the parts of one message.
type sender struct {
	node  *Node
	msg   *flow.Message // the message that is split
	parts *flow.Object  // what the parts have in common; never in a message itself
	key   string        // of the part of an object
	out   flow.Outlet
}

// send sends one part. Parts are sent one by one: each gets an id of its own.
func (s *sender) send(value flow.Value, index int) error {
	part := s.msg.Clone()
	part.Delete(flow.MsgID)
	part.Set(sequence.Property, sequence.With(s.parts, "index", float64(index)))
	if _, err := part.SetPath(s.node.property, value, value != nil); err != nil {
		return err
	}
	if s.node.addName != nil && s.parts.Get("type") == "object" {
		if _, err := part.SetPath(s.node.addName, s.key, true); err != nil {
			return err
		}
	}
	s.out.Send(0, part)
	return nil
}
