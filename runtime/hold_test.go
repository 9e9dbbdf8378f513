package runtime_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// released counts the credits that came back.
type released struct{ atomic.Int32 }

func (r *released) Release() { r.Add(1) }

// What a node has held is given up with the node: the source of the message must
// not wait for ever.
func TestARemovedNodeLetsGoOfWhatItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button k\nk keep\n", runtime.Full)
		var credit released
		b.host("b").Post(flow.NewCause(&credit), flow.TaskFunc(func(out flow.Outlet) error {
			out.Send(0, flow.NewMessage())
			return nil
		}))
		synctest.Wait()
		if credit.Load() != 0 {
			t.Fatal("the message is not held")
		}
		b.deploy("b button\n", runtime.Nodes)
		synctest.Wait()
		if n := credit.Load(); n != 1 {
			t.Errorf("%d credits came back, want 1", n)
		}
	})
}

// A complete node gets the message although that was sent to an output without
// wires, where messages are taken for the next use.
func TestCompleteAfterAMessageToNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button p\np pass\nc complete r scope=[p]\nr record\n", runtime.Full)
		for _, payload := range []string{"one", "two"} {
			b.press("b", payload)
		}
		synctest.Wait()
		equal(t, "completed", b.take(false), []string{"r:one", "r:two"})
	})
}

// A complete node gets what a node has made of a message that it went on with, and
// not what others have made of it since.
func TestCompleteAfterAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.vars["v"] = "others"
		b.deploy("b button a\na answer g\ng get s\ns record\nc complete r scope=[a]\nr record\n", runtime.Full)
		b.press("b", "question")
		synctest.Wait()
		equal(t, "recorded", b.take(false), []string{"s:others", "r:answer"})
	})
}
