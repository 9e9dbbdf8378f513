package runtime_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// ledger is a tracer that notes the spans in the order in which they end.
type ledger struct {
	mu    sync.Mutex
	notes []string
	skip  bool // it follows nothing
}

func (l *ledger) Cause(from runtime.Info, came time.Time) runtime.Span {
	if l.skip {
		return nil
	}
	return &noted{ledger: l, what: "cause " + from.ID, began: came}
}

type noted struct {
	*ledger
	what  string
	began time.Time
}

func (n *noted) Node(at runtime.Info, session string) runtime.Span {
	return &noted{ledger: n.ledger, what: fmt.Sprintf("%s > %s %s", n.what, at.ID, session), began: time.Now()}
}

func (n *noted) Fail(err error) {
	if thrown, ok := errors.AsType[*flow.Error](err); ok {
		n.what += " failed " + thrown.Code
	}
}

func (n *noted) End() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notes = append(n.notes, fmt.Sprintf("%s: %v", n.what, time.Since(n.began)))
}

func (l *ledger) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	notes := l.notes
	l.notes = nil
	return notes
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		name, flows string
		want        []string
	}{
		{"a chain", "b button p\np pass r\nr record", []string{
			"cause b > p s1: 0s", "cause b > r s1: 0s", "cause b: 0s"}},
		{"to another flow", "b button r\nr record z=other", []string{
			"cause b > r s1: 0s", "cause b: 0s"}},
		{"a node that goes on", "b button l\nl later r\nr record", []string{
			"cause b > l s1: 1s", "cause b > r s1: 0s", "cause b: 1s"}},
		{"an error that is caught", "b button x\nx throw\nc catch r\nr record", []string{
			"cause b > c s1: 0s", "cause b > x s1 failed E1: 0s", "cause b > r s1: 0s", "cause b: 0s"}},
		{"to nobody", "b button", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spans := &ledger{}
				b := newBench(t, func(o *runtime.Options) { o.Tracer = spans })
				b.deploy(c.flows, runtime.Full)
				if err := b.Command(t.Context(), "b", "inject", flow.NewObject("sessionId", "s1")); err != nil {
					t.Fatal(err)
				}
				if err := b.Quiet(t.Context()); err != nil {
					t.Fatal(err)
				}
				equal(t, "spans", spans.take(), c.want)
			})
		})
	}
}

// What a node holds has a span until the node is gone, and the cause with it.
func TestSpanOfARemovedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := &ledger{}
		b := newBench(t, func(o *runtime.Options) { o.Tracer = spans })
		b.deploy("b button k\nk keep\n", runtime.Full)
		b.press("b", "")
		synctest.Wait()
		equal(t, "spans while it is held", spans.take(), nil)
		b.deploy("b button\n", runtime.Nodes) // which waits for it, in vain
		equal(t, "spans", spans.take(), []string{"cause b > k : 2s", "cause b: 2s"})
	})
}

func TestACauseThatIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := &ledger{skip: true}
		b := newBench(t, func(o *runtime.Options) { o.Tracer = spans })
		b.deploy("b button r\nr record", runtime.Full)
		b.press("b", "x")
		synctest.Wait()
		equal(t, "spans", spans.take(), nil)
		equal(t, "messages", b.take(false), []string{"r:x"})
	})
}
