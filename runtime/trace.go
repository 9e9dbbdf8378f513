package runtime

import (
	"fmt"
	"io"
	"sync"

	"github.com/flowrun/flowrun/flow"
)

// Trace is a [Listener] that writes frames, a JSON object a line, in the order
// in which things happen. It loses none: when the writer cannot keep up, the
// flows wait.
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
	t.add(flow.NewObject("t", "hello", "version", version))
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

// Frame implements [Listener].
func (t *Trace) Frame(f Frame) { t.add(f.Body) }

// add adds one frame.
func (t *Trace) add(body *flow.Object) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.pending) > traceLimit && t.wake != nil {
		t.room.Wait()
	}
	if t.wake == nil {
		return
	}
	t.pending = append(flow.AppendJSON(t.pending, body), '\n')
	select {
	case t.wake <- struct{}{}:
	default:
	}
}
