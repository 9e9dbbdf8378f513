package runtime_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

// bench is a runtime of toy nodes, and what they did.
type bench struct {
	*runtime.Runtime
	t     *testing.T
	trace frames
	out   *runtime.Trace

	mu   sync.Mutex
	seen []string // what record nodes got: "id:text"
	vars map[string]string
	toys map[string]*toy
	hook func(flow.Env, *flow.Message) // of hook nodes; the message is nil when one stops
	why  map[string]flow.StopReason    // why nodes have stopped
}

// host returns the host of a node.
func (b *bench) host(id string) flow.Host {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.toys[id].env.Host
}

// frames is what a trace has written.
type frames struct {
	mu   sync.Mutex
	text strings.Builder
}

func (f *frames) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(b)
}

func (f *frames) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String()
}

func newBench(t *testing.T, set ...func(*runtime.Options)) *bench {
	b := &bench{t: t, vars: map[string]string{}, toys: map[string]*toy{}, why: map[string]flow.StopReason{}}
	registry, err := flow.NewRegistry(
		b.define("button", 0, func(self *toy, _ *flow.Message, _ flow.Outlet) error { return nil }),
		b.define("pass", 1, func(self *toy, m *flow.Message, out flow.Outlet) error { out.Send(0, m); return nil }),
		b.define("record", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			b.record(self.env.ID + ":" + flow.Text(m.Get("payload")))
			return nil
		}),
		b.define("set", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			b.vars["v"] = flow.Text(m.Get("payload"))
			out.Send(0, m)
			return nil
		}),
		b.define("get", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			m.Set("payload", b.vars["v"])
			out.Send(0, m)
			return nil
		}),
		b.define("throw", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			return &flow.Error{Name: "TypeError", Message: "thrown", Code: "E1"}
		}),
		b.define("hook", 1, func(self *toy, m *flow.Message, _ flow.Outlet) error { b.hook(self.env, m); return nil }),
		b.define("panic", 1, func(*toy, *flow.Message, flow.Outlet) error { panic("on purpose") }),
		b.define("write", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			p, err := flow.ParsePath("payload.nested")
			if err != nil {
				return err
			}
			if _, err := m.SetPath(p, self.env.ID, true); err != nil {
				return err
			}
			out.Send(0, m)
			return nil
		}),
		b.define("later", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			done := out.Hold()
			time.AfterFunc(time.Second, func() {
				self.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
					out.Send(0, m)
					done(nil)
					return nil
				}))
			})
			return nil
		}),
		b.define("answer", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			done := out.Hold()
			self.env.Post(out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
				m.Set("payload", "answer")
				out.Send(0, m)
				self.env.Post(out.Cause(), flow.TaskFunc(func(flow.Outlet) error { done(nil); return nil }))
				return nil
			}))
			return nil
		}),
		b.define("keep", 1, func(_ *toy, _ *flow.Message, out flow.Outlet) error { out.Hold(); return nil }),
		b.define("ends", 1, func(self *toy, _ *flow.Message, out flow.Outlet) error { self.done = out.Hold(); return nil }),
		b.define("refuses", 1, nil),
		b.define("subflow", 1, passOn), b.define("link in", 1, passOn), b.define("link out", 1, passOn),
		b.define("subflow-status", 1, func(self *toy, m *flow.Message, _ flow.Outlet) error {
			self.env.Status(flow.NewObject("text", m.Get("payload")))
			return nil
		}),
		b.define("badge", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			self.env.Status(flow.NewObject("text", m.Get("payload")))
			out.Send(0, m)
			return nil
		}),
		b.define("config", 0, nil), b.define("needs", 1, passOn), b.define("uses", 0, nil), b.define("eager", 0, nil),
		b.define("call", 1, func(self *toy, m *flow.Message, out flow.Outlet) error {
			return self.env.Host.(flow.LinkCaller).LinkCall(flow.Text(m.Get("target")), m.Clone(), time.Duration(max(self.config.Timeout, 1))*time.Second, func(reply *flow.Message, err error) {
				if err != nil {
					self.bench.record(self.env.ID + ":" + err.Error())
					return
				}
				out.Send(0, reply)
			})
		}),
		b.define("retarget", 1, func(_ *toy, m *flow.Message, out flow.Outlet) error {
			m.Set("target", "sub2")
			out.Send(0, m)
			return nil
		}),
		b.define("return", 1, func(self *toy, m *flow.Message, _ flow.Outlet) error {
			if !self.env.Host.(flow.LinkCaller).LinkReturn(m.Clone()) {
				self.bench.record(self.env.ID + ":nobody called")
			}
			return nil
		}),
		b.define("catch", 0, passOn), b.define("status", 0, passOn), b.define("complete", 0, passOn),
	)
	if err != nil {
		t.Fatal(err)
	}
	b.out = runtime.NewTrace(&b.trace, "test")
	o := runtime.Options{Registry: registry, Trace: b.out, Log: slog.New(slog.DiscardHandler), Drain: 5 * time.Second}
	for _, f := range set {
		f(&o)
	}
	b.Runtime = runtime.New(o)
	t.Cleanup(func() {
		if err := b.Shutdown(context.Background()); err != nil {
			t.Errorf("shutting down: %v", err)
		}
		if err := b.out.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func passOn(_ *toy, m *flow.Message, out flow.Outlet) error { out.Send(0, m); return nil }

type toyConfig struct {
	Version string `json:"version"`
	Fails   bool   `json:"fails"`
	Timeout int    `json:"timeout"` // seconds
	Server  string `json:"server"`  // a config node
}

// toy is a node made of one function; a "button" sends its command's body.
type toy struct {
	bench  *bench
	env    flow.Env
	config toyConfig
	done   func(error) // called by Stop, if there is one
	handle func(*toy, *flow.Message, flow.Outlet) error
}

func (b *bench) define(name string, inputs int, handle func(*toy, *flow.Message, flow.Outlet) error) flow.Type {
	return flow.Define(flow.Spec[toyConfig]{
		Name: name, Inputs: inputs, Outputs: 1, StatusKeys: map[string]string{"connected": "common.status.connected"},
		New: func(c toyConfig, env flow.Env) (flow.Node, error) {
			if name == "refuses" {
				return nil, &flow.ConfigError{Property: "version", Reason: "never good"}
			}
			if name == "uses" {
				found := "none"
				if server, ok := env.Config(c.Server).(*toy); ok {
					found = server.env.ID
				}
				b.record(found + " by " + env.ID)
			}
			if name == "needs" {
				if _, err := flow.ConfigAs[*toy](env, "", "server", "config", c.Server); err != nil {
					return nil, err
				}
			}
			return &toy{bench: b, env: env, config: c, handle: handle}, nil
		},
	})
}

func (n *toy) Handle(m *flow.Message, out flow.Outlet) error { return n.handle(n, m, out) }

func (n *toy) Start(context.Context) error {
	if n.config.Fails {
		return errors.New("cannot start")
	}
	n.bench.mu.Lock()
	n.bench.toys[n.env.ID] = n
	n.bench.mu.Unlock()
	if n.env.Type == "eager" {
		n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error { n.bench.record("ran " + n.env.ID); return nil }))
		synctest.Wait()
	}
	n.bench.record("start " + n.env.ID + n.config.Version)
	return nil
}

