package flowfile

import (
	"bytes"

	"github.com/flowrun/flowrun/flow"
)

// JSON prints the flows as Node-RED's editor exports them: the flat list, or the
// object it stood in, indented by four spaces, with a line end. Nothing that was
// read is lost; numbers are written as JavaScript does.
func (f *Flows) JSON() []byte {
	return append(appendIndented(nil, f.value(), 0), '\n')
}

// value returns the flows in flat form, in their envelope if they have one.
func (f *Flows) value() flow.Value {
	nodes := make(flow.Array, len(f.Nodes))
	for i, n := range f.Nodes {
		nodes[i] = n.Props
	}
	if f.Envelope == nil {
		return nodes
	}
	o := f.Envelope.Clone()
	o.Set("flows", nodes)
	return o
}

// appendIndented appends v as JSON.stringify(v, null, 4) prints it.
func appendIndented(b []byte, v flow.Value, depth int) []byte {
	newline := func(depth int) {
		b = append(b, '\n')
		b = append(b, bytes.Repeat([]byte("    "), depth)...)
	}
	switch v := v.(type) {
	case flow.Array:
		if len(v) == 0 {
			return append(b, "[]"...)
		}
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			newline(depth + 1)
			b = appendIndented(b, item, depth+1)
		}
		newline(depth)
		return append(b, ']')
	case *flow.Object:
		first := true
		b = append(b, '{')
		for key, item := range v.All() {
			if item == nil {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			newline(depth + 1)
			b = flow.AppendJSON(b, key)
			b = append(b, ": "...)
			b = appendIndented(b, item, depth+1)
		}
		if !first {
			newline(depth)
		}
		return append(b, '}')
	}
	return flow.AppendJSON(b, v)
}
