package function_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/nodes/function"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// unstopped starts a node that the test itself stops.
func unstopped(t *testing.T, stores *state.Stores, body string, more ...flow.Value) (d *flowtest.Driver, stop func()) {
	t.Helper()
	stopped := false
	d = flowtest.New(t, stopOnce(function.Type(stores, nil), &stopped), config(body, more...))
	return d, func() {
		t.Helper()
		if err := d.Node.(flow.Stopper).Stop(t.Context(), flow.Removed); err != nil {
			t.Errorf("Stop: %v", err)
		}
		d.Run()
	}
}

// stopOnce makes the second Stop, that of the driver, do nothing.
func stopOnce(typ flow.Type, stopped *bool) flow.Type {
	make := typ.New
	typ.New = func(props *flow.Object, env flow.Env) (flow.Node, error) {
		n, err := make(props, env)
		return &once{n.(*function.Node), stopped}, err
	}
	return typ
}

type once struct {
	*function.Node
	stopped *bool
}

func (o *once) Stop(ctx context.Context, reason flow.StopReason) error {
	if *o.stopped {
		return nil
	}
	*o.stopped = true
	return o.Node.Stop(ctx, reason)
}

func TestInitialize(t *testing.T) {
	stores := state.New()
	d := flowtest.New(t, function.Type(stores, nil), config("return {payload: [context.get('start'), msg.payload]}",
		"initialize", "node.send({payload: 'first'}); await null; context.set('start', 100)"))
	d.Handle(`{"payload":1}`)
	d.Handle(`{"payload":2}`)
	equal(t, "sent", d.Sent(0), []string{`{"payload":"first"}`, `{"payload":[100,1]}`, `{"payload":[100,2]}`})
	if len(d.Done) != 2 {
		t.Errorf("done: %v", d.Done)
	}
}

func TestInitializeThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), "return msg", "initialize", "await new Promise(r => setTimeout(r, 50))")
		defer stop()
		d.Handle(`{"payload":1}`)
		if len(d.Sent(0)) != 0 || len(d.Done) != 0 {
			t.Fatal("a message was handled before initialize was done")
		}
		d.Until(func() bool { return len(d.Done) == 1 })
		equal(t, "sent", d.Sent(0), []string{`{"payload":1}`})
	})
}

func TestInitializeThatFails(t *testing.T) {
	for _, body := range []string{"throw new Error('no')", "await 1; throw new Error('no')"} {
		d := start(t, "return msg", "initialize", body)
		d.Handle(`{"payload":1}`)
		d.Handle(`{"payload":2}`)
		equal(t, "sent", d.Sent(0), nil)
		equal(t, "log", log(d), []string{"error Error: no"})
	}
}

func TestFinalize(t *testing.T) {
	stores := state.New()
	d, stop := unstopped(t, stores, "node.on('close', () => flow.set('heard', true)); node.status('on')",
		"finalize", "flow.set('end', context.get('x') || 'none'); node.send({})")
	d.Handle(`{}`)
	stop()
	for key, want := range map[string]flow.Value{"end": "none", "heard": true} {
		if got, _ := stores.Flow("f1").Get(key); got != want {
			t.Errorf("%s: %v", key, got)
		}
	}
	equal(t, "log", log(d), []string{"error Cannot send from close function"})
	equal(t, "badges", d.Badges(), []string{"undefined undefined on", ""})
	d.Handle(`{}`)
	if len(d.Log) != 1 {
		t.Error("a stopped node runs its script")
	}
}

func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), `
			const all = [];
			setTimeout((x) => all.push(x), 20, 'timeout');
			setImmediate(() => all.push('immediate'));
			const cleared = setTimeout(() => all.push('never'), 10);
			clearTimeout(cleared);
			let n = 0;
			const i = setInterval(() => {
				all.push(++n);
				if (n === 3) { clearInterval(i); node.send({payload: all}); }
			}, 15);
			return {payload: typeof i};`)
		defer stop()
		d.Handle(`{"_msgid":"m1"}`)
		d.Handle(`{"_msgid":"m2"}`)
		d.Until(func() bool { return len(d.Sent(0)) == 4 })
		want := `{"payload":["immediate",1,"timeout",2,3]}`
		equal(t, "sent", d.Sent(0), []string{`{"payload":"number"}`, `{"payload":"number"}`, want, want})
		var ids []string
		for _, m := range d.Messages(0) {
			ids = append(ids, m.ID())
		}
		equal(t, "ids", ids, []string{"m1", "m2", "m1", "m2"})
	})
}

