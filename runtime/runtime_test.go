package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s\ngot  %q\nwant %q", what, got, want)
	}
}

// The order is Node-RED's: breadth first, wires from top to bottom.
func TestDeliveryOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		long := "p1 pass p2\np2 pass p3\np3 pass p4\np4 pass p5\np5 pass p6\np6 pass p7\np7 pass p8\np8 pass p9\np9 pass p10\np10 pass end\n"
		b.deploy("in button goodbye disconnect p1 short write read\n"+long+
			"goodbye record\ndisconnect record\nshort record\nend record\n"+
			"write set\nread get shown\nshown record\n", runtime.Full)
		for i := range 1000 {
			b.press("in", fmt.Sprint(i))
			synctest.Wait()
			equal(t, "one press", b.take(false), []string{
				fmt.Sprintf("goodbye:%d", i), fmt.Sprintf("disconnect:%d", i), fmt.Sprintf("short:%d", i),
				fmt.Sprintf("shown:%d", i), fmt.Sprintf("end:%d", i),
			})
			if t.Failed() {
				return
			}
		}
	})
}

func TestSequencesGoToOneWireAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button a b | b\na record\nb record\n", runtime.Full)
		msg := func(p string) *flow.Message { m := flow.NewMessage(); m.Set("payload", p); return m }
		post(b, "in", func(out flow.Outlet) error {
			out.SendAll([][]*flow.Message{{msg("1"), nil, msg("2")}, {msg("3")}})
			return nil
		})
		synctest.Wait()
		equal(t, "deliveries", b.take(false), []string{"a:1", "a:2", "b:1", "b:2", "b:3"})
	})
}

// post runs f as a command of a toy: the body of its "call" command.
func post(b *bench, id string, f func(flow.Outlet) error) {
	b.t.Helper()
	if err := b.Runtime.Post(id, nil, flow.TaskFunc(f)); err != nil {
		b.t.Fatal(err)
	}
}

func TestFanOutIsolatesBranches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button w1 w2 r\nw1 write r\nw2 write r\nr record\n", runtime.Full)
		if err := b.Command(t.Context(), "in", "inject", flow.NewObject("payload", flow.NewObject("nested", "original"))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := b.out.Flush(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(b.trace.String()) {
			if strings.Contains(line, `"t":"receive","id":"r"`) {
				_, nested, _ := strings.Cut(line, `"nested":"`)
				nested, _, _ = strings.Cut(nested, `"`)
				got = append(got, nested)
			}
		}
		equal(t, "what the record node got", got, []string{"original", "w1", "w2"})
	})
}

func TestALoopInTheGraphLetsOthersHaveTheirTurn(t *testing.T) {
	b := newBench(t)
	b.deploy("in button round r\nround pass round\nr record\n", runtime.Full)
	b.press("in", "starts the loop")
	b.press("in", "gets its turn") // returns only when the loop's inbox had its turn
	if got := b.take(false); len(got) == 0 {
		t.Error("nothing was delivered")
	}
	b.deploy("in button r\nr record\n", runtime.Nodes) // ends the loop
	b.press("in", "after")
}

func TestErrorsGoToCatchNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button bad\nbad throw\nother throw\n"+
			"all catch r\nscoped catch r scope=[bad]\nrest catch r uncaught=true\nr pass\n", runtime.Full)
		b.press("in", "x")
		synctest.Wait()
		frames := b.frames(`"t":"send"`)
		want := []string{
			`in {"payload":"x","_msgid":"ID"}`,
			`scoped {"payload":"x","_msgid":"ID","error":{"message":"TypeError: thrown","source":{"id":"bad","type":"throw","count":1},"code":"E1"}}`,
			`all {"payload":"x","_msgid":"ID","error":{"message":"TypeError: thrown","source":{"id":"bad","type":"throw","count":1},"code":"E1"}}`,
		}
		equal(t, "sends", frames[:3], want)
	})
}

func TestCatchLoopEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button bad\nbad throw\nall catch bad\n", runtime.Full)
		b.press("in", "x")
		synctest.Wait()
		if n := len(b.frames(`"t":"receive","id":"bad"`)); n != 10 {
			t.Errorf("the node ran %d times, want 10", n)
		}
	})
}

func TestCompleteAndStatusNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button slow\nslow later name=Slow\n"+
			"done complete r scope=[slow]\nshown status r\nr pass\n", runtime.Full)
		b.press("in", "x")
		synctest.Wait()
		if got := b.frames(`"t":"send","id":"done"`); len(got) != 0 {
			t.Errorf("complete before its time: %q", got)
		}
		time.Sleep(2 * time.Second) // in the bubble: the node holds its message for a second
		synctest.Wait()
		equal(t, "complete", b.frames(`"t":"send","id":"done"`), []string{
			`done {"payload":"x","_msgid":"ID","complete":{"source":{"id":"slow","type":"later","name":"Slow"}}}`})
		if err := b.Command(t.Context(), "slow", "status", flow.NewObject("payload", "busy")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		equal(t, "status", b.frames(`"t":"send","id":"shown"`), []string{
			`shown {"status":{"fill":"green","shape":"dot","text":"busy","source":{"id":"slow","type":"later","name":"Slow"}},"_msgid":"ID"}`})
	})
}

func TestAPanicStaysInItsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button bad r\nbad panic\nr record\n", runtime.Full)
		b.press("in", "x")
		b.press("in", "y")
		synctest.Wait()
		equal(t, "the other branch", b.take(false), []string{"r:x", "r:y"})
	})
}

// A node that is replaced loses nothing of what is on its way to it.
func TestReplacingANodeLosesNothing(t *testing.T) {
	b := newBench(t)
	flows := func(version string) string { return "in button mid\nmid pass r version=" + version + "\nr record\n" }
	b.deploy(flows("0"), runtime.Full)
	const n = 2000
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := b.Command(context.Background(), "in", "inject", flow.NewObject("payload", fmt.Sprint(i))); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range 20 {
		plan := b.deploy(flows(fmt.Sprint(i+1)), runtime.Nodes)
		equal(t, "restarted", plan.Restart, []string{"mid"})
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if err := b.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := b.take(false)
	if len(got) > 0 && got[len(got)-1] == "r:closed" {
		got = got[:len(got)-1] // what the button says when it stops
	}
	for i := range n {
		if i >= len(got) || got[i] != fmt.Sprintf("r:%d", i) {
			t.Fatalf("message %d of %d is missing or out of order", i, n)
		}
	}
}

func TestDeployStopsSourcesFirstAndStartsThemLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		flows := "in button r\nr record\n"
		b.deploy(flows, runtime.Full)
		b.deploy(flows, runtime.Full)
		equal(t, "order", b.take(true), []string{"start r", "start in", "stop in", "r:closed", "stop r", "start r", "start in"})
	})
}

// What a node posts when it starts runs when all nodes have started, also in a
// flow that is new.
func TestNothingRunsBeforeAllHaveStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for range 2 {
			b.deploy("first eager\nsecond eager\n", runtime.Full)
			synctest.Wait()
			seen := slices.DeleteFunc(b.take(true), func(s string) bool { return strings.HasPrefix(s, "stop") })
			equal(t, "order", seen, []string{"start first", "start second", "ran first", "ran second"})
		}
	})
}

func TestADeployThatFailsLeavesWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button r\nr record\n", runtime.Full)
		b.take(true)
		for _, bad := range []string{"in button r\nr record\nx nosuchtype\n", "in button r\nr record\nx refuses\n"} {
			_, err := b.Deploy(t.Context(), parseFlows(t, bad), runtime.Full)
			var problems flowfile.Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), `"x"`) {
				t.Errorf("error %v, want problems that name the node", err)
			}
		}
		b.press("in", "still here")
		synctest.Wait()
		equal(t, "what happened", b.take(true), []string{"r:still here"})
	})
}

func TestANodeThatCannotStartIsInert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button r bad\nr record\nbad record fails=true\n", runtime.Full)
		b.press("in", "x")
		synctest.Wait()
		equal(t, "received", b.take(false), []string{"r:x"})
	})
}

func TestUnknownNode(t *testing.T) {
	b := newBench(t)
	b.deploy("in button\n", runtime.Full)
	if err := b.Command(t.Context(), "nosuch", "inject", nil); !errors.Is(err, runtime.ErrNoNode) {
		t.Errorf("error %v, want ErrNoNode", err)
	}
}

