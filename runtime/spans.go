package runtime

import (
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Tracer follows what comes in through the flows (see [Options].Tracer), as
// OpenTelemetry does: a span is how long a cause took, or a node with one of its
// messages. Flows call it, from several goroutines, and wait for it.
type Tracer interface {
	// Cause begins the span of what came in at a node at that time. Nil means
	// that this cause is not to be followed.
	Cause(from Info, came time.Time) Span
}

// Span is the span of a cause or of a node. Nodes of several flows may begin
// theirs at the same time; else a span is used by one goroutine at a time.
type Span interface {
	// Node begins, below the span of a cause, that of a node that gets a message
	// of it. The session is the message's sessionId, empty if it has none.
	Node(at Info, session string) Span
	// Fail says that the node reported an error while it had the message.
	Fail(err error)
	// End ends the span. One that is never ended is none.
	End()
}

// followed is a cause with a span. What comes of it happens after its first task
// has begun (one cause is posted once), and before it is released.
type followed struct {
	flow.Releaser // whom else to tell of its end
	came          time.Time
	begun         bool
	span          Span        // nil: it is not followed
	reached       atomic.Bool // a node has got a message of it
}

// cameIn counts a cause that has come in at the place, and returns whom it tells
// of its end.
func (p *place) cameIn() flow.Releaser {
	r := p.loop.cameIn()
	if p.loop.rt.opts.Tracer == nil {
		return r
	}
	return &followed{Releaser: r, came: time.Now()}
}

// follow begins the span of the cause of a task, if it is the cause's first. It
// runs on the loop: there nobody changes what the place is called.
func (p *place) follow(c *flow.Cause) {
	t := p.loop.rt.opts.Tracer
	if t == nil {
		return
	}
	if f, ok := c.Tracker().(*followed); ok && !f.begun {
		f.begun, f.span = true, t.Cause(p.info, f.came)
	}
}

// begin begins the span of the node with a message; nil if the message's cause
// is not followed.
func (p *place) begin(d delivery) Span {
	if p.loop.rt.opts.Tracer == nil || d.cause == nil {
		return nil
	}
	f, ok := d.cause.Tracker().(*followed)
	if !ok || f.span == nil {
		return nil
	}
	f.reached.Store(true)
	session, _ := d.msg.Get("sessionId").(string)
	return f.span.Node(p.info, session)
}

// Release implements [flow.Releaser]: the cause has ended. A cause of which no
// node got a message, such as a timer of a node's own, has no span.
func (f *followed) Release() {
	if f.span != nil && f.reached.Load() {
		f.span.End()
	}
	f.Releaser.Release()
}

// end ends the span of a node, if there is one.
func end(s Span) {
	if s != nil {
		s.End()
	}
}
