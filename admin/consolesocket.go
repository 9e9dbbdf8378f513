package admin

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
)

const (
	consoleBacklog = 2 << 20  // bytes that wait for a page that is slow
	consoleRequest = 64 << 10 // bytes of one request of a page
	consoleWatches = 64       // outputs that a page may watch at once
)

// consolePage is one open page of the console. It gets the frames of the
// [consoleFeed], and may say {"op":"watch","outputs":[[node, port], …]}: then it
// gets the messages of these outputs, and no longer those of others.
type consolePage struct {
	feed  *consoleFeed
	out   *outbox
	fresh atomic.Bool // it does not know the counters yet, or has missed some

	mu       sync.Mutex
	watching []*output
}

// consoleSocket serves one page until it goes or the server stops.
func (h *handler) consoleSocket(w http.ResponseWriter, r *http.Request) {
	h.serveSocket(w, r, func(ctx context.Context, conn *websocket.Conn) {
		conn.SetReadLimit(consoleRequest)
		p := &consolePage{feed: h.console}
		p.fresh.Store(true)
		p.out = newOutbox(func(n int) []byte {
			p.fresh.Store(true)
			return flow.AppendJSON(nil, flow.NewObject("t", "lost", "n", float64(n)))
		})
		p.out.limit = consoleBacklog
		p.offer(flow.AppendJSON(nil, flow.NewObject("t", "hello", "version", h.Version)))
		defer h.console.join(p)()
		defer p.watch(nil)
		var writing sync.WaitGroup
		defer writing.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		writing.Go(func() {
			defer cancel()
			p.out.writeTo(ctx, conn)
		})
		p.read(ctx, conn)
	})
}

// offer gives the page a frame, which is lost if it is far behind.
func (p *consolePage) offer(frame []byte) { p.out.offer(func() []byte { return frame }) }

func (p *consolePage) read(ctx context.Context, conn *websocket.Conn) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		v, _ := flow.ParseJSON(text)
		if request, ok := v.(*flow.Object); ok && request.Get("op") == "watch" {
			list, _ := request.Get("outputs").(flow.Array)
			p.watch(list)
		}
	}
}

// watch has the page watch these outputs and no others.
func (p *consolePage) watch(list flow.Array) {
	var next []*output
	for _, entry := range list[:min(len(list), consoleWatches)] {
		pair, _ := entry.(flow.Array)
		if len(pair) != 2 {
			continue
		}
		node, _ := pair[0].(string)
		port, _ := pair[1].(float64)
		if o := p.feed.samples.find(node, int(port)); o != nil && !slices.Contains(next, o) {
			next = append(next, o)
			o.watched.Add(1)
			o.left.Store(watchedTake)
		}
	}
	p.mu.Lock()
	before := p.watching
	p.watching = next
	p.mu.Unlock()
	for _, o := range before {
		o.watched.Add(-1)
	}
	for _, o := range next {
		p.offer(o.recent())
	}
}

func (p *consolePage) watches(o *output) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.watching, o)
}
