package runtime_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// badge returns the text of a node's badge, "none" if it shows none.
func (b *bench) badge(id string) string {
	for _, s := range b.Status() {
		if s.ID == id && s.Badge != nil && s.Badge.Len() > 0 {
			return flow.Text(s.Badge.Get("text"))
		}
	}
	return "none"
}

// A new instance has not shown anything yet: the badge of the one before is not
// its own, wherever it stands now.
func TestARestartClearsTheBadge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button s\ns badge\n", runtime.Full)
		for i, next := range []string{"b button s\ns badge version=2\n", "b button s\ns pass\n"} {
			b.press("b", "working")
			synctest.Wait()
			if got := b.badge("s"); got != "working" {
				t.Fatalf("the badge is %s", got)
			}
			b.deploy(next, runtime.Nodes)
			if got := b.badge("s"); got != "none" {
				t.Errorf("after the deploy of %q the badge is %s", next, got)
			}
			b.frames("")
			if told := strings.Count(b.trace.String(), `"status":{}`); told != i+1 {
				t.Errorf("listeners were told %d times that a badge is gone, want %d", told, i+1)
			}
			b.deploy("b button s\ns badge version=3\n", runtime.Nodes)
		}
	})
}

// A subflow that has lost its status output does not hide the status of its
// nodes any more.
func TestARestartForgetsTheStatusOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		flows := nested + `,{"id":"s","type":"status","z":"t","x":1,"y":1},{"id":"rs","type":"record","z":"t","x":1,"y":1}`
		b.deployJSON(strings.Replace(flows, `"env":[]}`, `"env":[],"status":{"wires":[]}}`, 1), runtime.Full)
		b.deployJSON(flows, runtime.Nodes)
		b.press("b", "x")
		synctest.Wait()
		for _, frame := range b.frames(`"t":"receive"`) {
			if strings.HasPrefix(frame, "s ") {
				return
			}
		}
		t.Error("the status node of the tab got nothing")
	})
}

// What a node keeps for its next instance nobody would fetch if that is of another
// type.
func TestAnotherTypeTakesNothingOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("a pass\nb pass\nc pass\n", runtime.Full)
		b.deploy("a pass version=2\nb record\n", runtime.Nodes)
		if b.why["a"] != flow.Restarted || b.why["b"] != flow.Removed || b.why["c"] != flow.Removed {
			t.Errorf("the nodes stopped because of %v", b.why)
		}
	})
}

// Nodes stop at the same time, each on a goroutine of its own: no complete node
// hears of what they end then.
func TestWhatStopEndsCompletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button e f\ne ends\nf ends\nc complete r scope=[e,f]\nr record\n", runtime.Full)
		b.press("b", "x")
		synctest.Wait()
		b.deploy("b button e f\ne ends version=2\nf ends version=2\nc complete r scope=[e,f]\nr record\n", runtime.Nodes)
		synctest.Wait()
		equal(t, "completed", b.take(false), nil)
		b.deploy("r record\n", runtime.Nodes)
	})
}

// A node that does not stop does not keep the flows from running.
func TestANodeThatDoesNotStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		block := make(chan struct{})
		b.hook = func(flow.Env, *flow.Message) { <-block }
		b.deploy("b button r\nr record\nh hook\n", runtime.Full)
		b.deploy("b button r\nr record\n", runtime.Nodes)
		b.press("b", "x")
		synctest.Wait()
		equal(t, "recorded", b.take(false), []string{"r:x"})
		close(block)
	})
}
