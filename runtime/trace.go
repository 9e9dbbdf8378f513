package runtime

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Trace writes what happens in a runtime as frames, a JSON object a line, in
// the order in which it happens. It loses none: when the writer cannot keep up,
// the flows wait.
type Trace struct {
	mu      sync.Mutex
	room    *sync.Cond
	pending []byte // not yet given to the writer
	wake    chan struct{}
	ended   chan struct{}
	writing bool
	err     error
}

// traceLimit is how many bytes may wait for the writer.
const traceLimit = 8 << 20

// NewTrace returns a trace that writes to w and starts with a hello frame.
// Close ends it.
func NewTrace(w io.Writer, version string) *Trace {
	t := &Trace{wake: make(chan struct{}, 1), ended: make(chan struct{})}
	t.room = sync.NewCond(&t.mu)
	go t.write(w, t.wake)
	t.frame("hello", func(b []byte) []byte {
		return appendString(append(b, `,"version":`...), version)
	})
	return t
}

// Flush waits until all frames so far are with the writer, and returns its
// first error.
func (t *Trace) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.pending) > 0 || t.writing {
		t.room.Wait()
	}
	return t.err
}

// Close writes what is left and returns the first error of the writer.
func (t *Trace) Close() error {
	t.mu.Lock()
	wake := t.wake
	t.wake = nil
	t.mu.Unlock()
	if wake != nil {
		close(wake)
	}
	<-t.ended
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *Trace) write(w io.Writer, wake <-chan struct{}) {
	defer close(t.ended)
	var spare []byte
	for open := true; open; {
		_, open = <-wake
		for {
			t.mu.Lock()
			batch := t.pending
			t.pending, spare = spare[:0], batch
			t.writing = len(batch) > 0
			t.room.Broadcast()
			t.mu.Unlock()
			if len(batch) == 0 {
				break
			}
			if _, err := w.Write(batch); err != nil {
				t.mu.Lock()
				if t.err == nil {
					t.err = fmt.Errorf("writing the trace: %w", err)
				}
				t.mu.Unlock()
			}
		}
	}
}

// frame adds one frame; fill appends what follows its type.
func (t *Trace) frame(kind string, fill func([]byte) []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.pending) > traceLimit && t.wake != nil {
		t.room.Wait()
	}
	if t.wake == nil {
		return
	}
	b := append(t.pending, `{"t":"`...)
	b = append(b, kind...)
	b = append(b, '"')
	b = fill(b)
	t.pending = append(b, "}\n"...)
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *Trace) receive(p *place, msg *flow.Message) {
	t.frame("receive", func(b []byte) []byte {
		b = appendString(append(b, `,"id":`...), p.info.ID)
		b = flow.AppendJSON(append(b, `,"msg":`...), msg)
		return appendNow(b)
	})
}

func (t *Trace) send(p *place, port int, msg *flow.Message) {
	t.frame("send", func(b []byte) []byte {
		b = appendString(append(b, `,"id":`...), p.info.ID)
		b = strconv.AppendInt(append(b, `,"port":`...), int64(port), 10)
		b = append(b, `,"to":[`...)
		if port < len(p.wireIDs) {
			for i, id := range p.wireIDs[port] {
				if i > 0 {
					b = append(b, ',')
				}
				b = appendString(b, id)
			}
		}
		b = flow.AppendJSON(append(b, `],"msg":`...), msg)
		return appendNow(b)
	})
}

func (t *Trace) status(p *place, badge *flow.Object) {
	t.frame("status", func(b []byte) []byte {
		b = appendString(append(b, `,"id":`...), p.info.ID)
		b = flow.AppendJSON(append(b, `,"status":`...), badge)
		return appendNow(b)
	})
}

// call tells that a node called error, warn or log; msg may be nil.
func (t *Trace) call(p *place, level flow.Level, what flow.Value, msg *flow.Message) {
	fn := map[flow.Level]string{flow.LevelError: "error", flow.LevelWarn: "warn"}[level]
	if fn == "" {
		fn = "log"
	}
	t.frame("call", func(b []byte) []byte {
		b = appendString(append(b, `,"id":`...), p.info.ID)
		b = appendString(append(b, `,"fn":`...), fn)
		b = flow.AppendJSON(append(b, `,"args":[`...), what)
		if msg != nil {
			b = flow.AppendJSON(append(b, ','), msg)
		}
		return appendNow(append(b, ']'))
	})
}

func (t *Trace) log(p *place, level flow.Level, text string) {
	now := time.Now().UnixMilli()
	entry := flow.NewObject("level", float64(level), "id", p.info.ID, "type", p.info.Type)
	if p.info.Flow != "" {
		entry.Set("z", p.info.Flow)
	}
	if p.info.Name != "" {
		entry.Set("name", p.info.Name)
	}
	entry.Set("msg", text)
	entry.Set("path", flowPath(p.info.Flow))
	entry.Set("timestamp", float64(now))
	t.frame("log", func(b []byte) []byte {
		return appendNow(flow.AppendJSON(append(b, `,"log":`...), entry))
	})
}

func flowPath(flowID string) string {
	if flowID == "" {
		return "global"
	}
	return flowID
}

func (t *Trace) flows(state string) {
	t.frame("flows", func(b []byte) []byte {
		return appendNow(appendString(append(b, `,"state":`...), state))
	})
}

func appendNow(b []byte) []byte {
	return strconv.AppendInt(append(b, `,"ts":`...), time.Now().UnixMilli(), 10)
}

func appendString(b []byte, s string) []byte { return flow.AppendJSON(b, s) }
