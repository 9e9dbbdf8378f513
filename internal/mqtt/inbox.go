package mqtt

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/credit"
)

const (
	// underWay is how many messages may be on their way through the flows.
	underWay = 256
	// waiting is how many may wait for that before those of QoS 0 are dropped.
	waiting = 1000
)

// inbox hands messages on to the nodes, at the pace of their flows.
type inbox struct {
	client *Client
	pool   *credit.Pool
	wake   chan struct{}
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	list    []arrival
	dropped bool // since there was room last
}

type arrival struct {
	message *Message
	entry   *incoming // nil with QoS 0
}

func newInbox(c *Client) *inbox {
	ctx, cancel := context.WithCancel(context.Background())
	b := &inbox{client: c, pool: credit.NewPool(underWay), wake: make(chan struct{}, 1), cancel: cancel}
	b.work.Go(func() { b.run(ctx) })
	return b
}

func (b *inbox) stop() {
	b.cancel()
	b.work.Wait()
}

// put takes a message in.
func (b *inbox) put(p *publish) {
	entry, fresh := b.client.session.accept(p)
	if !fresh {
		return
	}
	b.mu.Lock()
	full := p.QoS == 0 && len(b.list) >= waiting
	warn := full && !b.dropped
	b.dropped = full
	if !full {
		b.list = append(b.list, arrival{p.Message, entry})
	}
	b.mu.Unlock()
	if warn {
		b.client.log(flow.LevelWarn, "the flows are too slow for what comes from the broker: messages of QoS 0 are dropped")
	}
	b.notify()
}

// notify wakes the goroutine that hands on.
func (b *inbox) notify() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// next returns the first message if there is one, and all nodes that get it are
// there.
func (b *inbox) next() (a arrival, to []Handler, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) == 0 {
		return a, nil, false
	}
	a = b.list[0]
	if to, ok = b.client.handlers(a.message); ok {
		b.list[0] = arrival{}
		b.list = b.list[1:]
	}
	return a, to, ok
}

func (b *inbox) run(ctx context.Context) {
	for {
		if _, ok := b.pool.Take(ctx); !ok {
			return
		}
		a, handlers, ok := b.next()
		for ; !ok; a, handlers, ok = b.next() {
			select {
			case <-b.wake:
			case <-ctx.Done():
				return
			}
		}
		d := &delivery{inbox: b, entry: a.entry}
		d.open.Store(int64(len(handlers)) + 1)
		for _, h := range handlers {
			h(a.message, flow.NewCause(d))
		}
		d.Release()
	}
}

// delivery is a message on its way through the flows of one or more nodes. It
// is acknowledged when all are done with it.
type delivery struct {
	inbox *inbox
	entry *incoming
	open  atomic.Int64
}

// Release implements [flow.Releaser].
func (d *delivery) Release() {
	if d.open.Add(-1) == 0 {
		d.inbox.client.session.settle(d.entry)
		d.inbox.pool.Release()
	}
}
