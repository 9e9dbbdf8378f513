package join

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
	"github.com/flowrun/flowrun/internal/timers"
)

// group is the parts of one result.
type group struct {
	id      string
	build   string
	path    flow.Path // where the result goes
	count   float64   // how many parts make it whole, 0 if that is not known
	joiner  flow.Value
	chunked bool // array: each part is a list of elements

	msg    *flow.Message // what the messages have in common, later ones over earlier
	last   *flow.Message // the latest
	list   flow.Array    // the parts by index: of text, Buffers and lists
	there  int           // how many of them are there
	object *flow.Object
	timer  *timers.Timer
	kept   []sequence.Kept
}

func newGroup(p *part, msg *flow.Message) *group {
	return &group{
		id: p.group, build: p.build, path: p.path, count: p.count, joiner: p.joiner,
		chunked: p.chunkLen > 1, msg: msg.Clone(), object: &flow.Object{},
	}
}

// put adds a part at its index, or else at the end. An index that is there
// already gets the new value and counts once.
func (g *group) put(p *part) error {
	at := flow.Number(p.index)
	if math.IsNaN(at) {
		if p.value != nil {
			g.list = append(g.list, p.value)
			g.there++
		}
		return nil
	}
	if at != math.Trunc(at) || at < 0 || at > float64(len(g.list)+maxGap) {
		return fmt.Errorf("msg.parts.index %s is no place in a sequence of which %d parts are there", flow.Text(p.index), g.there)
	}
	i := int(at)
	for len(g.list) <= i {
		g.list = append(g.list, nil)
	}
	switch g.list[i].(type) {
	case nil, flow.Null:
		g.there++
	}
	g.list[i] = p.value
	return nil
}

// merge adds the properties of an object, but for a message's id.
func (g *group) merge(o *flow.Object) {
	for key, value := range o.All() {
		if key != flow.MsgID {
			g.object.Set(key, value)
		}
	}
}

// assign gives the group the properties of a message, and its count if none was
// known.
func (g *group) assign(msg *flow.Message, count float64) {
	g.last = msg
	for key, value := range msg.Object().All() {
		g.msg.Set(key, value)
	}
	if g.count == 0 {
		g.count = count
	}
}

// whole tells whether all parts are there. Of objects the keys count.
func (g *group) whole() bool {
	there := g.there
	if g.isObject() {
		there = g.object.Len()
	}
	return g.count > 0 && float64(there) >= g.count
}

func (g *group) isObject() bool { return g.build == "object" || g.build == "merged" }

// result returns what the parts make. If the group stays, later parts do not
// change it.
func (g *group) result(stays bool) (flow.Value, error) {
	switch {
	case g.isObject() && stays:
		return g.object.Clone(), nil
	case g.isObject():
		return g.object, nil
	case g.build == "string":
		if g.joiner == nil {
			return nil, &flow.MissingParentError{Key: "toString"} // as Node-RED says it
		}
		return g.text(), nil
	case g.build == "buffer":
		return g.buffer(), nil
	case g.build == "array" && g.chunked:
		return g.concat(), nil
	}
	// Later parts go behind the end, where this result does not look.
	return slices.Clip(g.list), nil
}

func (g *group) text() string {
	var b strings.Builder
	joiner := flow.Text(g.joiner)
	for i, part := range g.list {
		if i > 0 {
			b.WriteString(joiner)
		}
		switch part.(type) {
		case nil, flow.Null: // as Array.prototype.join has it
		default:
			b.WriteString(flow.Text(part))
		}
	}
	return b.String()
}

func (g *group) buffer() flow.Buffer {
	joiner, _ := bytesOf(g.joiner)
	chunks := make([][]byte, len(g.list))
	for i, part := range g.list {
		chunks[i], _ = bytesOf(part)
	}
	return bytes.Join(chunks, joiner)
}

// bytesOf returns the bytes of what can be part of a Buffer; undefined has none.
func bytesOf(v flow.Value) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case flow.Buffer:
		return v, true
	case string:
		return []byte(v), true
	case flow.Array:
		return flow.BufferOf(v), true
	}
	return nil, false
}

// concat puts lists together; what is no list is an element.
func (g *group) concat() flow.Array {
	var all flow.Array
	for _, part := range g.list {
		switch part := part.(type) {
		case nil:
		case flow.Array:
			all = append(all, part...)
		default:
			all = append(all, part)
		}
	}
	return all
}
