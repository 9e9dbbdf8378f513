package runtime

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
)

// place is where a node stands: all that outlives the node's instance. It is
// the instance's flow.Host and the flow.Router of its outlets.
type place struct {
	info   Info
	source bool // its node has no input
	loop   *loop

	// instance is the subflow instance it stands in, nil in a tab. It is set
	// when the place is made.
	instance *place

	stats stats

	keepsNothing bool              // its node keeps no message and sends none on
	statusKeys   map[string]string // see [flow.Spec.StatusKeys]

	starting atomic.Bool // its node is in Start
	ending   atomic.Bool // its node has been told to stop
	badgeMu  sync.Mutex
	badge    *flow.Object
	stale    *flow.Object // what it was when the instance was told to stop

	// The fields below belong to the loop's goroutine.
	node      flow.Node // nil: inert, messages vanish
	wires     [][]*place
	wireIDs   [][]string // ids of wires, for the tap
	held      bool       // the handler at work has called Hold
	span      Span       // of the handler at work; nil if there is none
	holds     map[*hold]struct{}
	gone      bool   // removed: nothing is delivered any more
	life      int    // counts the instances that were told to stop here
	runs      uint64 // counts the calls of its node, for the clock
	calls     map[string]*linkCall
	group     []string   // ids of the groups it stands in, innermost first
	catchers  []*watcher // in the order in which they are asked
	statusers []*watcher
	completes []*place
	users     []*place // of a global config node: who uses it
	ownStatus bool     // an instance whose definition has a status output
}

// Info names a node.
type Info struct {
	ID, Type, Name string
	Alias          string // inside a subflow its id in the definition, else empty
	Flow           string // id of the tab or subflow instance; empty outside of all
	Path           string // ids from the tab down, by slashes
	hasName        bool   // "name" shows in what catch and status nodes send
}

// stats counts what a node has done.
type stats struct {
	received, errors atomic.Uint64
	// sent counts messages by output. It grows while the flow stands still.
	sent []*atomic.Uint64
	lost atomic.Uint64 // sent to outputs that the file does not have

	busy    atomic.Int64 // nanoseconds in the node, see stopwatch
	waiting atomic.Int64 // tasks and messages on their way to the node
}

func (s *stats) countSent(port, n int) {
	if port < 0 || port >= len(s.sent) {
		s.lost.Add(uint64(n))
		return
	}
	s.sent[port].Add(uint64(n))
}

// setOutputs has at least n outputs counted.
func (s *stats) setOutputs(n int) {
	for len(s.sent) < n {
		s.sent = append(s.sent, &atomic.Uint64{})
	}
}

// sentByPort returns how many messages each output has sent, and their sum.
func (s *stats) sentByPort() (ports []uint64, total uint64) {
	ports, total = make([]uint64, len(s.sent)), s.lost.Load()
	for i, n := range s.sent {
		ports[i] = n.Load()
		total += ports[i]
	}
	return ports, total
}

// Post implements [flow.Host].
func (p *place) Post(c *flow.Cause, t flow.Task) { p.loop.post(p.item(c, t)) }

// Queue implements [flow.Lender].
func (p *place) Queue(c *flow.Cause, t flow.Task) { p.loop.queue(p.item(c, t)) }

// QueueMore implements [flow.Lender].
func (p *place) QueueMore(c *flow.Cause, t flow.Task) {
	it := p.item(c, t)
	it.more = true
	p.loop.queue(it)
}

// AtEnd implements [flow.Batcher].
func (p *place) AtEnd(f flow.Flusher) { p.loop.flushers = append(p.loop.flushers, f) }

// Lend implements [flow.Lender].
func (p *place) Lend() { p.loop.lend() }

// item makes an inbox entry of a task, which holds the cause open.
func (p *place) item(c *flow.Cause, t flow.Task) item {
	if c == nil {
		c = flow.NewCause(nil)
	}
	c.Hold()
	if c.Tracker() == nil {
		c.Track(p.cameIn())
	}
	return item{place: p, cause: c, task: t}
}

