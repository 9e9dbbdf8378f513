package flow

import "sync"

// MsgID is the property that holds a message's id.
const MsgID = "_msgid"

// Message is what travels along the wires: an object whose top level belongs to
// the message alone, and whose values are shared with other messages.
//
// A message belongs to one flow at a time and is not safe for concurrent use;
// its clones may go to other goroutines.
type Message struct {
	root   *Object
	shared bool // another message has this root too: copy it before a write
	lent   bool // others read own and space, and may do so for ever
	held   *Held

	// The first properties live inside the message, which spares two allocations.
	own   Object
	space [8]entry
}

// messages holds messages for the next use: what is allocated for each message
// decides how often the garbage collector runs.
var messages = sync.Pool{New: func() any { return new(Message) }}

// NewMessage returns an empty message.
func NewMessage() *Message {
	m := messages.Get().(*Message)
	m.own.entries = m.space[:0]
	m.root = &m.own
	return m
}

// Recycle lets a message be used again for another one, if no other message
// reads from it. Only the engine calls it, for a message that has come to its
// end: one that was sent to an output without wires, or that a node has handled
// whose type says that it keeps nothing ([Spec.KeepsNothing]).
func (m *Message) Recycle() {
	if m.lent || m.shared && m.root == &m.own {
		return
	}
	*m = Message{}
	messages.Put(m)
}

// Held is a message that a node goes on handling, as complete and catch nodes get
// it: as the node leaves it, or as it was when the node sent it on.
type Held struct{ msg *Message }

// Hold takes note that a node goes on handling the message. Only the engine calls
// it.
func (m *Message) Hold() *Held {
	if m == nil {
		return nil
	}
	if m.held == nil {
		m.held = &Held{m}
	}
	return m.held
}

// Sent takes note that the message is sent on: what others make of it is theirs.
// Only the engine calls it.
func (m *Message) Sent() {
	if m.held != nil {
		m.held.msg = m.Clone()
		m.held = nil
	}
}

// Message returns the message; that of a nil Held is nil.
func (h *Held) Message() *Message {
	if h == nil {
		return nil
	}
	return h.msg
}

// MessageOf returns a message with the properties of o, which is shared with
// the message from now on. Without one the message is empty.
func MessageOf(o *Object) *Message {
	if o == nil {
		return NewMessage()
	}
	m := messages.Get().(*Message)
	m.root, m.shared = o, true
	return m
}

// Get returns a property, undefined if there is none.
func (m *Message) Get(key string) Value { return m.root.Get(key) }

// Has tells whether the property is there.
func (m *Message) Has(key string) bool { return m.root.find(key) >= 0 }

// Set sets a property of the top level.
func (m *Message) Set(key string, v Value) {
	m.makeOwn()
	m.root.Set(key, v)
}

// Delete removes a property of the top level.
func (m *Message) Delete(key string) {
	if !m.Has(key) {
		return
	}
	m.makeOwn()
	m.root.Delete(key)
}

// ID returns the message's id, "" if it has none.
func (m *Message) ID() string {
	id, _ := m.Get(MsgID).(string)
	return id
}

// Object returns the properties, to read.
func (m *Message) Object() *Object {
	return m.root
}

// Snapshot returns the properties as a value that later changes of m do not
// touch.
func (m *Message) Snapshot() *Object {
	m.shared = true
	return m.root
}

// Clone returns a message with the same properties. From then on the two are
// independent. It copies nothing until one of them is changed.
func (m *Message) Clone() *Message {
	m.shared = true
	return MessageOf(m.root)
}

func (m *Message) makeOwn() {
	if !m.shared {
		return
	}
	m.shared = false
	if m.root == &m.own {
		m.lent = true
	}
	if m.lent {
		m.root = m.root.Clone()
		return
	}
	m.own.copyFrom(m.root, m.space[:])
	m.root = &m.own
}
