package httpin

import (
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
)

// pending counts the requests that are under way. What waits for all causes to end
// waits for them, too, if it is told to: a flow may keep one in a node, such as a
// delay, and then its own cause has ended.
type pending struct {
	count atomic.Int64
	cause atomic.Pointer[flow.Cause] // nil if nobody is to wait
}

func (p *pending) add() { p.count.Add(1) }

func (p *pending) done() {
	if p.count.Add(-1) == 0 {
		p.release()
	}
}

// hold has a cause come in that ends with the last request. From then on there must
// be no new ones.
func (p *pending) hold(host flow.Host) {
	c := flow.NewCause(nil)
	c.Hold()
	host.Post(c, flow.TaskFunc(func(flow.Outlet) error { return nil }))
	p.cause.Store(c)
	if p.count.Load() == 0 {
		p.release()
	}
}

func (p *pending) release() {
	if c := p.cause.Swap(nil); c != nil {
		c.Done()
	}
}
