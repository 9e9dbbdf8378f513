package runtime

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
)

// turn is how many deliveries of one task go out before the inbox gets its
// turn: a loop in the graph must not shut the flow off from the world.
const turn = 1024

// lentTurns is how many tasks a source that lends its goroutine runs before it
// goes back to its own work.
const lentTurns = 16

// loop runs the nodes of one flow, one task after the other. It has a goroutine
// of its own. A source that has just posted may lend its goroutine instead, if
// the loop is idle: that spares a switch between goroutines, and it makes no
// difference to the nodes, because only one goroutine runs the loop at a time.
type loop struct {
	flowID string
	rt     *Runtime

	mu      sync.Mutex
	inbox   inbox
	running bool          // a goroutine runs the loop, or has been told to
	dead    bool          // nothing is run any more
	wake    chan struct{} // tells the loop's own goroutine to run it
	ended   chan struct{}

	// The fields below belong to the goroutine that runs the loop.
	batch    []item // a block of the inbox, run up to next
	next     int
	fifo     queue
	flushers []flow.Flusher // to flush when the fifo is empty
	cause    *flow.Cause    // of the message or task at work
	handling *flow.Message  // the message at work, nil in a task; it is looked at once more when it is done
	depth    int            // of catch, complete and status nodes called by each other
	stopped  bool

	// For the watchdog: the place at work or the last that was, nil if the loop
	// is idle, and a count that changes with each call of a node.
	current atomic.Pointer[place]
	count   atomic.Uint64

	causes  atomic.Uint64 // that came in here
	latency latency
}

// delivery is one message on its way to a node.
type delivery struct {
	place *place
	cause *flow.Cause
	msg   *flow.Message
}

func newLoop(rt *Runtime, flowID string) *loop {
	l := &loop{flowID: flowID, rt: rt, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go l.run()
	return l
}

// post adds to the inbox and has the loop run.
func (l *loop) post(it item) {
	if l.add(it, true) {
		l.wake <- struct{}{}
	}
}

// queue adds to the inbox. Who calls it lends the loop its goroutine next.
func (l *loop) queue(it item) { l.add(it, false) }

// add tells whether the loop's own goroutine is to be woken.
func (l *loop) add(it item, run bool) bool {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		it.cause.Done()
		return false
	}
	l.inbox.push(it)
	if it.place != nil {
		it.place.stats.waiting.Add(1)
	}
	wake := run && !l.running
	if wake {
		l.running = true
	}
	l.mu.Unlock()
	return wake
}

// lend runs the loop on the caller's goroutine, for a while and if nobody else
// does. The caller holds no lock that a node may want.
func (l *loop) lend() {
	l.mu.Lock()
	if l.running || l.inbox.isEmpty() {
		l.mu.Unlock()
		return
	}
	l.running = true
	l.mu.Unlock()
	l.work(true)
}

// between runs f on the loop's own goroutine between two tasks and waits for it.
func (l *loop) between(f func()) {
	done := make(chan struct{})
	l.post(item{between: func() { defer close(done); f() }})
	<-done
}

// stop ends the loop and waits for it.
func (l *loop) stop() {
	l.between(func() { l.stopped = true })
	<-l.ended
}

func (l *loop) run() {
	defer close(l.ended)
	for !l.stopped {
		<-l.wake
		l.work(false)
	}
	l.flush()
	for l.fifo.len > 0 { // the flow is gone: let go of what was on its way
		d := l.fifo.pop()
		d.cause.Done()
	}
	l.mu.Lock()
	l.dead = true
	rest := append(l.batch[l.next:], l.inbox.all()...)
	l.mu.Unlock()
	for _, it := range rest {
		it.cause.Done()
	}
}

// work runs the loop until there is nothing to do. On a goroutine that is only
// lent it hands over to the loop's own after a while, and for what may take
// long: the exchange of nodes, which may wait for the very goroutine lent.
func (l *loop) work(lent bool) {
	for n := 0; !l.stopped; n++ {
		if l.next == len(l.batch) && !l.refill() {
			return
		}
		more := false
		waits := l.next < len(l.batch)
		if lent && (n == lentTurns || waits && l.batch[l.next].between != nil) {
			l.wake <- struct{}{}
			return
		}
		if waits {
			it := l.batch[l.next]
			l.batch[l.next] = item{}
			l.next++
			l.runItem(it)
			more = it.more && l.next < len(l.batch) && l.batch[l.next].between == nil
		}
		for n := 0; n < turn && l.fifo.len > 0; n++ {
			l.deliver(l.fifo.pop())
		}
		if !more {
			l.flush()
		}
	}
}