// A promise that a function elsewhere has made keeps its message, though the body has
// nothing in it that could.
func TestPromiseFromElsewhere(t *testing.T) {
	const setup = "globalThis.later = v => new Promise(r => setTimeout(() => r(v), v.payload))"
	for _, script := range []string{"return later({payload: msg.payload})", "node.status(''); return later({payload: msg.payload})"} {
		synctest.Test(t, func(t *testing.T) {
			d, stop := unstopped(t, state.New(), script, "initialize", setup)
			defer stop()
			d.Handle(`{"_msgid":"m1","payload":30}`)
			d.Handle(`{"_msgid":"m2","payload":20}`)
			d.Handle(`{"_msgid":"m3","payload":10}`)
			d.Until(func() bool { return len(d.Done) == 3 })
			var got []string
			for _, m := range d.Messages(0) {
				got = append(got, m.ID()+" "+flow.Text(m.Get("payload")))
			}
			equal(t, script, got, []string{"m3 10", "m2 20", "m1 30"})
		})
	}
}

// What is due at the same moment has the order in which it was asked for.
func TestTimersHaveAnOrder(t *testing.T) {
	for _, script := range []string{
		"setTimeout(() => node.send(msg), 5)",
		"await new Promise(r => setTimeout(r, 5)); return msg",
		"setTimeout(() => setImmediate(() => node.send(msg)), -1)",
	} {
		synctest.Test(t, func(t *testing.T) {
			d, stop := unstopped(t, state.New(), script)
			defer stop()
			var want []string
			for n := range 20 {
				m := fmt.Sprintf(`{"payload":%d}`, n)
				d.Handle(m)
				want = append(want, m)
			}
			d.Until(func() bool { return len(d.Sent(0)) == len(want) })
			equal(t, script, d.Sent(0), want)
		})
	}
}

// As in Node-RED a callback that is no function is a matter of the moment when
// the timer is due.
func TestTimerWithoutACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), "const i = setInterval(null, 10); setTimeout(() => { clearInterval(i); node.send(msg) }, 25); setTimeout('x')")
		defer stop()
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Sent(0)) > 0 })
		null := "error TypeError: Cannot read properties of null (reading 'apply')"
		equal(t, "log", log(d), []string{"error TypeError: func.apply is not a function", null, null})
	})
}

func TestPromisifiedTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), "const before = Date.now(); const payload = await promisify(setTimeout)(50, 'x'); return {payload, waited: Date.now() - before}")
		defer stop()
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Done) > 0 })
		equal(t, "sent", d.Sent(0), []string{`{"payload":"x","waited":50}`})
	})
}

func TestTimersEndWithTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), "setInterval(() => node.send({}), 10)")
		d.Handle(`{}`)
		stop()
		time.Sleep(time.Second) // the bubble sleeps
		d.Run()
		equal(t, "sent", d.Sent(0), nil)
	})
}

func TestErrorInTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), "setTimeout(() => { throw new Error('late') }, 1)")
		defer stop()
		d.Handle(`{"payload":1}`)
		d.Until(func() bool { return len(d.Log) > 0 })
		equal(t, "log", log(d), []string{"error Error: late"})
		if d.Log[0].Msg == nil || flow.JSON(d.Log[0].Msg) != "{}" {
			t.Errorf("the catch nodes get %v", d.Log[0].Msg)
		}
	})
}

func TestUnhandledRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), `
			Promise.reject(new Error('now'));
			Promise.reject('caught').catch(() => {});
			setTimeout(async () => { await null; throw new Error('later') }, 1);`)
		defer stop()
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Log) == 2 })
		equal(t, "log", log(d), []string{"error Error: now", "error Error: later"})
	})
}

func TestDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := unstopped(t, state.New(), "setTimeout(() => { node.send({payload: 1}); node.done(); node.done() }, 1)")
		d.Handle(`{}`)
		if len(d.Done) != 0 {
			t.Fatal("the message is done before node.done was called")
		}
		d.Until(func() bool { return len(d.Done) > 0 })
		stop()
		if len(d.Done) != 1 || d.Done[0] != nil {
			t.Errorf("done: %v", d.Done)
		}
	})
}

