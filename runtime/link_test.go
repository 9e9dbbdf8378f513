package runtime_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// callTarget presses a button with a payload and a target.
func (b *bench) callTarget(target string) {
	b.t.Helper()
	if err := b.Command(b.t.Context(), "b", "inject", flow.NewObject("payload", "x", "target", target)); err != nil {
		b.t.Fatal(err)
	}
	synctest.Wait()
}

func TestLinkCalls(t *testing.T) {
	const caller = "b button c\nc call r\nr record\n"
	for _, tc := range []struct {
		name, nodes, target string
		want                []string
	}{
		{"by id", "l link_in back\nback return\n", "l", []string{"r:x"}},
		{"by name", "l link_in back name=sub\nback return\n", "sub", []string{"r:x"}},
		{"in another flow", "l link_in back z=other name=sub\nback return z=other\n", "sub", []string{"r:x"}},
		{"its own flow first", "l link_in back name=sub\nl2 link_in z=other name=sub\nback return\n", "sub", []string{"r:x"}},
		{"nested", "l link_in re\nre retarget c2\nc2 call back\nl2 link_in back2 z=other name=sub2\nback return\nback2 return z=other\n", "l", []string{"r:x"}},
		{"no reply", "l link_in\n", "l", []string{"c:timeout"}},
		{"a reply that is late", "l link_in wait\nwait later wait2\nwait2 later back\nback return\n", "l", []string{"c:timeout"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.deploy(caller+tc.nodes, runtime.Full)
				b.callTarget(tc.target)
				<-time.After(time.Minute)
				equal(t, "records", b.take(false), tc.want)
			})
		})
	}
}

func TestLinkCallsThatLeadNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button c\nc call\nk catch\nl2 link_in z=other name=sub\nl3 link_in z=third name=sub\np pass\n"+
			"x button back\nback return\n", runtime.Full)
		b.callTarget("sub")
		b.callTarget("none")
		b.callTarget("p")
		b.press("x", "y")
		synctest.Wait()
		var got []string
		for _, frame := range b.frames(`"id":"k","port"`) {
			_, text, _ := strings.Cut(frame, `"message":"`)
			text, _, _ = strings.Cut(text, `"`)
			got = append(got, text)
		}
		equal(t, "errors", got, []string{
			"Error: Multiple link-in nodes named 'sub' found", "Error: target link-in node 'none' not found", "Error: target link-in node 'p' not found",
		})
		equal(t, "records", b.take(false), []string{"back:nobody called"})
	})
}

// The calls of a node that is replaced or removed end.
func TestLinkCallsEndWithTheirCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		const flows = "b button c\nc call r timeout=30\nr record\nl link_in\n"
		b.deploy(flows, runtime.Full)
		b.callTarget("l")
		b.deploy(strings.Replace(flows, "timeout=30", "timeout=31", 1), runtime.Nodes)
		<-time.After(time.Minute)
		equal(t, "records", b.take(false), []string{"c:" + flow.ErrLinkStopped.Error()})
	})
}

func TestReplyCarriesTheCallsThatAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button c\nc call r\nr record\nl link_in back\nback return\n", runtime.Full)
		if err := b.Command(t.Context(), "b", "inject", flow.NewObject("target", "l", "_linkSource", flow.Array{flow.NewObject("id", "1", "node", "gone")})); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		frames := b.frames(`"id":"c","port"`)
		equal(t, "what the call sends", frames, []string{`c {"target":"l","_linkSource":[{"id":"1","node":"gone"}],"_msgid":"ID"}`})
	})
}

// What two flows send each other over links is delivered once, in order.
func TestWiresBetweenFlows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button out\nout link_out links=[in]\nin link_in r z=other\nr record z=other\n", runtime.Full)
		want := []string{}
		for text := range strings.SplitSeq("abcdefghij", "") {
			b.press("b", text)
			want = append(want, "r:"+text)
		}
		synctest.Wait()
		equal(t, "records", b.take(false), want)
	})
}
