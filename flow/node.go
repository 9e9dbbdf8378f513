package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Node is a node instance. Its flow calls Handle with one message after the
// other and never two at a time; Handle must not block. An error goes to the
// catch nodes with the message, nil completes it.
//
// What a node needs beyond that it says by implementing [Starter], [Stopper],
// [Drainer], [Pauser] or [Commander].
type Node interface {
	Handle(msg *Message, out Outlet) error
}

// Starter is a node that acquires something: a socket, a timer. Start is called
// after all nodes of a deploy are built, sinks before sources, while the node's
// flow stands still: it may touch what Handle touches, and must neither block
// nor wait for the flow. What waits belongs into a goroutine. An error makes the
// node inert and is logged. The context ends when the runtime stops.
type Starter interface {
	Start(ctx context.Context) error
}

// Stopper is a node that has something to give back. Stop is called while the
// node's flow stands still, once, also if Start failed; nothing is handled
// after it. It returns when all is given back and the node's goroutines have
// ended, and must not wait for the flow. What a node without inputs posts
// before it returns is still sent to the nodes wired to it. The context's end is
// the end of the patience.
type Stopper interface {
	Stop(ctx context.Context, reason StopReason) error
}

// Drainer is a source that can stop taking in new work while what is under way
// goes on: a server stops accepting and reading, but answers are still written.
// Drain is called some time before Stop and must not block.
type Drainer interface {
	Drain()
}

// Pauser is a source that makes messages of its own accord, for which nobody
// waits. Pause has it make no more; it is called when others drain, some time
// before Stop, and must not block.
type Pauser interface {
	Pause()
}

// Interrupter is a node whose Handle may take for ever: code of the flow's
// author. Interrupt makes a call that is under way return with an error, and
// does nothing if there is none. It is called from another goroutine.
type Interrupter interface {
	Interrupt()
}

// Commander is a node that can be told to do something from outside: an inject
// node's button. Command is called on the node's loop. The body may be nil.
type Commander interface {
	Command(name string, body *Object, out Outlet) error
}

// StopReason says why a node stops.
type StopReason int

// The reasons to stop.
const (
	Restarted StopReason = iota // a new instance with this id takes over
	Removed                     // the node is not in the new flows
	Shutdown                    // the runtime stops
)

// Router is the engine's side of an [Outlet].
type Router interface {
	// Route sends messages, none of them nil, to the wires of a port: all of
	// them to the first wire, then all to the second.
	Route(c *Cause, port int, msg *Message, more []*Message)
	// Wanted tells whether a message sent to the port has any effect.
	Wanted(port int) bool
	// Hold is [Outlet.Hold], or with a nil cause [Outlet.Keep].
	Hold(c *Cause, msg *Message) (done func(error))
}

// Outlet is where a node sends. It carries the message that is being handled
// and its cause. Use it on the node's loop only: in Handle, Command, and in a
// [Task].
type Outlet struct {
	router Router
	msg    *Message
	cause  *Cause
}

// NewOutlet returns an outlet for a message being handled; msg and cause may be
// nil. The engine and test drivers make outlets, nodes do not.
func NewOutlet(r Router, msg *Message, c *Cause) Outlet { return Outlet{r, msg, c} }

// Send sends a message to all wires of a port, counted from 0. A nil message
// and a port that does not exist are ignored. The message belongs to the
// engine from then on.
func (o Outlet) Send(port int, msg *Message) {
	if msg != nil {
		o.router.Route(o.cause, port, msg, nil)
	}
}

// SendAll sends in one call a list of messages for each port: all messages of a
// port go to its first wire, then all to the second, as in Node-RED. Messages
// without an id get that of the first message that has one, or a new one.
func (o Outlet) SendAll(ports [][]*Message) {
	var id Value
	for _, msgs := range ports {
		for _, m := range msgs {
			if m != nil && id == nil {
				id = m.root.Get(MsgID)
			}
		}
	}
	if id == nil {
		id = NewID()
	}
	for port, msgs := range ports {
		if slices.Contains(msgs, nil) {
			msgs = slices.DeleteFunc(slices.Clone(msgs), func(m *Message) bool { return m == nil })
		}
		for _, m := range msgs {
			if !m.Has(MsgID) {
				m.Set(MsgID, id)
			}
		}
		if len(msgs) > 0 {
			o.router.Route(o.cause, port, msgs[0], msgs[1:])
		}
	}
}

// Wanted tells whether a message sent to the port has any effect: whether it is
// wired, or somebody looks on. A node need not make a message that is not.
func (o Outlet) Wanted(port int) bool { return o.router.Wanted(port) }

// Cause returns the cause of the message being handled. Who holds it keeps the
// source of the message waiting.
func (o Outlet) Cause() *Cause { return o.cause }

// Hold says that handling goes on after Handle has returned nil. The outlet
// stays in use until done is called, exactly once and on the loop (see
// [Env.Post]); its error counts like one returned from Handle.
func (o Outlet) Hold() (done func(error)) { return o.router.Hold(o.cause, o.msg) }

// Keep is Hold for a node that stores the message until others or a timer come:
// the message completes when done is called, but what caused it does not wait
// for that. A source with a few credits could never fill a join that needs
// hundreds of messages.
func (o Outlet) Keep() (done func(error)) { return o.router.Hold(nil, o.msg) }

// Task is what a source hands to its node's flow. Run is called on the loop, in
// the order in which the tasks were posted. An error is reported for the node.
type Task interface {
	Run(out Outlet) error
}

// TaskFunc is a function as a [Task].
type TaskFunc func(out Outlet) error

