package runtime_test

import (
	"context"
	"errors"
	"regexp"
	goruntime "runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// recorder is a listener that keeps frames as text, without the time.
type recorder struct {
	mu     sync.Mutex
	frames []string
}

func (r *recorder) Frame(f runtime.Frame) {
	body := f.Body.Clone()
	body.Delete("ts")
	if log, ok := body.Get("log").(*flow.Object); ok {
		log = log.Clone()
		log.Set("timestamp", 0.0)
		body.Set("log", log)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, newID.ReplaceAllString(flow.JSON(body), `"_msgid":"ID"`))
}

// newID matches an id that the engine has made.
var newID = regexp.MustCompile(`"_msgid":"[0-9a-f]{16}"`)

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.frames)
}

func (r *recorder) expect(t *testing.T, want ...string) {
	t.Helper()
	equal(t, "frames", r.all(), want)
}

func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var first, second recorder
		stop := b.Listen(&first)
		b.deploy("in button p\np pass r\nr record\n", runtime.Full)
		if err := b.Command(t.Context(), "in", "inject", flow.NewObject("_msgid", "1")); err != nil {
			t.Fatal(err)
		}
		stopSecond := b.Listen(&second)
		synctest.Wait()
		stop()
		if err := b.Send("r", [][]*flow.Message{{message("2")}}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stopSecond()
		first.expect(t,
			`{"t":"flows","state":"started"}`,
			`{"t":"send","id":"in","port":0,"to":["p"],"msg":{"_msgid":"1"}}`,
			`{"t":"receive","id":"p","msg":{"_msgid":"1"}}`,
			`{"t":"send","id":"p","port":0,"to":["r"],"msg":{"_msgid":"1"}}`,
			`{"t":"receive","id":"r","msg":{"_msgid":"1"}}`,
		)
		if got := second.all(); got[len(got)-1] != `{"t":"send","id":"r","port":0,"to":[],"msg":{"_msgid":"2"}}` {
			t.Errorf("the second listener saw %q", got)
		}
		if err := b.out.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}

func message(id string) *flow.Message { return flow.MessageOf(flow.NewObject("_msgid", id)) }

// What is done to a node from outside looks as if the node or a flow had done
// it.
func TestActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("n record r\nr record\nc catch\nd complete scope=[n]\ns status scope=[n]\n", runtime.Full)
		var seen recorder
		defer b.Listen(&seen)()
		failure := &flow.Error{Message: "bad"}
		done := 0
		for _, act := range []func(done func(error)) error{
			func(done func(error)) error { return b.Receive("n", message("1"), done) },
			func(done func(error)) error { return b.Send("n", [][]*flow.Message{{message("2")}}, done) },
			func(done func(error)) error { return b.Report("n", flow.LevelError, failure, nil, done) },
			func(done func(error)) error { return b.Report("n", flow.LevelWarn, "careful", nil, done) },
			func(done func(error)) error { return b.ShowStatus("n", flow.NewObject("text", "on"), done) },
			func(done func(error)) error { return b.Complete("n", message("3"), failure, done) },
		} {
			if err := act(func(error) { done++ }); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if done != 6 {
			t.Errorf("%d of 6 were done", done)
		}
		seen.expect(t,
			`{"t":"receive","id":"n","msg":{"_msgid":"1"}}`,
			`{"t":"receive","id":"d","msg":{"_msgid":"1","complete":{"source":{"id":"n","type":"record"}}}}`,
			`{"t":"send","id":"d","port":0,"to":[],"msg":{"_msgid":"1","complete":{"source":{"id":"n","type":"record"}}}}`,
			`{"t":"send","id":"n","port":0,"to":["r"],"msg":{"_msgid":"2"}}`,
			`{"t":"receive","id":"r","msg":{"_msgid":"2"}}`,
			`{"t":"call","id":"n","fn":"error","args":["Error: bad"]}`,
			`{"t":"log","log":{"level":20,"id":"n","type":"record","z":"tab","msg":"Error: bad","path":"tab","timestamp":0}}`,
			`{"t":"call","id":"n","fn":"warn","args":["careful"]}`,
			`{"t":"log","log":{"level":30,"id":"n","type":"record","z":"tab","msg":"careful","path":"tab","timestamp":0}}`,
			`{"t":"status","id":"n","status":{"text":"on"}}`,
			`{"t":"receive","id":"s","msg":{"status":{"text":"on","source":{"id":"n","type":"record"}},"_msgid":"ID"}}`,
			`{"t":"send","id":"s","port":0,"to":[],"msg":{"status":{"text":"on","source":{"id":"n","type":"record"}},"_msgid":"ID"}}`,
			`{"t":"call","id":"n","fn":"error","args":["Error: bad",{"_msgid":"3"}]}`,
			`{"t":"receive","id":"c","msg":{"_msgid":"3","error":{"message":"Error: bad","source":{"id":"n","type":"record","count":1}}}}`,
			`{"t":"send","id":"c","port":0,"to":[],"msg":{"_msgid":"3","error":{"message":"Error: bad","source":{"id":"n","type":"record","count":1}}}}`,
		)
		if err := b.Receive("nobody", message("4"), nil); !errors.Is(err, runtime.ErrNoNode) {
			t.Errorf("for a node that does not exist: %v", err)
		}
	})
}

