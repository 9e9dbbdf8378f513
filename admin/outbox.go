package admin

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/runtime"
)

// How far the client of a websocket may be behind; what comes then is lost.
const (
	outboxLimit    = 16 << 20               // bytes that may wait
	outboxPatience = 100 * time.Millisecond // for one write: a client that reads takes it at once
	outboxDoubt    = 5 * time.Millisecond   // for one write, before less may wait
)

// outbox holds what waits for the client of a websocket. Putting something in
// never blocks.
type outbox struct {
	limit    int           // bytes that may wait
	doubtful int           // bytes that may wait when a write takes longer than outboxDoubt
	patience time.Duration // for one write; 0 is without end
	// lost returns the text that says that n texts were lost; nil says nothing.
	lost func(n int) []byte
	// ready has a value when there is something to take.
	ready chan struct{}
	// gap is open while the client does not yet know that texts were lost, after
	// those that wait: what is offered then is lost too. It is opened and shut
	// under the lock.
	gap runtime.Gap

	mu    sync.Mutex
	texts [][]byte
	size  int       // bytes in texts
	since time.Time // when the write under way began; zero if there is none
}

func newOutbox(lost func(n int) []byte) *outbox {
	return &outbox{limit: outboxLimit, doubtful: outboxLimit, patience: outboxPatience, lost: lost, ready: make(chan struct{}, 1)}
}

// offer puts in what encode returns. It is lost, and encode not called, if the
// client is behind.
func (o *outbox) offer(encode func() []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gap.IsOpen() || o.full() {
		o.gap.Open()
		o.changed()
		return
	}
	o.add(encode())
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
			o.writes(time.Now())
			if write(text) != nil {
				return
			}
		}
		o.writes(time.Time{})
	}
}

// writes notes when the write under way began.
func (o *outbox) writes(since time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = since
}

// full tells that there is no room, or that nobody takes what is there.
func (o *outbox) full() bool {
	if o.size > o.limit {
		return true
	}
	if o.since.IsZero() || o.patience == 0 {
		return false
	}
	took := time.Since(o.since)
	return took >= o.patience || took >= outboxDoubt && o.size > o.doubtful
}

func (o *outbox) add(text []byte) {
	o.texts = append(o.texts, text)
	o.size += len(text)
	o.changed()
}

// changed has the writer take what is new.
func (o *outbox) changed() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// tellMissing says what was lost, in its place.
func (o *outbox) tellMissing() {
	if n := o.gap.Shut(); n > 0 && o.lost != nil {
		o.add(o.lost(n))
	}
}
