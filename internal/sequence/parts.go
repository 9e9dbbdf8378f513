// Package sequence is what the nodes that make, hold and order sequences of
// messages share. A message says in msg.parts where in a sequence it stands:
//
//	id       the sequence
//	index    its place, from 0
//	count    how many messages there are, once that is known
//	type     what the sequence was made of: string, buffer, array or object
//	ch, len  how to put strings, buffers and arrays together again
//	key      which property of the object it was
//	property where in the message the part is, if not in payload
//	parts    the parts that the message had before, if it was split again
package sequence

import "github.com/flowrun/flowrun/flow"

// Property is the property of a message that tells its place in a sequence.
const Property = "parts"

// Parts returns the place of a message in a sequence, nil if it has none: if it
// lacks the id or the index.
func Parts(msg *flow.Message) *flow.Object {
	parts, ok := msg.Get(Property).(*flow.Object)
	if !ok || !has(parts, "id") || !has(parts, "index") {
		return nil
	}
	return parts
}

func has(o *flow.Object, key string) bool {
	_, ok := o.Lookup(key)
	return ok
}

// With returns a copy of the object with properties set: key, value, key, value
// … A nil object is an empty one.
func With(o *flow.Object, pairs ...flow.Value) *flow.Object {
	if o == nil {
		return flow.NewObject(pairs...)
	}
	o = o.Clone()
	for i := 0; i+1 < len(pairs); i += 2 {
		if key, ok := pairs[i].(string); ok {
			o.Set(key, pairs[i+1])
		}
	}
	return o
}

// Nest returns the parts for a message that becomes a sequence itself: they
// hold the parts that it has now, if any.
func Nest(msg *flow.Message) *flow.Object {
	if !msg.Has(Property) {
		return &flow.Object{}
	}
	return flow.NewObject(Property, msg.Get(Property))
}

// Unnest takes the message out of its innermost sequence: it has the parts again
// that it had before [Nest], or none.
func Unnest(msg *flow.Message) {
	parts, ok := msg.Get(Property).(*flow.Object)
	if ok && has(parts, Property) {
		msg.Set(Property, parts.Get(Property))
		return
	}
	msg.Delete(Property)
}
