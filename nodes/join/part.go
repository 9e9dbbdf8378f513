package join

import (
	"errors"
	"maps"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sequence"
)

// part is what a message brings to a group.
type part struct {
	group    string     // the group's id
	build    string     // what the group becomes: string, buffer, array, object, merged; else a list
	count    float64    // how many parts the group has, 0 if that is not known
	joiner   flow.Value // between the parts of text or a Buffer; undefined is none
	chunkLen float64    // array: how many elements a part has
	key      flow.Value // object
	index    flow.Value // undefined: in the order in which they come
	value    flow.Value
	path     flow.Path // where the result goes
}

// ungrouped is the group of all messages that belong to no sequence.
const ungrouped = "_"

// partOf returns what the message brings, nil if that is nothing.
func (n *Node) partOf(msg *flow.Message) (*part, error) {
	if n.auto {
		return n.autoPart(msg)
	}
	return n.customPart(msg)
}

// autoPart returns a part as msg.parts describes it.
func (n *Node) autoPart(msg *flow.Message) (*part, error) {
	parts, _ := msg.Get(sequence.Property).(*flow.Object)
	if parts == nil || parts.Get("id") == nil {
		if msg.Has("reset") {
			for _, id := range slices.Sorted(maps.Keys(n.groups)) {
				n.drop(n.groups[id])
			}
		} else {
			n.env.Warn("Message missing msg.parts property - cannot join in 'auto' mode")
		}
		return nil, nil
	}
	p := &part{
		group: flow.Text(parts.Get("id")), count: positive(parts.Get("count")),
		joiner: parts.Get("ch"), chunkLen: positive(parts.Get("len")),
		key: parts.Get("key"), index: parts.Get("index"), path: payloadPath,
	}
	p.build, _ = parts.Get("type").(string)
	if property, _ := parts.Get("property").(string); property != "" {
		var err error
		if p.path, err = flow.ParseMessagePath(property); err != nil {
			return nil, err
		}
	}
	var err error
	p.value, err = p.path.In(msg)
	return p, err
}

var payloadPath = flow.Path{{Key: "payload", IsKey: true}}

// customPart returns a part as the configuration describes it.
func (n *Node) customPart(msg *flow.Message) (*part, error) {
	p := &part{group: ungrouped, build: n.build, joiner: n.joiner, count: n.count, path: n.path}
	var err error
	if p.value, err = n.path.In(msg); err != nil && !n.full {
		n.env.Warn("Message property " + n.property + " not found")
		return nil, nil
	}
	if !n.useParts && msg.Has(sequence.Property) {
		leave(msg)
	}
	if n.full {
		p.value = msg.Snapshot()
	}
	if parts, ok := msg.Get(sequence.Property).(*flow.Object); ok {
		if n.partsCount {
			p.count = positive(parts.Get("count"))
			if id := parts.Get("id"); id != nil {
				p.group = flow.Text(id)
			}
		}
		if p.count == 0 {
			p.count = positive(parts.Get("count"))
		}
	}
	if n.build == "object" {
		p.key, err = n.keyPath.In(msg)
		return p, err
	}
	return p, nil
}

// leave has the message forget its place in the sequence, but not the place that
// it has in an outer one.
func leave(msg *flow.Message) {
	parts, _ := msg.Get(sequence.Property).(*flow.Object)
	if parts == nil || parts.Get(sequence.Property) == nil {
		msg.Delete(sequence.Property)
		return
	}
	msg.Set(sequence.Property, flow.NewObject(sequence.Property, parts.Get(sequence.Property)))
}

// positive returns v as a number, 0 unless it is more than that.
func positive(v flow.Value) float64 {
	if f := flow.Number(v); f > 0 {
		return f
	}
	return 0
}

func isEmptyKey(key flow.Value) bool {
	_, isNull := key.(flow.Null)
	return key == nil || isNull || key == ""
}

// add adds the part of a message to its group.
func (n *Node) add(g *group, p *part, msg *flow.Message) error {
	switch p.build {
	case "object":
		g.object.Set(flow.Text(p.key), p.value)
	case "merged":
		o, ok := p.value.(*flow.Object)
		if !ok && !msg.Has("complete") {
			n.env.Warn("Cannot merge non-object types")
		}
		if ok {
			g.merge(o)
		}
	case "buffer":
		if _, ok := bytesOf(p.value); !ok {
			return errors.New(n.env.Text("join.errors.invalid-type", "Cannot join %s to buffer", flow.Typeof(p.value)))
		}
		fallthrough
	default:
		if err := g.put(p); err != nil {
			return err
		}
	}
	g.assign(msg, p.count)
	return nil
}