func TestDoneInAComment(t *testing.T) {
	d := start(t, "// node.done() is not called here\nconst s = 'node.done()'; /* node.done() */")
	d.Handle(`{}`)
	if len(d.Done) != 1 {
		t.Error("the message is not done")
	}
}

func TestStopCompletesWhatIsHeld(t *testing.T) {
	d, stop := unstopped(t, state.New(), "await new Promise(() => {})")
	d.Handle(`{}`)
	stop()
	if len(d.Done) != 1 {
		t.Error("the message is still held after Stop")
	}
}

func TestTimeout(t *testing.T) {
	d := start(t, "if (msg.payload) for (;;) {}\nreturn msg", "timeout", "0.05")
	d.Handle(`{"payload":true}`)
	d.Handle(`{"payload":false}`)
	equal(t, "log", log(d), []string{"error Error: Script execution timed out after 50ms"})
	equal(t, "sent", d.Sent(0), []string{`{"payload":false}`})
}

func TestTimeoutOfAllFunctions(t *testing.T) {
	live := &settings.Live{}
	live.Set(settings.Settings{GlobalFunctionTimeout: 20 * time.Millisecond})
	for _, test := range []struct{ config, want string }{
		{config("for (;;) {}"), "error Error: Script execution timed out after 20ms"},
		{config("for (;;) {}", "timeout", "0.01"), "error Error: Script execution timed out after 10ms"},
		{config("return {get payload() { for (;;) {} }}"), "error Error: Script execution timed out after 20ms"},
		{config("return msg", "timeout", 0.01, "initialize", "for (;;) {}"), "error Error: Script execution timed out after 10ms"},
	} {
		d := flowtest.New(t, function.Type(state.New(), live), test.config)
		d.Handle(`{}`)
		equal(t, "log", log(d), []string{test.want})
	}
}

// Finalize comes first, then what the script has given to node.on.
func TestCloseListeners(t *testing.T) {
	d, stop := unstopped(t, state.New(), `
		node.on('close', () => node.log('none'));
		node.on('close', done => node.log(typeof done));
		node.on('close', (removed, done) => node.log(removed + typeof done));
		node.on('close', () => { throw new Error('no') });`,
		"finalize", "node.log('finalize')")
	d.Handle(`{}`)
	stop()
	equal(t, "log", log(d), []string{"info finalize", "info none", "info function", "info truefunction", "error Error: no"})
}

