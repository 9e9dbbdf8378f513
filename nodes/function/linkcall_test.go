package function_test

import (
	"errors"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/nodes/function"
	"github.com/flowrun/flowrun/runtime/state"
)

// linker is a host with the link in nodes "upper", which answers, and "mute",
// which does not.
type linker struct {
	flow.Host
	timeouts []time.Duration
}

func (l *linker) LinkCall(target string, msg *flow.Message, timeout time.Duration, done func(*flow.Message, error)) error {
	l.timeouts = append(l.timeouts, timeout)
	switch target {
	case "upper":
		msg.Set("payload", flow.NewObject("was", msg.Get("payload")))
		l.Post(nil, flow.TaskFunc(func(flow.Outlet) error { done(msg, nil); return nil }))
	case "mute":
		l.Post(nil, flow.TaskFunc(func(flow.Outlet) error { done(nil, flow.ErrLinkTimeout); return nil }))
	default:
		return &flow.Error{Message: "target link-in node '" + target + "' not found"}
	}
	return nil
}

func (l *linker) LinkReturn(*flow.Message) bool { return false }

func startLinked(t *testing.T, body string) (*flowtest.Driver, *linker) {
	t.Helper()
	l := &linker{}
	return flowtest.New(t, function.Type(state.New(), nil), config(body), func(e *flow.Env) {
		l.Host = e.Host
		e.Host = l
	}), l
}

func TestLinkCall(t *testing.T) {
	tests := []struct{ name, body, sent, failed string }{
		{"answer", "const m = await node.linkcall('upper', msg); return [m]", `{"payload":{"was":{"a":1}}}`, ""},
		{"the message is a copy", "const m = await node.linkcall('upper', msg); return {payload: [msg.payload, m.payload, m === msg]}",
			`{"payload":[{"a":1},{"was":{"a":1}},false]}`, ""},
		{"unless it must be none", "const m = await node.linkcall('upper', msg, {clone: false}); return {payload: [msg.payload, m === msg]}",
			`{"payload":[{"was":{"a":1}},true]}`, ""},
		{"several at once", "const all = await Promise.all([1, 2].map(payload => node.linkcall('upper', {payload}))); return {payload: all.map(m => m.payload.was)}",
			`{"payload":[1,2]}`, ""},
		{"from a timer", "await new Promise(r => setImmediate(() => node.linkcall('upper', {payload: 7}).then(m => { node.send(m); r() })))",
			`{"payload":{"was":7}}`, ""},
		{"timeout", "return await node.linkcall('mute', msg)", "", "Error: timeout"},
		{"no such node", "return node.linkcall('none', msg)", "", "Error: target link-in node 'none' not found"},
		{"caught", "try { await node.linkcall('none', msg) } catch (e) { return {payload: e.message} }",
			`{"payload":"target link-in node 'none' not found"}`, ""},
		{"no target", "await node.linkcall(' ', msg)", "", "Error: Error link call target parameter is not valid, expected a string"},
		{"no message", "await node.linkcall('upper', 5)", "", "Error: Error link call msg parameter is not valid, expected an object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := startLinked(t, test.body)
			d.Handle(`{"payload":{"a":1}}`)
			d.Until(func() bool { return len(d.Done) == 1 })
			var sent []string
			if test.sent != "" {
				sent = []string{test.sent}
			}
			equal(t, "sent", d.Sent(0), sent)
			failed := ""
			if d.Done[0] != nil {
				failed = d.Done[0].Error()
			}
			if failed != test.failed {
				t.Errorf("done: %q, want %q", failed, test.failed)
			}
		})
	}
}

func TestLinkCallTimeout(t *testing.T) {
	d, l := startLinked(t, "node.linkcall('upper', msg); node.linkcall('upper', msg, {timeout: 20}); node.linkcall('upper', msg, {timeout: 0})")
	d.Handle(`{}`)
	if len(l.timeouts) != 3 || l.timeouts[0] != 5*time.Second || l.timeouts[1] != 20*time.Millisecond || l.timeouts[2] != 5*time.Second {
		t.Errorf("timeouts: %v", l.timeouts)
	}
}

// A host without links is one of a test: there are no link in nodes.
func TestLinkCallWithoutLinks(t *testing.T) {
	d := start(t, "await node.linkcall('upper', msg)")
	d.Handle(`{}`)
	if len(d.Done) != 1 || d.Done[0] == nil || errors.Is(d.Done[0], flow.ErrLinkTimeout) {
		t.Errorf("done: %v", d.Done)
	}
}

// An answer that comes after the node has stopped is dropped.
func TestLinkCallOutlivesTheNode(t *testing.T) {
	var late func(*flow.Message, error)
	d := flowtest.New(t, stopOnce(function.Type(state.New(), nil), new(bool)), config("node.send(await node.linkcall('x', msg))"),
		func(e *flow.Env) { e.Host = lateLinker{e.Host, &late} })
	d.Handle(`{}`)
	if err := d.Node.(flow.Stopper).Stop(t.Context(), flow.Removed); err != nil {
		t.Fatal(err)
	}
	late(flow.NewMessage(), nil)
	d.Run()
	equal(t, "sent", d.Sent(0), nil)
	if len(d.Done) != 1 {
		t.Errorf("done: %v", d.Done)
	}
}

type lateLinker struct {
	flow.Host
	done *func(*flow.Message, error)
}

func (l lateLinker) LinkCall(_ string, _ *flow.Message, _ time.Duration, done func(*flow.Message, error)) error {
	*l.done = done
	return nil
}

func (l lateLinker) LinkReturn(*flow.Message) bool { return false }
