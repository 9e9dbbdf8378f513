package js

import (
	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// Message is a message as a script has it: a JavaScript object that reads a
// property from the flow message when the script first asks for it. What the
// script has got or set it keeps as JavaScript values, so that msg.payload is
// the same object each time; they become flow values again when somebody wants
// the message.
//
// In JavaScript the object is like any other, with one exception: its
// properties cannot be made read-only or hidden or be given getters, it cannot
// be frozen, and it has no symbols for keys. A script that does such things
// gets a plain object: see [VM.NewPlainMessage].
type Message struct {
	vm     *VM
	object *goja.Object
	flow   *flow.Message // nil once the object has left it

	// own has the object's keys in their order, and the values of those that are
	// not live. It is flow itself as long as the two have the same keys. It is
	// nil after the object has left flow, and root has what that had.
	own  *flow.Message
	root *flow.Object

	live  []property
	index map[string]int // live by key, once there are more than indexFrom

	id     flow.Value // the id the message came with,
	idKept bool       // if it may be another one by now

	spare      bool // no script has the object once it has returned
	spareViews bool // nor has it what views show of a request
	view       bool // made by newView
}

// property is one that the script has got or set.
type property struct {
	key   string
	value goja.Value // nil if it was deleted
	set   bool       // the flow message does not have this value
	view  *Message   // whose object value is, if it was made by newView
}

// indexFrom is the number of live properties from which on a map finds them.
const indexFrom = 16

// NewMessage returns a message for a script. The flow message belongs to it
// until [Message.Give].
func (vm *VM) NewMessage(msg *flow.Message) *Message {
	m := &Message{vm: vm, flow: msg, own: msg}
	m.object = vm.Runtime.NewDynamicObject((*properties)(m))
	return m
}

// NewSpareMessage returns a message for scripts that have no use for it when they
// have returned, and with request neither for msg.req nor an object in that. It shows
// what [Message.Reuse] is given.
func (vm *VM) NewSpareMessage(request bool) *Message {
	m := &Message{vm: vm, spare: true, spareViews: request, root: &flow.Object{}}
	m.object = vm.Runtime.NewDynamicObject((*properties)(m))
	return m
}

// Reuse makes a spare message show another flow message.
func (m *Message) Reuse(msg *flow.Message) {
	if m.spareViews {
		m.returnViews(viewDepth)
	}
	m.forget()
	m.flow, m.own = msg, msg
}

// forget undoes all that a script has done to the object. It is called for each
// message, and writes only where there is something to undo: for the garbage collector
// each pointer that is written is work.
func (m *Message) forget() {
	if len(m.live) > 0 {
		clear(m.live)
		m.live = m.live[:0]
	}
	if m.index != nil {
		m.index = nil
	}
	if m.idKept {
		m.id, m.idKept = nil, false
	}
}

// NewPlainMessage is NewMessage with a plain JavaScript object that has copies
// of all properties. It can do everything and costs more.
func (vm *VM) NewPlainMessage(msg *flow.Message) *Message {
	m := &Message{vm: vm, flow: msg, object: vm.ObjectToJS(msg.Object())}
	m.keepID()
	return m
}

// Object returns the JavaScript object.
func (m *Message) Object() *goja.Object { return m.object }

// ID returns the id that the message came with; undefined if it had none.
func (m *Message) ID() flow.Value {
	if m.idKept {
		return m.id
	}
	return m.properties().Get(flow.MsgID)
}

// Update makes the flow message what the script has made of the object. What is
// the same stays the same value. Functions are left out. The errors are those
// of [VM.FromJS]; a property that has no flow value stays as it was.
func (m *Message) Update() (err error) {
	switch {
	case m.flow == nil:
		return nil
	case m.own != m.flow:
		return m.vm.Update(m.flow, m.object)
	case !m.changed():
		return nil
	}
	if ended := m.vm.Try(func() { err = m.update() }); ended != nil {
		return ended
	}
	return err
}

// Copy returns the message as it is now, with the id that it came with.
func (m *Message) Copy() (*flow.Message, error) {
	var out *flow.Message
	if m.flow != nil && m.own == m.flow {
		if err := m.Update(); err != nil {
			return nil, err
		}
		out = m.flow.Clone()
	} else {
		out = flow.NewMessage()
		if err := m.vm.Properties(m.object, out.Set); err != nil {
			return nil, err
		}
	}
	m.restoreID(out)
	return out, nil
}

// Give returns the flow message itself, updated and with the id that it came
// with, to give away: the object has nothing to do with it any more. It is Copy
// if that has happened before.
func (m *Message) Give() (*flow.Message, error) {
	if m.flow == nil {
		return m.Copy()
	}
	if err := m.Update(); err != nil {
		return nil, err
	}
	out := m.flow
	m.restoreID(out)
	m.Detach()
	return out, nil
}

// Detach leaves the flow message as it is now: what the script does to the
// object afterwards does not touch it.
func (m *Message) Detach() {
	switch {
	case m.spare:
		m.Reuse(nil) // there is no afterwards
		return
	case m.flow != nil && m.own == m.flow:
		m.own, m.root = nil, m.flow.Snapshot()
	}
	m.flow = nil
}

// changed tells whether the flow message may have to be changed.
func (m *Message) changed() bool {
	for i := range m.live {
		if _, composite := m.live[i].value.(*goja.Object); composite || m.live[i].set {
			return true
		}
	}
	return false
}

func (m *Message) update() (first error) {
	var lost []string // keys that the flow message cannot have
	for i := range m.live {
		p := &m.live[i]
		_, composite := p.value.(*goja.Object)
		if p.value == nil || !composite && !p.set {
			continue
		}
		was := m.flow.Get(p.key)
		if !p.set && p.untouched(m.vm, was) {
			continue
		}
		v, err := m.vm.convert(p.value, &nesting{object: m.object, depth: 1})
		switch {
		case err != nil:
			if first == nil {
				first = err
			}
			if was == nil {
				lost = append(lost, p.key)
			}
		case v == nil && !goja.IsUndefined(p.value): // a function
			lost = append(lost, p.key)
		default:
			m.flow.Set(p.key, v)
			p.set = false
		}
	}
	if lost != nil {
		m.own = m.flow.Clone()
		for _, key := range lost {
			m.flow.Delete(key)
		}
	}
	return first
}

// untouched tells whether a live property is still what its flow value says. It
// may say no to what is the same.
func (p *property) untouched(vm *VM, was flow.Value) bool {
	if p.view != nil {
		return p.view.untouched()
	}
	_, composite := p.value.(*goja.Object)
	return composite && vm.unchanged(was, p.value)
}

func (m *Message) properties() *flow.Object {
	switch {
	case m.own != nil:
		return m.own.Object()
	case m.root != nil:
		return m.root
	}
	return m.flow.Object()
}

// writable returns the message in which the object's keys are.
func (m *Message) writable() *flow.Message {
	if m.own == nil {
		m.own = flow.MessageOf(m.root)
	}
	return m.own
}

func (m *Message) keepID() {
	if !m.idKept {
		m.id, m.idKept = m.properties().Get(flow.MsgID), true
	}
}

func (m *Message) restoreID(out *flow.Message) {
	if m.idKept && m.id != nil && out.Get(flow.MsgID) != m.id {
		out.Set(flow.MsgID, m.id)
	}
}

// find returns the live property, or nil.
func (m *Message) find(key string) *property {
	if m.index != nil {
		if i, ok := m.index[key]; ok {
			return &m.live[i]
		}
		return nil
	}
	for i := range m.live {
		if m.live[i].key == key {
			return &m.live[i]
		}
	}
	return nil
}

func (m *Message) add(p property) {
	m.live = append(m.live, p)
	switch {
	case m.index != nil:
		m.index[p.key] = len(m.live) - 1
	case len(m.live) == indexFrom:
		m.index = map[string]int{}
		for i := range m.live {
			m.index[m.live[i].key] = i
		}
	}
}

// properties is a Message as goja sees it.
type properties Message

var _ goja.DynamicObject = (*properties)(nil)

// Get implements [goja.DynamicObject].
func (ps *properties) Get(key string) goja.Value {
	m := (*Message)(ps)
	p := m.find(key)
	if p != nil && p.value != nil {
		return p.value
	}
	v, ok := m.properties().Lookup(key)
	if !ok {
		return nil
	}
	shown := m.show(key, v)
	_, composite := shown.value.(*goja.Object)
	switch {
	case p != nil:
		*p = shown
	case composite || !m.view:
		m.add(shown)
	}
	return shown.value
}

// Set implements [goja.DynamicObject].
func (ps *properties) Set(key string, v goja.Value) bool {
	m := (*Message)(ps)
	if key == flow.MsgID {
		m.keepID()
	}
	if own := m.writable(); !own.Has(key) {
		own.Set(key, nil) // keeps its place
	}
	if p := m.find(key); p != nil {
		*p = property{key: key, value: v, set: true}
	} else {
		m.add(property{key: key, value: v, set: true})
	}
	return true
}

// Has implements [goja.DynamicObject].
func (ps *properties) Has(key string) bool {
	_, ok := (*Message)(ps).properties().Lookup(key)
	return ok
}

// Delete implements [goja.DynamicObject].
func (ps *properties) Delete(key string) bool {
	m := (*Message)(ps)
	if key == flow.MsgID {
		m.keepID()
	}
	m.writable().Delete(key)
	if p := m.find(key); p != nil {
		*p = property{key: key}
	}
	return true
}

// Keys implements [goja.DynamicObject].
func (ps *properties) Keys() []string { return (*Message)(ps).properties().Keys() }
