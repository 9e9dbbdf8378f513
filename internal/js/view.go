package js

import (
	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
)

// requestKey is the property that has all that an HTTP request says, and bodyKey
// what the client has sent with it. Scripts read little of a request, so it and
// the objects in it are shown as a message is, but for the body, which is like
// any payload.
const (
	requestKey = "req"
	bodyKey    = "body"
)

// newView returns what shows an object in a message as if it were a message. It
// has left its flow message from the start: who has the object around it asks
// [Message.untouched]. Of what the script reads it keeps the objects only: a
// request is there for one message, which has most of its texts read once.
func (vm *VM) newView(o *flow.Object) *Message {
	if last := len(vm.spareViews) - 1; last >= 0 {
		m := vm.spareViews[last]
		vm.spareViews = vm.spareViews[:last]
		m.root = o
		return m
	}
	m := &Message{vm: vm, root: o, view: true}
	m.object = vm.Runtime.NewDynamicObject((*properties)(m))
	return m
}

// show returns a property as a script gets it.
func (m *Message) show(key string, v flow.Value) property {
	if o, ok := v.(*flow.Object); ok && (m.view && key != bodyKey || !m.view && key == requestKey) {
		view := m.vm.newView(o)
		return property{key: key, value: view.object, view: view}
	}
	return property{key: key, value: m.vm.ToJS(v)}
}

// untouched tells whether the script has changed nothing in a view.
func (m *Message) untouched() bool {
	if m.own != nil {
		return false
	}
	for i := range m.live {
		p := &m.live[i]
		if _, composite := p.value.(*goja.Object); composite && !p.untouched(m.vm, m.root.Get(p.key)) {
			return false
		}
	}
	return true
}

// viewDepth is how deep in a message a spare message knows of views: msg.req and
// msg.req.query.
const viewDepth = 2

// returnViews has the views of a message used again.
func (m *Message) returnViews(depth int) {
	if depth == 0 {
		return
	}
	for i := range m.live {
		view := m.live[i].view
		if view == nil {
			continue
		}
		view.returnViews(depth - 1)
		view.forget()
		view.root, view.own = nil, nil
		m.vm.spareViews = append(m.vm.spareViews, view)
	}
}
