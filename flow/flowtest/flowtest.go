// Package flowtest drives one node without an engine.
//
//	d := flowtest.New(t, change.Type, `{"rules":[…]}`)
//	d.Handle(`{"payload":1}`)
//	got := d.Sent(0) // what left on output 0, as JSON
package flowtest

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// Driver is a host for one node. What the node posts runs when the test calls
// Handle, Command or Run, on the test's goroutine.
type Driver struct {
	Node flow.Node
	Env  flow.Env

	t      testing.TB
	typ    flow.Type
	mu     sync.Mutex
	inert  bool // the node could not start
	tasks  []task
	wake   chan struct{}
	sent   map[int][]*flow.Message
	given  map[*flow.Message]*flow.Message // what the node has sent, and must not touch any more; and what that was
	badges []string
	Log    []Entry         // what the node reported, in order
	Done   []error         // how each handled message ended: nil is complete
	Ended  []*flow.Message // those messages, as complete and catch nodes get them
}

// Entry is one thing a node reported.
type Entry struct {
	Level flow.Level
	What  string
	Msg   *flow.Message
}

type task struct {
	c *flow.Cause
	t flow.Task
}

// New makes a node of the type with the configuration (a JSON object) and
// starts it; the test's cleanup stops it. As in the engine, a node that cannot start
// is reported, and messages end there.
func New(t testing.TB, typ flow.Type, config string, options ...func(*flow.Env)) *Driver {
	t.Helper()
	d := &Driver{t: t, typ: typ, wake: make(chan struct{}, 1), sent: map[int][]*flow.Message{}, given: map[*flow.Message]*flow.Message{}}
	d.Env = flow.Env{
		ID: "n1", Type: typ.Name, Flow: "f1", Path: "f1/n1", Wires: max(typ.Outputs, 1), Host: d, Clock: new(flow.SystemClock),
		Getenv: func(name string) (flow.Value, bool) { v, ok := os.LookupEnv(name); return v, ok },
	}
	for _, o := range options {
		o(&d.Env)
	}
	props, ok := d.parse(config).(*flow.Object)
	if !ok {
		t.Fatalf("flowtest: the configuration %s is no object", config)
	}
	n, err := typ.New(props, d.Env)
	if err != nil {
		t.Fatalf("flowtest: making a %s: %v", typ.Name, err)
	}
	d.Node = n
	if s, ok := n.(flow.Starter); ok {
		if err := s.Start(t.Context()); err != nil {
			d.Report(flow.LevelError, err, nil)
			d.inert = true
		}
	}
	if s, ok := n.(flow.Stopper); ok {
		t.Cleanup(func() {
			if err := s.Stop(context.Background(), flow.Removed); err != nil {
				t.Errorf("flowtest: stopping a %s: %v", typ.Name, err)
			}
		})
	}
	return d
}

func (d *Driver) parse(text string) flow.Value {
	d.t.Helper()
	v, err := flow.ParseJSON([]byte(text))
	if err != nil {
		d.t.Fatalf("flowtest: %s: %v", text, err)
	}
	return v
}

// Message returns a message with the properties of a JSON object.
func (d *Driver) Message(text string) *flow.Message {
	d.t.Helper()
	o, ok := d.parse(text).(*flow.Object)
	if !ok {
		d.t.Fatalf("flowtest: %s is no object", text)
	}
	return flow.MessageOf(o)
}

// Handle gives the node a message (a JSON object) and runs what it posts.
func (d *Driver) Handle(text string) {
	d.t.Helper()
	d.HandleMessage(d.Message(text))
}

// HandleMessage gives the node a message and runs what it posts.
func (d *Driver) HandleMessage(msg *flow.Message) {
	d.t.Helper()
	if d.inert {
		return
	}
	r := &router{Driver: d}
	err := d.Node.Handle(msg, flow.NewOutlet(r, msg, nil))
	if err != nil && d.given[msg] != nil {
		d.t.Errorf("flowtest: the node sent a message and then returned an error for it: %v", err)
	}
	if !r.held {
		d.finish(err, msg)
		if d.typ.KeepsNothing {
			spoil(msg)
		}
	}
	d.Run()
}

// Command gives the node a command and runs what it posts.
func (d *Driver) Command(name string, body *flow.Object) error {
	c, ok := d.Node.(flow.Commander)
	if !ok {
		d.t.Fatalf("flowtest: a %s takes no commands", d.Env.Type)
	}
	err := c.Command(name, body, flow.NewOutlet(&router{Driver: d}, nil, nil))
	d.Run()
	return err
}

