package session

import (
	"sync"

	"github.com/flowrun/flowrun/flow"
)

// Announcer is how a node tells what happens to its sessions, in the order in
// which it happens: with messages on its events output, and with its badge.
type Announcer struct {
	host flow.Host

	mu      sync.Mutex
	cleared bool
}

// NewAnnouncer returns the announcer of a node instance at its place.
func NewAnnouncer(host flow.Host) *Announcer { return &Announcer{host: host} }

// Announce shows a badge and sends a message; either may be nil. Both happen on
// the node's loop, after what was posted before.
func (a *Announcer) Announce(badge *flow.Object, event *flow.Message) {
	a.host.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
		a.show(badge)
		out.Send(eventsPort, event)
		return nil
	}))
}

// AnnounceLater is Announce for what happens often: the message is made, on the
// loop, only if somebody gets it.
func (a *Announcer) AnnounceLater(event func() *flow.Message) {
	l := lateEvents.Get().(*lateEvent)
	l.event = event
	l.cause.Init(l)
	a.host.Post(&l.cause, l)
}

// lateEvents holds those that are done, for the next ones: there are two for each
// connection.
var lateEvents = sync.Pool{New: func() any { return new(lateEvent) }}

// lateEvent is an event that is yet to be made, task and cause in one.
type lateEvent struct {
	cause flow.Cause
	event func() *flow.Message
}

// Run implements [flow.Task].
func (l *lateEvent) Run(out flow.Outlet) error {
	if out.Wanted(eventsPort) {
		out.Send(eventsPort, l.event())
	}
	return nil
}

// Release implements [flow.Releaser]: all that the event set off is done.
func (l *lateEvent) Release() {
	*l = lateEvent{}
	lateEvents.Put(l)
}

func (a *Announcer) show(badge *flow.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if badge != nil && !a.cleared {
		a.host.Status(badge)
	}
}

// Clear takes the badge away, for good: one that is still on its way to the
// loop would show over that of the node's next instance.
func (a *Announcer) Clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cleared = true
	a.host.Status(&flow.Object{})
}