// frames returns the frames that contain text, as "id msg" with ids replaced.
func (b *bench) frames(text string) []string {
	b.t.Helper()
	if err := b.out.Flush(); err != nil {
		b.t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(b.trace.String()) {
		if !strings.Contains(line, text) {
			continue
		}
		v, err := flow.ParseJSON([]byte(line))
		if err != nil {
			b.t.Fatalf("frame %q: %v", line, err)
		}
		frame := v.(*flow.Object)
		msg, _ := frame.Get("msg").(*flow.Object)
		if msg == nil {
			msg = flow.NewObject()
		}
		if msg.Get("_msgid") != nil {
			msg.Set("_msgid", "ID")
		}
		list = append(list, flow.Text(frame.Get("id"))+" "+flow.JSON(msg))
	}
	return list
}

// Who gets an error, and in which order: those with a scope first, then by how
// many groups of the failing node lie between, uncaught ones only what is left.
func TestCatchNodesAreAskedInOrder(t *testing.T) {
	const failing = "out group\nin group g=out\nother group\nb button bad\nbad throw g=in\n"
	for _, c := range []struct{ name, catches, want string }{
		{"file order", "c1 catch\nc2 catch\n", "c1 c2"},
		{"scope before all before uncaught", "u catch uncaught=true\na catch\ns catch scope=[bad]\n", "s a"},
		{"only what is left", "u catch uncaught=true\nv catch uncaught=true\ns catch scope=[other]\n", "u v"},
		{"uncaught with a scope comes with those that have one", "a catch\nu catch uncaught=true scope=[bad]\n", "u a"},
		{"inner groups first", "c0 catch\nc1 catch g=out\nc2 catch g=in\n", "c2 c1 c0"},
		{"group scope", "c0 catch scope=group g=other\nc1 catch scope=group g=out\nc2 catch scope=group g=in\n", "c2 c1"},
		{"group scope outside of all groups", "c0 catch scope=group\n", "c0"},
		{"another group, no scope", "c0 catch g=other\n", "c0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.deploy(failing+c.catches, runtime.Full)
				b.press("b", "x")
				synctest.Wait()
				var got []string
				for _, frame := range b.frames(`"t":"send"`) {
					if id, _, _ := strings.Cut(frame, " "); id != "b" {
						got = append(got, id)
					}
				}
				if strings.Join(got, " ") != c.want {
					t.Errorf("asked %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestARemovedNodeShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button n\nn badge\n", runtime.Full)
		b.press("b", "7")
		synctest.Wait()
		b.deploy("b button\n", runtime.Nodes)
		if err := b.out.Flush(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.trace.String(), `"t":"status","id":"n","status":{}`); n != 1 {
			t.Errorf("the status was cleared %d times", n)
		}
	})
}

// ticks makes messages until it is paused; slow takes a second for each.
type ticks struct{ paused atomic.Bool }

func (*ticks) Handle(*flow.Message, flow.Outlet) error { return nil }
func (n *ticks) Pause()                                { n.paused.Store(true) }

type slow struct {
	host flow.Host
	done int
}

func (n *slow) Handle(_ *flow.Message, out flow.Outlet) error {
	end := out.Hold()
	time.AfterFunc(time.Second, func() {
		n.host.Post(nil, flow.TaskFunc(func(flow.Outlet) error { n.done++; end(nil); return nil }))
	})
	return nil
}

// A shutdown waits for what is under way, whatever it came from, and no source
// makes more of it meanwhile. After it nothing is deployed.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source *ticks
		var sink *slow
		registry, err := flow.NewRegistry(
			flow.Define(flow.Spec[struct{}]{Name: "ticks", Outputs: 1, New: func(struct{}, flow.Env) (flow.Node, error) { source = &ticks{}; return source, nil }}),
			flow.Define(flow.Spec[struct{}]{Name: "slow", Inputs: 1, New: func(_ struct{}, env flow.Env) (flow.Node, error) { sink = &slow{host: env.Host}; return sink, nil }}),
		)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, func(o *runtime.Options) { o.Registry = registry })
		b.deploy("in ticks out\nout slow\n", runtime.Full)
		send := flow.TaskFunc(func(out flow.Outlet) error { out.Send(0, flow.NewMessage()); return nil })
		if err := b.Post("in", nil, send); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second/2, func() {
			if !source.paused.Load() {
				t.Error("the source is not paused")
			}
		})
		if err := b.Shutdown(t.Context()); err != nil || sink.done != 1 {
			t.Errorf("%d messages are done, %v", sink.done, err)
		}
		if _, err := b.Deploy(t.Context(), parseFlows(t, "in ticks\n"), runtime.Full); !errors.Is(err, runtime.ErrStopping) {
			t.Errorf("got %v", err)
		}
	})
}
