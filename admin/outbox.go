package admin

import (
	"context"
	"sync"

	"github.com/coder/websocket"
)

// outboxLimit is how many bytes may wait for the client of a websocket; what
// comes then is lost.
const outboxLimit = 16 << 20

// outbox holds what waits for the client of a websocket. Putting something in
// never blocks.
type outbox struct {
	limit int // bytes
	// lost returns the text that says that n texts were lost; nil says nothing.
	lost func(n int) []byte
	// ready has a value when there is something to take.
	ready chan struct{}

	mu      sync.Mutex
	texts   [][]byte
	size    int // bytes in texts
	missing int // how many texts were lost after those
}

func newOutbox(lost func(n int) []byte) *outbox {
	return &outbox{limit: outboxLimit, lost: lost, ready: make(chan struct{}, 1)}
}

// offer puts in what encode returns. It is lost, and encode not called, if too
// much is waiting.
func (o *outbox) offer(encode func() []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.size > o.limit || o.missing > 0 {
		o.missing++
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
	for {
		select {
		case <-o.ready:
		case <-ctx.Done():
			return
		}
		for _, text := range o.take() {
			if conn.Write(ctx, websocket.MessageText, text) != nil {
				return
			}
		}
	}
}

func (o *outbox) add(text []byte) {
	o.texts = append(o.texts, text)
	o.size += len(text)
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// tellMissing says what was lost, in its place.
func (o *outbox) tellMissing() {
	if o.missing > 0 && o.lost != nil {
		o.add(o.lost(o.missing))
	}
	o.missing = 0
}