func TestStopInterrupts(t *testing.T) {
	d, _ := unstopped(t, state.New(), "node.log('in'); for (;;) {}")
	ended := make(chan struct{})
	entered := make(chan struct{})
	go func() {
		defer close(ended)
		msg := flow.NewMessage()
		close(entered)
		if err := d.Node.Handle(msg, flow.NewOutlet(flowtest.Discard{}, msg, nil)); err != nil && !strings.Contains(err.Error(), "stops") {
			t.Errorf("Handle: %v", err)
		}
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = d.Node.(flow.Stopper).Stop(ctx, flow.Shutdown)
	<-ended
}

func TestStopInterruptsFinalize(t *testing.T) {
	d, _ := unstopped(t, state.New(), "return msg", "finalize", "for (;;) {}")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = d.Node.(flow.Stopper).Stop(ctx, flow.Shutdown)
	equal(t, "log", log(d), []string{"error the script was interrupted because its node stops"})
}

func TestContext(t *testing.T) {
	stores := state.New()
	d := flowtest.New(t, function.Type(stores, nil), config(`const n=(context.get('n')||0)+1; context.set('n',n); flow.set('last',msg.payload);
const g=(global.get('all')||[]); g.push(msg.payload); global.set('all',g);
return {n, last: flow.get('last'), all: g.slice(), keys: flow.keys().sort(), same: context.flow.get('last') === context.global.get('all')[n-1]};`))
	for _, p := range []string{"a", "b"} {
		d.Handle(`{"payload":"` + p + `"}`)
	}
	equal(t, "sent", d.Sent(0), []string{
		`{"n":1,"last":"a","all":["a"],"keys":["last"],"same":true}`,
		`{"n":2,"last":"b","all":["a","b"],"keys":["last"],"same":true}`})
	if v, _ := stores.Node("n1", "f1").Get("n"); v != 2.0 {
		t.Errorf("n: %v", v)
	}
}

func TestContextForms(t *testing.T) {
	tests := map[string]string{
		"flow.set(['a', 'b', 'c'], [1, 2]); return {p: flow.get(['a', 'b', 'c', 'd'])}":                       `{"p":[1,2,null,null]}`,
		"flow.set(['a', 'b'], 1); return {p: flow.get(['a', 'b'])}":                                           `{"p":[1,null]}`,
		"let p; flow.set('a', 1, () => {}); flow.get('a', (e, v) => { p = [e, v] }); return {p}":              `{"p":[null,1]}`,
		"let p; flow.get(['a', 'b'], (...all) => { p = all.length }); return {p}":                             `{"p":3}`,
		"let p; flow.set('x', 1); flow.keys((e, k) => { p = k }); return {p}":                                 `{"p":["x"]}`,
		"flow.set('a', 1, 'default'); return {p: flow.get('a', 'default') + flow.get('#:(default)::a')}":      `{"p":2}`,
		"flow.set('a.b[1]', 1); return {p: flow.get('a')}":                                                    `{"p":{"b":[null,1]}}`,
		"flow.set('a', {b: 1}); flow.set('a.b', 2); return {p: flow.get('a')}":                                `{"p":{"b":2}}`,
		"flow.set('a', 1); flow.set('a', undefined); return {p: flow.get('a') === undefined, k: flow.keys()}": `{"p":true,"k":[]}`,
		"let p; flow.get('a.', (e) => { p = e.code }); return {p}":                                            `{"p":"INVALID_EXPR"}`,
		"flow.set('l', [1]); flow.get('l').push(2); return {p: flow.get('l')}":                                `{"p":[1,2]}`,
		"flow.set('f', Buffer.from('x')); return {p: Buffer.isBuffer(flow.get('f'))}":                         `{"p":true}`,
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			d := start(t, body)
			d.Handle(`{}`)
			equal(t, "sent", d.Sent(0), []string{want})
			equal(t, "log", log(d), nil)
		})
	}
}

// TestContextInPlace changes what get returned and never sets it.
func TestContextInPlace(t *testing.T) {
	stores := state.New()
	if err := stores.Flow("f1").Set("list", flow.Array{1.0}); err != nil {
		t.Fatal(err)
	}
	d := flowtest.New(t, function.Type(stores, nil), config("context.set('other', msg.n); const l = flow.get('list'); l.push(msg.n); return {l: l.slice()}"))
	d.Handle(`{"n":2}`)
	d.Handle(`{"n":3}`)
	if err := stores.Flow("f1").Set("other", true); err != nil {
		t.Fatal(err)
	}
	d.Handle(`{"n":4}`)
	if err := stores.Flow("f1").Set("list", flow.Array{}); err != nil {
		t.Fatal(err)
	}
	d.Handle(`{"n":5}`)
	equal(t, "sent", d.Sent(0), []string{`{"l":[1,2]}`, `{"l":[1,2,3]}`, `{"l":[1,2,3,4]}`, `{"l":[5]}`})
}

// A complete node gets what the script has made of its message, also after an await.
func TestCompleteAfterAnAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for script, want := range map[string]string{
			"await new Promise(r => setTimeout(r, 5)); msg.payload = 2":                                   `{"_msgid":"m","payload":2}`,
			"await new Promise(r => setTimeout(r, 5)); msg.payload = 2; return msg":                       `{"_msgid":"m","payload":2}`,
			"await new Promise(r => setTimeout(r, 5)); msg.payload = 2; node.send(msg); msg.payload = 3;": `{"_msgid":"m","payload":3}`,
		} {
			d, stop := unstopped(t, state.New(), script)
			d.Handle(`{"_msgid":"m","payload":1}`)
			d.Until(func() bool { return len(d.Ended) == 1 })
			if got := flow.JSON(d.Ended[0]); got != want {
				t.Errorf("%s: %s", script, got)
			}
			stop()
		}
	})
}
