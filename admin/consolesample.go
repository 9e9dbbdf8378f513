package admin

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/debugvalue"
	"github.com/flowrun/flowrun/runtime"
)

// How many messages are sampled. Of an output that nobody watches it is enough
// to have one to show when somebody clicks its wire.
const (
	watchedTake = 8        // messages a tick of an output that a page watches
	quietTake   = 1        // messages a second of another
	samplesKept = 10       // of each output
	sampleSize  = 64 << 10 // bytes of a message as text; larger ones are not shown
)

// sampler keeps the last messages of each output that has wires, or rather some
// of them: a flow that sends ten thousand a second is held up by a few of them
// only.
type sampler struct {
	outputs atomic.Pointer[map[string][]*output] // by node and port; nil where there is no wire
}

// output is one output of a node.
type output struct {
	node    string
	port    int
	left    atomic.Int32 // how many messages may be taken until the next tick
	watched atomic.Int32 // pages that watch it

	mu    sync.Mutex
	taken []sample
	last  [][]byte // as the pages get them, oldest first
}

// sample is a message that has not been encoded.
type sample struct {
	at  time.Time
	msg *flow.Object
}

// follow has the outputs of these nodes sampled and forgets others.
func (s *sampler) follow(nodes []runtime.RunningNode) {
	next := make(map[string][]*output, len(nodes))
	for _, n := range nodes {
		outputs := make([]*output, len(n.Wires))
		for port, targets := range n.Wires {
			if len(targets) == 0 {
				continue
			}
			if outputs[port] = s.find(n.ID, port); outputs[port] == nil {
				outputs[port] = &output{node: n.ID, port: port}
				outputs[port].left.Store(quietTake)
			}
		}
		next[n.ID] = outputs
	}
	s.outputs.Store(&next)
}

// find returns an output, nil if it is not sampled.
func (s *sampler) find(node string, port int) *output {
	all := s.outputs.Load()
	if all == nil {
		return nil
	}
	if outputs := (*all)[node]; port >= 0 && port < len(outputs) {
		return outputs[port]
	}
	return nil
}

func (s *sampler) wants(node string, port int) bool {
	o := s.find(node, port)
	return o != nil && o.left.Load() > 0
}

// take keeps the message of a send frame.
func (s *sampler) take(f runtime.Frame) {
	msg, _ := f.Body.Get("msg").(*flow.Message)
	o := s.find(f.Node.ID, f.Port)
	if o == nil || msg == nil || o.left.Add(-1) < 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = append(o.taken, sample{time.Now(), msg.Snapshot()})
}

// tick encodes what has been taken and gives send the frames of outputs that
// somebody watches. Then a new tick begins; of a new second, outputs that nobody
// watches have something taken too.
func (s *sampler) tick(second bool, send func(o *output, frame []byte)) {
	all := s.outputs.Load()
	if all == nil {
		return
	}
	for _, outputs := range *all {
		for _, o := range outputs {
			if o == nil {
				continue
			}
			if news := o.encode(); len(news) > 0 && o.watched.Load() > 0 {
				send(o, o.frame(news))
			}
			switch {
			case o.watched.Load() > 0:
				o.left.Store(watchedTake)
			case second:
				o.left.Store(quietTake)
			}
		}
	}
}

// encode returns what has been taken since the last call.
func (o *output) encode() (news [][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.taken {
		news = append(news, s.encode())
	}
	o.taken = o.taken[:0]
	o.last = append(o.last, news...)
	o.last = slices.Clone(o.last[max(0, len(o.last)-samplesKept):])
	return news
}

// recent returns the frame of the last messages.
func (o *output) recent() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.frame(o.last)
}

// frame is {"t":"messages","node":…,"port":…,"list":[…]}.
func (o *output) frame(list [][]byte) []byte {
	text := flow.AppendJSON([]byte(`{"t":"messages","node":`), o.node)
	text = strconv.AppendInt(append(text, `,"port":`...), int64(o.port), 10)
	text = append(text, `,"list":[`...)
	for i, entry := range list {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, entry...)
	}
	return append(text, `]}`...)
}

// encode returns the message as a debug node would show the whole of it.
func (s sample) encode() []byte {
	text, format := debugvalue.Encode(s.msg)
	if len(text) > sampleSize {
		text, format = "(a message of "+strconv.Itoa(len(text))+" bytes, too large to show here)", "note"
	}
	return flow.AppendJSON(nil, flow.NewObject("ts", float64(s.at.UnixMilli()), "msg", text, "format", format))
}
