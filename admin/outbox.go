package admin

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// How far the client of a websocket may be behind; what comes then is lost.
const (
	outboxLimit    = 16 << 20               // bytes that may wait
	outboxPatience = 100 * time.Millisecond // for one write: a client that reads takes it at once
)

// outbox holds what waits for the client of a websocket. Putting something in
// never blocks.
type outbox struct {
	limit    int           // bytes
	patience time.Duration // for one write; 0 is without end
	// lost returns the text that says that n texts were lost; nil says nothing.
	lost func(n int) []byte
	// ready has a value when there is something to take.
	ready chan struct{}
	// behind tells that what is offered now will be lost.
	behind atomic.Bool

	mu      sync.Mutex
	texts   [][]byte
	size    int  // bytes in texts
	missing int  // how many texts were lost after those
	stuck   bool // a write takes longer than patience
}

func newOutbox(lost func(n int) []byte) *outbox {
	return &outbox{limit: outboxLimit, patience: outboxPatience, lost: lost, ready: make(chan struct{}, 1)}
}

// offer puts in what encode returns. It is lost, and encode not called, if the
// client is behind.
func (o *outbox) offer(encode func() []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.behind.Load() {
		o.count()
		return
	}
	o.add(encode())
}

// miss counts a text that was not offered because the client is behind.
func (o *outbox) miss() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count()
}

// push puts in a text that must not be lost.
func (o *outbox) push(text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tellMissing()
	o.add(text)
}

// take takes out all that is there. It is empty after what was there has been
// taken already.
func (o *outbox) take() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tellMissing()
	texts := o.texts
	o.texts, o.size = nil, 0
	o.look()
	return texts
}

// writeTo writes what comes in until that fails or the context ends.
func (o *outbox) writeTo(ctx context.Context, conn *websocket.Conn) {
	o.writeWith(ctx, func(text []byte) error { return conn.Write(ctx, websocket.MessageText, text) })
}

func (o *outbox) writeWith(ctx context.Context, write func(text []byte) error) {
	for {
		select {
		case <-o.ready:
		case <-ctx.Done():
			return
		}
		for _, text := range o.take() {
			if o.patiently(write, text) != nil {
				return
			}
		}
	}
}

// patiently writes a text; while that takes too long, the client is behind.
func (o *outbox) patiently(write func([]byte) error, text []byte) error {
	if o.patience == 0 {
		return write(text)
	}
	written := false // under the lock
	timer := time.AfterFunc(o.patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.stuck = !written
		o.look()
	})
	err := write(text)
	timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	written, o.stuck = true, false
	o.look()
	return err
}

func (o *outbox) add(text []byte) {
	o.texts = append(o.texts, text)
	o.size += len(text)
	o.changed()
}

func (o *outbox) count() {
	o.missing++
	o.changed()
}

// changed has the writer take what is new.
func (o *outbox) changed() {
	o.look()
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// look finds out whether the client is behind.
func (o *outbox) look() { o.behind.Store(o.stuck || o.size > o.limit || o.missing > 0) }

// tellMissing says what was lost, in its place.
func (o *outbox) tellMissing() {
	if o.missing > 0 && o.lost != nil {
		o.add(o.lost(o.missing))
	}
	o.missing = 0
}
