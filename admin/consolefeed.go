package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// The pace of the console. A page gets a few frames a second, however much
// happens.
const (
	lookPause   = 50 * time.Millisecond // between looks at which nodes are at work
	tickLooks   = 5                     // looks between two frames of counters
	secondTicks = 4                     // ticks between two frames of sessions

	tickEntries = 25 // debug values, and as many log entries, that a tick shows at most
)

// consoleFeed gathers what the pages of the console show, once for all of them:
// counters and badges by asking the runtime, debug values and the log as a
// listener, and samples of messages (see [sampler]). Whatever it takes in while
// a flow waits is bounded by time, not by the number of messages. While no page
// is open it does nothing.
type consoleFeed struct {
	handler *handler
	samples sampler
	debug   excerpt
	log     excerpt
	changed atomic.Bool // other flows run than in the last tick

	joining sync.Mutex // one page comes or goes at a time
	stop    func()     // not nil while a page is open

	mu    sync.Mutex
	pages map[*consolePage]bool
}

func newConsoleFeed(h *handler) *consoleFeed {
	return &consoleFeed{handler: h, pages: map[*consolePage]bool{}}
}

// join has a page get frames until leave is called.
func (f *consoleFeed) join(p *consolePage) (leave func()) {
	f.joining.Lock()
	defer f.joining.Unlock()
	f.setPage(p, true)
	if f.stop == nil {
		f.stop = f.start()
	}
	return func() {
		f.joining.Lock()
		defer f.joining.Unlock()
		if f.setPage(p, false) == 0 {
			f.stop()
			f.stop = nil
		}
	}
}

// setPage adds or removes a page and returns how many there are.
func (f *consoleFeed) setPage(p *consolePage, open bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if open {
		f.pages[p] = true
	} else {
		delete(f.pages, p)
	}
	return len(f.pages)
}

func (f *consoleFeed) start() (stop func()) {
	ctx, cancel := context.WithCancel(f.handler.ctx)
	f.samples.follow(f.handler.Runtime.Nodes())
	unlisten := f.handler.Runtime.Listen(f)
	f.handler.Comms.showOn(f.published)
	var running sync.WaitGroup
	running.Go(func() { f.run(ctx) })
	return func() {
		f.handler.Comms.showOn(nil)
		unlisten()
		cancel()
		running.Wait()
		f.samples.follow(nil)
	}
}

// Wants implements [runtime.Chooser].
func (f *consoleFeed) Wants(s runtime.Subject) bool {
	switch s.Kind {
	case "log", "flows":
		return true
	case "send":
		return f.samples.wants(s.Node.ID, s.Port)
	}
	return false
}

// Frame implements [runtime.Listener].
func (f *consoleFeed) Frame(frame runtime.Frame) {
	switch frame.Kind {
	case "send":
		f.samples.take(frame)
	case "log":
		f.log.add(func() []byte { return flow.AppendJSON(nil, frame.Body.Get("log")) })
	case "flows":
		f.changed.Store(true)
	}
}

// published takes in what a debug node shows.
func (f *consoleFeed) published(topic string, data func() *flow.Object) {
	if topic == "debug" {
		f.debug.add(func() []byte {
			o := data()
			o.Set("ts", float64(time.Now().UnixMilli()))
			return flow.AppendJSON(nil, o)
		})
	}
}

// run sends frames until the context ends.
func (f *consoleFeed) run(ctx context.Context) {
	ticker := time.NewTicker(lookPause)
	defer ticker.Stop()
	var state feedState
	for looks := 1; ; looks++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		state.look(f.handler.Runtime.AtWork())
		if looks%tickLooks == 0 {
			f.tick(&state, looks%(tickLooks*secondTicks) == 0)
		}
	}
}

// tick sends what is new. Pages come and go meanwhile, so it works on a list of
// them.
func (f *consoleFeed) tick(state *feedState, second bool) {
	pages := f.openPages()
	if f.changed.Swap(false) {
		f.samples.follow(f.handler.Runtime.Nodes())
		for _, p := range pages {
			p.offer([]byte(`{"t":"flows"}`))
		}
	}
	news := state.nodes(f.handler.Runtime.Status())
	var all []byte
	for _, p := range pages {
		if p.fresh.Swap(false) {
			if all == nil {
				all = state.all()
			}
			p.offer(all)
		} else {
			p.offer(news)
		}
	}
	frames := [][]byte{f.debug.frame("debug"), f.log.frame("log")}
	if second {
		frames = append(frames, state.sessions(f.handler.Sessions.Snapshot()))
	}
	for _, p := range pages {
		for _, text := range frames {
			if text != nil {
				p.offer(text)
			}
		}
	}
	f.samples.tick(second, func(o *output, text []byte) {
		for _, p := range pages {
			if p.watches(o) {
				p.offer(text)
			}
		}
	})
}

func (f *consoleFeed) openPages() []*consolePage {
	f.mu.Lock()
	defer f.mu.Unlock()
	pages := make([]*consolePage, 0, len(f.pages))
	for p := range f.pages {
		pages = append(pages, p)
	}
	return pages
}

// excerpt holds the first entries since the last tick and counts the others.
type excerpt struct {
	mu      sync.Mutex
	entries [][]byte
	lost    int
}

func (e *excerpt) add(encode func() []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.entries) == tickEntries {
		e.lost++
		return
	}
	e.entries = append(e.entries, encode())
}

// frame takes all out: {"t":…, "list":[…], "lost":n}. It is nil if there is
// nothing.
func (e *excerpt) frame(kind string) []byte {
	e.mu.Lock()
	entries, lost := e.entries, e.lost
	e.entries, e.lost = nil, 0
	e.mu.Unlock()
	if len(entries) == 0 {
		return nil
	}
	text := append([]byte(`{"t":`), strconv.Quote(kind)...)
	text = append(text, `,"list":[`...)
	text = append(text, bytes.Join(entries, []byte{','})...)
	text = append(text, `],"lost":`...)
	return append(strconv.AppendInt(text, int64(lost), 10), '}')
}

// encodeFrame returns a frame as JSON.
func encodeFrame(frame any) []byte {
	text, err := json.Marshal(frame)
	if err != nil { // frames hold nothing that JSON cannot say
		return []byte(`{"t":"none"}`)
	}
	return text
}