// flush lets go of what nodes have kept together since the last flush.
func (l *loop) flush() {
	l.cause = nil // it may have ended
	for i, f := range l.flushers {
		f.Flush()
		l.flushers[i] = nil
	}
	l.flushers = l.flushers[:0]
}

// refill takes what has waited longest in the inbox. It is false, and the loop
// idle, if there is nothing to do.
func (l *loop) refill() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batch, l.next = l.inbox.take(l.batch), 0
	if len(l.batch) == 0 && l.fifo.len == 0 {
		l.current.Store(nil)
		l.running = false
		return false
	}
	return true
}

func (l *loop) runItem(it item) {
	if it.between != nil {
		l.current.Store(nil)
		it.between()
		return
	}
	it.place.stats.waiting.Add(-1)
	if !it.place.gone {
		l.begin(it.place, it.cause)
		it.place.follow(it.cause)
		clock := it.place.startClock()
		err := l.guard(it.place, func() error { return it.task.Run(flow.NewOutlet(it.place, nil, it.cause)) })
		it.place.stopClock(clock)
		it.place.held = false
		if err != nil {
			it.place.fail(err, nil, it.cause)
		}
	}
	it.cause.Done()
}

func (l *loop) deliver(d delivery) {
	p := d.place
	if t := l.rt.tap.Load(); t != nil {
		t.receive(p, d.msg)
	}
	if p.node != nil {
		p.stats.received.Add(1)
		held, handling, span := p.held, l.handling, p.span
		p.held, l.handling, p.span = false, d.msg, p.begin(d)
		l.begin(p, d.cause)
		clock := p.startClock()
		err := l.handle(p, d)
		p.stopClock(clock)
		switch {
		case !p.held:
			p.finish(err, d.msg, d.cause)
			if p.keepsNothing {
				d.msg.Recycle()
			}
		case err != nil:
			p.fail(err, d.msg, d.cause)
		}
		end(p.span)
		p.held, l.handling, p.span = held, handling, span
	}
	d.cause.Done()
}

// handle calls the node. A panic is a fault of ours, not of the flow's author;
// it must not take the other flows down.
func (l *loop) handle(p *place, d delivery) (err error) {
	defer l.recovered(p, &err)
	return p.node.Handle(d.msg, flow.NewOutlet(p, d.msg, d.cause))
}

func (l *loop) guard(p *place, f func() error) (err error) {
	defer l.recovered(p, &err)
	return f()
}

func (l *loop) recovered(p *place, err *error) {
	if r := recover(); r != nil {
		l.rt.log.Error("a node panicked; please report this", "node", p.info.ID, "type", p.info.Type, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		*err = fmt.Errorf("internal error in node %s (%s): %v", p.info.ID, p.info.Type, r)
	}
}

// call delivers before the messages that wait; to another flow through its inbox.
func (l *loop) call(d delivery) {
	if d.place.loop == l {
		l.deliverNow(d)
	} else {
		l.enqueue(d)
	}
}

// nestingLimit bounds how deep catch, complete and status nodes call each other
// directly; beyond it their messages queue up as others do.
const nestingLimit = 16

// deliverNow hands a message to a catch, complete or status node at once, as
// Node-RED does, before the messages that wait.
func (l *loop) deliverNow(d delivery) {
	d.cause.Hold()
	if l.depth >= nestingLimit {
		l.fifo.push(d)
		return
	}
	outer := l.current.Load()
	l.depth++
	l.deliver(d)
	l.depth--
	l.current.Store(outer) // it goes on now
}

func (l *loop) begin(p *place, c *flow.Cause) {
	l.cause = c
	l.current.Store(p)
	l.count.Add(1)
}

// queue is a first-in first-out ring of deliveries.
type queue struct {
	ring  []delivery
	first int
	len   int
}

func (q *queue) push(d delivery) {
	if q.len == len(q.ring) {
		grown := make([]delivery, max(16, 2*len(q.ring)))
		n := copy(grown, q.ring[q.first:])
		copy(grown[n:], q.ring[:q.first])
		q.ring, q.first = grown, 0
	}
	q.ring[(q.first+q.len)&(len(q.ring)-1)] = d
	q.len++
	d.place.stats.waiting.Add(1)
}

func (q *queue) pop() delivery {
	d := q.ring[q.first]
	q.ring[q.first] = delivery{}
	q.first = (q.first + 1) & (len(q.ring) - 1)
	q.len--
	d.place.stats.waiting.Add(-1)
	return d
}