// Run runs what the node has posted so far.
func (d *Driver) Run() {
	for {
		d.mu.Lock()
		tasks := d.tasks
		d.tasks = nil
		d.mu.Unlock()
		if len(tasks) == 0 {
			return
		}
		for _, t := range tasks {
			if err := t.t.Run(flow.NewOutlet(&router{Driver: d}, nil, t.c)); err != nil {
				d.Report(flow.LevelError, err, nil)
			}
			t.c.Done()
		}
	}
}

// Until runs what the node posts until the condition holds. The test's deadline
// is the limit.
func (d *Driver) Until(condition func() bool) {
	d.t.Helper()
	for d.Run(); !condition(); d.Run() {
		select {
		case <-d.wake:
		case <-d.t.Context().Done():
			d.t.Fatal("flowtest: the test ended before the condition held")
		}
	}
}

// Sent returns what left on a port so far, each message as JSON, without _msgid.
func (d *Driver) Sent(port int) []string {
	d.checkUnchanged()
	var list []string
	for _, m := range d.sent[port] {
		m = m.Clone()
		m.Delete(flow.MsgID)
		list = append(list, flow.JSON(m))
	}
	return list
}

// Messages returns what left on a port so far.
func (d *Driver) Messages(port int) []*flow.Message { return slices.Clone(d.sent[port]) }

// Badges returns the status badges shown so far, as "fill shape text", "" for a
// cleared one.
func (d *Driver) Badges() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.badges)
}

func (d *Driver) finish(err error, msg *flow.Message) {
	d.Done = append(d.Done, err)
	if sent := d.given[msg]; sent != nil {
		msg = sent
	}
	d.Ended = append(d.Ended, msg.Clone())
	if err != nil {
		d.Report(flow.LevelError, err, msg)
	}
}

// spoiled is all that is left of a message that the node has no business with
// any more: the engine may have made another one of it by then. A node that
// still reads it does not get what the test expects.
var spoiled = flow.NewObject("spoiled", "this message belongs to the engine")

func spoil(m *flow.Message) {
	for _, key := range m.Object().Keys() {
		m.Delete(key)
	}
	for key, value := range spoiled.All() {
		m.Set(key, value)
	}
}

func isSpoiled(m *flow.Message) bool { return flow.Equal(m.Snapshot(), spoiled) }

// checkUnchanged fails the test if the node changed a message after sending it.
func (d *Driver) checkUnchanged() {
	d.t.Helper()
	for m := range d.given {
		if !isSpoiled(m) {
			d.t.Errorf("flowtest: the node changed a message after sending it: %s", flow.JSON(m))
		}
	}
}

// Post implements [flow.Host].
func (d *Driver) Post(c *flow.Cause, t flow.Task) {
	c.Hold()
	d.mu.Lock()
	d.tasks = append(d.tasks, task{c, t})
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Status implements [flow.Host].
func (d *Driver) Status(badge *flow.Object) {
	text := ""
	if badge.Len() > 0 {
		text = flow.Text(badge.Get("fill")) + " " + flow.Text(badge.Get("shape")) + " " + flow.Text(badge.Get("text"))
	}
	d.mu.Lock()
	d.badges = append(d.badges, text)
	d.mu.Unlock()
}

// Report implements [flow.Host].
func (d *Driver) Report(level flow.Level, what flow.Value, msg *flow.Message) {
	d.mu.Lock()
	d.Log = append(d.Log, Entry{level, flow.Text(what), msg})
	d.mu.Unlock()
}

// router records what one handled message sends.
type router struct {
	*Driver
	held bool
}

func (r *router) Route(_ *flow.Cause, port int, msg *flow.Message, more []*flow.Message) {
	for _, m := range append([]*flow.Message{msg}, more...) {
		if r.given[m] != nil {
			r.t.Errorf("flowtest: the node sent a message twice, the second time on port %d", port)
			continue
		}
		if !m.Has(flow.MsgID) {
			m.Set(flow.MsgID, flow.NewID())
		}
		m.Sent()
		sent := m.Clone()
		r.sent[port] = append(r.sent[port], sent)
		r.given[m] = sent
		spoil(m)
	}
}

func (r *router) Wanted(int) bool { return true }

func (r *router) Hold(_ *flow.Cause, msg *flow.Message) func(error) {
	r.held = true
	held := msg.Hold()
	ended := false
	return func(err error) {
		if ended {
			r.t.Error("flowtest: the node ended the handling of a message twice")
		}
		ended = true
		r.finish(err, held.Message())
	}
}

// Discard is a router that drops everything, for benchmarks.
type Discard struct{}

// Route implements [flow.Router].
func (Discard) Route(*flow.Cause, int, *flow.Message, []*flow.Message) {}

// Wanted implements [flow.Router].
func (Discard) Wanted(int) bool { return true }

// Hold implements [flow.Router].
func (Discard) Hold(*flow.Cause, *flow.Message) func(error) { return func(error) {} }