// Run calls f.
func (f TaskFunc) Run(out Outlet) error { return f(out) }

// Level is a log level with Node-RED's numbers.
type Level int

// Node-RED's log levels; a lower one is more severe.
const (
	LevelFatal Level = 10
	LevelError Level = 20
	LevelWarn  Level = 30
	LevelInfo  Level = 40
	LevelDebug Level = 50
	LevelTrace Level = 60
)

// Host is what the engine does for a node. All of it may be called from any
// goroutine and never blocks for long.
type Host interface {
	// Post runs t on the node's loop. The cause is held until t and all that
	// it sends is done; nil is a cause of its own without a credit. One cause
	// is posted once.
	Post(c *Cause, t Task)
	// Status shows a badge; an empty object clears it. The object is shared.
	Status(badge *Object)
	// Report logs what (text, error or any value). An error with a message goes
	// to the catch nodes, and is logged only if there is none; call it on the
	// loop then.
	Report(level Level, what Value, msg *Message)
}

// Lender is a [Host] whose flow a source may run on its own goroutine, if the
// flow is idle: that spares the switch to another goroutine for each message.
type Lender interface {
	Host
	// Queue is Post, but for the flow to run the caller must call Lend next.
	Queue(c *Cause, t Task)
	// QueueMore is Queue for one of several tasks that came in one go, but for
	// the last of them (see [Batcher]).
	QueueMore(c *Cause, t Task)
	// Lend runs the flow for a bounded time, unless it runs already. The caller
	// holds no locks. Nodes are never stopped while their flow runs on a
	// goroutine that is lent.
	Lend()
}

// Batcher is a [Host] that tells when its flow is done with what came in one
// go, such as the lines of one chunk or the datagrams of one read. What goes out may be kept together until
// then.
type Batcher interface {
	Host
	// AtEnd has f flushed at the end of what the flow is handling, once. Call
	// it on the loop. The flow waits for nothing before that.
	AtEnd(f Flusher)
}

// Flusher lets go of what it has kept together.
type Flusher interface{ Flush() }

// LinkCaller is a [Host] through which nodes call link in nodes, and link out
// nodes answer them, also from one flow to another. Both methods are called on
// the loop.
type LinkCaller interface {
	Host
	// LinkCall gives a message to the link in node that target names: by its
	// id; else by its name, if one in the caller's flow has it, or else one in
	// all tabs. No such node, or several, is an error. Otherwise done is called
	// once, later and on the caller's loop: with the message that a link out
	// node in mode return hands back, or with [ErrLinkTimeout], or with
	// [ErrLinkStopped] if the caller's instance stops before (it may only let go
	// of what it holds then). The message belongs to the engine from then on.
	LinkCall(target string, msg *Message, timeout time.Duration, done func(reply *Message, err error)) error
	// LinkReturn hands a message back to the node that has made the last call
	// on the message's way, and tells whether there is one.
	LinkReturn(msg *Message) bool
}

// How a link call may end without a reply.
var (
	ErrLinkTimeout = errors.New("timeout") // Node-RED's word
	ErrLinkStopped = errors.New("the node that called has stopped")
)

// Env is what a node knows of its place in the flows, and how it reaches the
// engine.
type Env struct {
	ID    string // the node's id; inside a subflow instance-id-template-id
	Alias string // inside a subflow the id in the template, else empty
	Type  string
	Name  string
	Flow  string // id of the tab or subflow instance; empty outside of all
	Path  string // ids from the tab down to the node, by slashes
	Wires int    // how many output ports are in the file's wires

	// MessageKeys has Text return keys instead of English, which is how
	// Node-RED's own tests read what nodes say (its language "cimode").
	MessageKeys bool

	// Flows has Flow, and the ids of what it stands in: the subflow instances
	// around it, the tab last. It is what $parent climbs in a flow's context.
	Flows []string

	// Getenv looks a variable up in the node's, group's, flow's and process's
	// environment.
	Getenv func(name string) (Value, bool)

	// Credentials are what the node keeps secret: passwords, keys.
	Credentials Credentials

	// Config returns the instance of a config node that this node's properties
	// name, nil if there is none. It was made before this node, and is replaced
	// only together with it.
	Config func(id string) Node

	// Clock is the time that the node goes by.
	Clock Clock

	Host
}

// Error reports an error. With a message it goes to the catch nodes; call it on
// the loop then.
func (e Env) Error(err error, msg *Message) { e.Report(LevelError, err, msg) }

// Warn logs a warning.
func (e Env) Warn(text string) { e.Report(LevelWarn, text, nil) }

// Text returns what the node says to people, made like fmt.Sprintf. The key is
// that of Node-RED's message catalogs, without its namespace:
// batch.too-many.
func (e Env) Text(key, format string, args ...any) string {
	switch {
	case e.MessageKeys:
		return key
	case len(args) == 0:
		return format
	}
	return fmt.Sprintf(format, args...)
}

// Badge returns a status to show: fill is red, green, yellow, blue or grey,
// shape ring or dot.
func Badge(fill, shape, text string) *Object {
	return NewObject("fill", fill, "shape", shape, "text", text)
}

// Error is an error as JavaScript has them, with what a catch node passes on.
type Error struct {
	Name    string // TypeError, …; "Error" if empty
	Message string
	Code    string // such as ECONNREFUSED; may be empty
	Stack   string // may be empty
	Cause   Value  // may be undefined
}

// Error returns "Name: Message", which is what String(err) gives.
func (e *Error) Error() string {
	name := e.Name
	if name == "" {
		name = "Error"
	}
	if e.Message == "" {
		return name
	}
	return name + ": " + e.Message
}