// Route implements [flow.Router].
func (p *place) Route(c *flow.Cause, port int, msg *flow.Message, more []*flow.Message) {
	targets := p.targets(port)
	if len(targets) > 0 && !msg.Has(flow.MsgID) {
		msg.Set(flow.MsgID, flow.NewID())
	}
	msg.Sent()
	for _, m := range more {
		m.Sent()
	}
	p.stats.countSent(port, 1+len(more))
	if t := p.loop.rt.tap.Load(); t != nil {
		t.send(p, port, msg)
		for _, m := range more {
			t.send(p, port, m)
		}
	}
	switch {
	case len(targets) == 0:
		if msg != p.loop.handling {
			msg.Recycle()
		}
		return
	case len(targets) == 1 && len(more) == 0:
		p.loop.enqueue(delivery{targets[0], c, msg})
		return
	}
	for _, target := range targets {
		p.loop.enqueue(delivery{target, c, msg.Clone()})
		for _, m := range more {
			p.loop.enqueue(delivery{target, c, m.Clone()})
		}
	}
}

// Wanted implements [flow.Router].
func (p *place) Wanted(port int) bool {
	if len(p.targets(port)) > 0 {
		return true
	}
	t := p.loop.rt.tap.Load()
	return t != nil && t.wanted(p, port)
}

func (p *place) targets(port int) []*place {
	if port < 0 || port >= len(p.wires) {
		return nil
	}
	return p.wires[port]
}

// enqueue puts a delivery at the end of the queue.
func (l *loop) enqueue(d delivery) {
	switch {
	case d.place.loop != l:
		d.msg = d.msg.Clone() // the sender may still look at its own
		d.cause.Hold()
		d.place.loop.post(item{place: d.place, cause: d.cause, task: crossing{d}})
	case !d.place.gone:
		d.cause.Hold()
		l.fifo.push(d)
	}
}

// crossing is a message that came over a wire from another flow.
type crossing struct{ delivery }

// Run delivers the message.
func (c crossing) Run(flow.Outlet) error {
	c.cause.Hold() // deliver lets go of one hold, the inbox of the other
	c.place.loop.deliver(c.delivery)
	return nil
}

// Hold implements [flow.Router].
func (p *place) Hold(c *flow.Cause, msg *flow.Message) func(error) {
	p.held = true
	c.Hold()
	held := msg.Hold()
	life := p.life
	h := &hold{cause: c}
	if c != nil { // a message that is kept is no work at hand
		h.span, p.span = p.span, nil
	}
	if p.holds == nil {
		p.holds = map[*hold]struct{}{}
	}
	p.holds[h] = struct{}{}
	return func(err error) {
		if _, open := p.holds[h]; !open {
			return
		}
		delete(p.holds, h)
		if p.life == life { // else the instance has stopped: it is nobody's message any more
			at := p.span
			p.span = h.span
			p.finish(err, held.Message(), c)
			p.span = at
		}
		end(h.span)
		c.Done()
	}
}

// hold is a message that a node goes on handling.
type hold struct {
	cause *flow.Cause
	span  Span // of the handler, which goes on
}

// remove takes the place out of the flow: nothing is delivered any more, and
// what the node has held nobody waits for.
func (p *place) remove() {
	p.gone = true
	for h := range p.holds {
		end(h.span)
		h.cause.Done()
	}
	p.holds = nil
}

// stopping takes the instance out, which is about to be told to stop. What it is
// done with from now on nobody hears of: it is told on a goroutine of its own.
func (p *place) stopping() {
	p.node = nil
	p.life++
	p.ending.Store(true)
	p.badgeMu.Lock()
	p.stale = p.badge
	p.badgeMu.Unlock()
}