func TestRunningNodes(t *testing.T) {
	b := newBench(t)
	b.deploy("b pass a a\na record\n", runtime.Full)
	nodes := b.Nodes()
	if len(nodes) != 2 || nodes[0].ID != "a" || nodes[1].ID != "b" || !slices.Equal(nodes[1].Wires[0], []string{"a", "a"}) {
		t.Errorf("the nodes are %v", nodes)
	}
	if info, err := b.Info("a"); err != nil || info.Type != "record" || info.Flow != "tab" {
		t.Errorf("a is %v, %v", info, err)
	}
}

// For Node-RED's tests a node that cannot be made is reported and inert, and a
// type that is missing stops all.
func TestConformance(t *testing.T) {
	registry, err := flow.NewRegistry(flow.Define(flow.Spec[toyConfig]{
		Name: "toy", Inputs: 1,
		New: func(c toyConfig, env flow.Env) (flow.Node, error) {
			if c.Fails {
				return nil, &flow.ConfigError{Property: "fails", Reason: env.Text("toy.fails", "it fails")}
			}
			return &toy{}, nil
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	r := runtime.New(runtime.Options{Registry: registry, Conformance: true})
	defer func() {
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	var seen recorder
	defer r.Listen(&seen)()
	if _, err := r.Deploy(t.Context(), parseFlows(t, "n toy fails=true"), runtime.Full); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Deploy(t.Context(), parseFlows(t, "n toy\na nonesuch\nb nonesuch\n"), runtime.Full); err != nil {
		t.Fatal(err)
	}
	if nodes := r.Nodes(); len(nodes) != 0 {
		t.Errorf("%v still run", nodes)
	}
	seen.expect(t,
		`{"t":"call","id":"n","fn":"error","args":["toy.fails"]}`,
		`{"t":"log","log":{"level":20,"id":"n","type":"toy","z":"tab","msg":"toy.fails","path":"tab","timestamp":0}}`,
		`{"t":"flows","state":"started"}`,
		`{"t":"flows","state":"error","error":"missing-types","types":["nonesuch"]}`,
	)
}

// chooser wants the frames of one output.
type chooser struct {
	recorder
	node string
	port int
}

func (c *chooser) Wants(s runtime.Subject) bool {
	return s.Kind == "send" && s.Node.ID == c.node && s.Port == c.port
}

func TestTapChooser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		wants := &chooser{node: "p", port: 0}
		defer b.Listen(wants)()
		b.deploy("in button p\np pass r\nr record\n", runtime.Full)
		b.press("in", "1")
		synctest.Wait()
		wants.expect(t, `{"t":"send","id":"p","port":0,"to":["r"],"msg":{"payload":"1","_msgid":"ID"}}`)
	})
}

// lagger is a listener with a gap.
type lagger struct {
	recorder
	gap runtime.Gap
}

func (l *lagger) Gap() *runtime.Gap { return &l.gap }

// A listener that is behind misses what it wants, and others get it.
func TestTapLagger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button p\np pass r\nr record\n", runtime.Full)
		behind, all := &lagger{}, &recorder{}
		defer b.Listen(behind)()
		defer b.Listen(all)()
		behind.gap.Open()
		b.press("in", "1")
		synctest.Wait()
		if n := behind.gap.Shut(); n != 1+4 {
			t.Errorf("it has missed %d frames, want the one before and 4", n)
		}
		behind.expect(t)
		frames := []string{
			`{"t":"send","id":"in","port":0,"to":["p"],"msg":{"payload":"1","_msgid":"ID"}}`,
			`{"t":"receive","id":"p","msg":{"payload":"1","_msgid":"ID"}}`,
			`{"t":"send","id":"p","port":0,"to":["r"],"msg":{"payload":"1","_msgid":"ID"}}`,
			`{"t":"receive","id":"r","msg":{"payload":"1","_msgid":"ID"}}`,
		}
		all.expect(t, frames...)
		b.press("in", "1")
		synctest.Wait()
		behind.expect(t, frames...)
	})
}