// Drain makes the shutdown wait for what is under way.
func (n *toy) Drain() {}

func (n *toy) Stop(_ context.Context, reason flow.StopReason) error {
	n.bench.record("stop " + n.env.ID + n.config.Version)
	n.bench.mu.Lock()
	n.bench.why[n.env.ID] = reason
	n.bench.mu.Unlock()
	if n.done != nil {
		n.done(nil)
	}
	if n.env.Type == "hook" {
		n.bench.hook(n.env, nil)
	}
	if n.env.Type == "button" {
		n.env.Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
			m := flow.NewMessage()
			m.Set("payload", "closed")
			out.Send(0, m)
			return nil
		}))
	}
	return nil
}

func (n *toy) Command(name string, body *flow.Object, out flow.Outlet) error {
	if name == "status" {
		n.env.Status(flow.Badge("green", "dot", flow.Text(body.Get("payload"))))
		return nil
	}
	out.Send(0, flow.MessageOf(body))
	return nil
}

func (b *bench) record(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, s)
}

// deployJSON deploys nodes: the inside of a JSON list.
func (b *bench) deployJSON(nodes string, typ runtime.DeployType) runtime.Plan {
	b.t.Helper()
	plan, err := b.Deploy(b.t.Context(), parseJSONFlows(b.t, nodes), typ)
	if err != nil {
		b.t.Fatalf("deploying: %v", err)
	}
	return plan
}

func parseJSONFlows(t testing.TB, nodes string) *flowfile.Flows {
	t.Helper()
	v, err := flow.ParseJSON([]byte("[" + nodes + "]"))
	if err != nil {
		t.Fatal(err)
	}
	f, problems := flowfile.FromValue(v)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return f
}

// take returns what was recorded since the last call, the starts and stops
// only if they are asked for.
func (b *bench) take(lifecycle bool) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := b.seen
	b.seen = nil
	if !lifecycle {
		seen = slices.DeleteFunc(seen, func(s string) bool { return strings.HasPrefix(s, "start ") || strings.HasPrefix(s, "stop ") })
	}
	return seen
}

// flows parses a short notation, a node a line: "id type target target | target
// key=value", a bar between outputs, _ for a space in the type. All stand in one
// tab, unless z=… says otherwise.
func parseFlows(t testing.TB, text string) *flowfile.Flows {
	t.Helper()
	list := flow.Array{flow.NewObject("id", "tab", "type", "tab", "label", "tab")}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		n := flow.NewObject("id", words[0], "type", strings.ReplaceAll(words[1], "_", " "), "z", "tab", "x", 1.0, "y", 1.0)
		port, wires := flow.Array{}, flow.Array{}
		for _, w := range words[2:] {
			key, value, ok := strings.Cut(w, "=")
			switch {
			case w == "|":
				wires = append(wires, port)
				port = flow.Array{}
			case ok && strings.HasPrefix(value, "["):
				scope := flow.Array{}
				for id := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
					scope = append(scope, id)
				}
				n.Set(key, scope)
			case ok && value == "true":
				n.Set(key, true)
			case ok:
				n.Set(key, value)
			default:
				port = append(port, w)
			}
		}
		n.Set("wires", append(wires, port))
		list = append(list, n)
	}
	f, problems := flowfile.FromValue(list)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return f
}

func (b *bench) deploy(text string, typ runtime.DeployType) runtime.Plan {
	b.t.Helper()
	plan, err := b.Deploy(b.t.Context(), parseFlows(b.t, text), typ)
	if err != nil {
		b.t.Fatalf("deploying: %v", err)
	}
	return plan
}

func (b *bench) press(id, payload string) {
	b.t.Helper()
	if err := b.Command(b.t.Context(), id, "inject", flow.NewObject("payload", payload)); err != nil {
		b.t.Fatal(err)
	}
}