// stopped lets go of what the instance that has stopped here kept: its calls,
// and the messages that nobody waits for. Those that somebody waits for it has
// still to end itself, in a task that it has posted.
func (p *place) stopped() {
	p.endCalls()
	maps.DeleteFunc(p.holds, func(h *hold, _ struct{}) bool { return h.cause == nil })
}

// finish is called when a node is done with a message.
func (p *place) finish(err error, msg *flow.Message, c *flow.Cause) {
	if err != nil {
		p.fail(err, msg, c)
		return
	}
	if msg == nil {
		return
	}
	for _, to := range p.completes {
		m := msg.Clone()
		m.Set("complete", flow.NewObject("source", p.origin()))
		p.loop.deliverNow(delivery{to, c, m})
	}
}

// fail reports an error of the node, to the catch nodes if there is a message.
func (p *place) fail(err error, msg *flow.Message, c *flow.Cause) {
	p.stats.errors.Add(1)
	if msg != nil && p.span != nil { // without a message it may be another goroutine that reports
		p.span.Fail(err)
	}
	rt := p.loop.rt
	if t := rt.tap.Load(); t != nil {
		t.call(p, flow.LevelError, err, msg)
	}
	if msg == nil || !p.catch(err, msg, c) {
		rt.logNode(p, flow.LevelError, err)
	}
}

// origin describes the node in what catch, status and complete nodes send.
func (p *place) origin() *flow.Object {
	o := flow.NewObject("id", p.info.ID, "type", p.info.Type)
	if p.info.hasName {
		o.Set("name", p.info.Name)
	}
	return o
}

// Status implements [flow.Host].
func (p *place) Status(badge *flow.Object) {
	if badge == nil {
		badge = &flow.Object{}
	}
	if text := badge.Get("text"); text != nil {
		if _, ok := text.(string); !ok {
			badge = badge.Clone()
			badge.Set("text", flow.Text(text))
		}
	}
	p.badgeMu.Lock()
	before := p.badge
	p.badge = badge
	p.badgeMu.Unlock()
	rt := p.loop.rt
	if t := rt.tap.Load(); t != nil {
		t.status(p, badge)
	}
	rt.logBadge(p, badge, before)
	// As in Node-RED, status nodes do not see what a node shows when it starts.
	if rt.watchesStatus.Load() && !p.starting.Load() {
		p.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
			p.tellStatus(badge, out.Cause())
			return nil
		}))
	}
}

// clearStatus takes back the badge of a node that is gone.
func (p *place) clearStatus() {
	p.badgeMu.Lock()
	shown := p.badge != nil && p.badge.Len() > 0
	p.badge = nil
	p.badgeMu.Unlock()
	if t := p.loop.rt.tap.Load(); t != nil && shown {
		t.status(p, &flow.Object{})
	}
}

// clearStale takes back the badge of the instance before, unless it was its last
// word: what a new instance has not shown is not its own.
func (p *place) clearStale() {
	p.badgeMu.Lock()
	stale := p.badge == p.stale
	p.badgeMu.Unlock()
	if stale {
		p.clearStatus()
	}
}

// Report implements [flow.Host].
func (p *place) Report(level flow.Level, what flow.Value, msg *flow.Message) {
	if level == flow.LevelError {
		err, ok := what.(error)
		if !ok {
			err = valueError{what}
		}
		var c *flow.Cause
		if msg != nil {
			c = p.loop.cause
		}
		p.fail(err, msg, c)
		return
	}
	rt := p.loop.rt
	if t := rt.tap.Load(); t != nil && (level == flow.LevelWarn || level == flow.LevelInfo) {
		t.call(p, level, what, nil)
	}
	rt.logNode(p, level, what)
}

// String names the node for people.
func (i Info) String() string {
	if i.Name != "" {
		return fmt.Sprintf("%s (%s %q)", i.ID, i.Type, i.Name)
	}
	return fmt.Sprintf("%s (%s)", i.ID, i.Type)
}