// Whatever happens while a gap is opened and shut is either got or missed.
func TestGapCountsAll(t *testing.T) {
	b := newBench(t)
	b.deploy("in button r\nr record\n", runtime.Full)
	l := &lagger{}
	stop := b.Listen(l)
	const presses = 2000
	pressed := make(chan struct{})
	go func() {
		defer close(pressed)
		for range presses {
			if err := b.Command(t.Context(), "in", "inject", nil); err != nil {
				t.Error(err)
			}
		}
	}()
	opened, missed := 0, 0
	for over := false; !over; {
		select {
		case <-pressed:
			over = true
		default:
		}
		l.gap.Open()
		opened++
		goruntime.Gosched()
		missed += l.gap.Shut()
	}
	stop()
	if got := len(l.all()) + missed - opened; got != 2*presses {
		t.Errorf("%d frames were got or missed, want %d", got, 2*presses)
	}
}

func TestSentByPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button p\np pass r\nr record\n", runtime.Full)
		for range 3 {
			if err := b.Command(t.Context(), "in", "inject", flow.NewObject("_msgid", "1")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for _, n := range b.Status() {
			want := map[string][]uint64{"in": {3}, "p": {3}, "r": {0}}[n.ID]
			if !slices.Equal(n.SentByPort, want) || n.Sent != want[0] {
				t.Errorf("%s has sent %v, %d in all; want %v", n.ID, n.SentByPort, n.Sent, want)
			}
		}
		if ids := b.AtWork(); len(ids) > 0 {
			t.Errorf("at work: %v", ids)
		}
	})
}

// A command for a node that a deploy removes before its turn is answered.
func TestActionOnARemovedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		answers := make(chan error, 1)
		b.hook = func(env flow.Env, _ *flow.Message) { // the node stops
			if err := b.Send(env.ID, nil, func(err error) { answers <- err }); err != nil {
				t.Error(err)
			}
		}
		b.deploy("h hook\nr record\n", runtime.Full)
		b.deploy("r record\n", runtime.Nodes)
		if err := <-answers; !errors.Is(err, runtime.ErrNoNode) {
			t.Errorf("it is answered by %v", err)
		}
	})
}

// A node that goes on after a catch node has run within it is the one at work.
func TestAtWorkAfterACatchNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var during []string
		b.hook = func(env flow.Env, m *flow.Message) {
			if m != nil {
				env.Error(errors.New("caught"), m)
				during = b.AtWork()
			}
		}
		b.deploy("b button h\nh hook\nc catch r\nr record\n", runtime.Full)
		b.press("b", "1")
		synctest.Wait()
		equal(t, "at work", during, []string{"h"})
	})
}
