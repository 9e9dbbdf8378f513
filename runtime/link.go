package runtime

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// linkSource is the message property that has the calls a message has to return
// from, the last one at the end: a list of {id, node}.
const linkSource = "_linkSource"

// linkCall is a call that waits for its reply.
type linkCall struct {
	done  func(*flow.Message, error)
	timer flow.Alarm
}

// LinkCall implements [flow.LinkCaller].
func (p *place) LinkCall(target string, msg *flow.Message, timeout time.Duration, done func(*flow.Message, error)) error {
	to, err := p.linkTarget(target)
	if err != nil {
		return err
	}
	id := callID()
	call := &linkCall{done: done}
	call.timer = flow.After(p.loop.rt.opts.Clock, timeout, func() {
		p.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
			p.endCall(id, nil, flow.ErrLinkTimeout)
			return nil
		}))
	})
	if p.calls == nil {
		p.calls = map[string]*linkCall{}
	}
	p.calls[id] = call

	stack, _ := msg.Get(linkSource).(flow.Array)
	msg.Set(linkSource, append(slices.Clip(stack), flow.NewObject("id", id, "node", p.info.ID)))
	if !msg.Has(flow.MsgID) {
		msg.Set(flow.MsgID, flow.NewID())
	}
	p.loop.call(delivery{to, p.loop.cause, msg})
	return nil
}

// linkTarget finds a link in node by its id or name.
func (p *place) linkTarget(target string) (*place, error) {
	rt := p.loop.rt
	rt.mu.RLock()
	defer rt.mu.RUnlock()
	if to := rt.places[target]; to != nil && to.info.Type == "link in" {
		return to, nil
	}
	var here, inTabs []*place
	for _, to := range rt.linkNames[target] {
		if to.info.Flow == p.info.Flow {
			here = append(here, to)
		}
		if to.instance == nil {
			inTabs = append(inTabs, to)
		}
	}
	switch {
	case len(here) == 1:
		return here[0], nil
	case len(inTabs) == 1:
		return inTabs[0], nil
	case len(inTabs) > 1:
		return nil, &flow.Error{Message: fmt.Sprintf("Multiple link-in nodes named '%s' found", target)}
	}
	return nil, &flow.Error{Message: fmt.Sprintf("target link-in node '%s' not found", target)}
}

// LinkReturn implements [flow.LinkCaller].
func (p *place) LinkReturn(msg *flow.Message) bool {
	stack, _ := msg.Get(linkSource).(flow.Array)
	if len(stack) == 0 {
		return false
	}
	rest := stack[:len(stack)-1]
	last, _ := stack[len(rest)].(*flow.Object)
	if last == nil {
		return false
	}
	caller, err := p.loop.rt.place(flow.Text(last.Get("node")))
	if err != nil {
		return false
	}
	if len(rest) == 0 {
		msg.Delete(linkSource)
	} else {
		msg.Set(linkSource, rest)
	}
	id := flow.Text(last.Get("id"))
	if caller.loop == p.loop {
		caller.reply(id, msg, p.loop.cause)
		return true
	}
	caller.Post(p.loop.cause, flow.TaskFunc(func(out flow.Outlet) error {
		caller.reply(id, msg, out.Cause())
		return nil
	}))
	return true
}

// reply ends a call of the node with a message. As in Node-RED a link call node
// sends on even what comes after the timeout.
func (p *place) reply(id string, msg *flow.Message, c *flow.Cause) {
	if !p.endCall(id, msg, nil) && p.info.Type == "link call" {
		p.Route(c, 0, msg, nil)
	}
}

// endCall ends a call and tells whether it was still open.
func (p *place) endCall(id string, reply *flow.Message, err error) bool {
	call := p.calls[id]
	if call == nil {
		return false
	}
	delete(p.calls, id)
	call.timer.Stop()
	call.done(reply, err)
	return true
}

// endCalls ends all calls of an instance that has stopped.
func (p *place) endCalls() {
	for id := range p.calls {
		p.endCall(id, nil, flow.ErrLinkStopped)
	}
}

// callID returns a new id of a call: 28 hex digits, as in Node-RED.
func callID() string {
	var b [14]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
