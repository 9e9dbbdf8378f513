// Package function is the function node: JavaScript that gets each message and
// returns what to send.
//
// The variable msg is an object over the flow message: a property becomes a
// JavaScript value when the script first reads it, and only what the script has
// changed is turned back. It behaves like any object, except that it cannot be
// frozen or sealed and has no getters, no hidden or read-only properties and no
// symbols for keys. A script in whose text, or whose initialize, the words for
// these occur (freeze, seal, preventExtensions, defineProperty, Symbol) gets a
// plain object with copies of all properties instead, which takes longer.
//
// A value that a script gets from a context, or sets there, it may change in
// place, as with Node-RED's store in memory: others see the change when the
// script has run. That does not hold for values of more than a thousand parts,
// which would have to be looked through each time, and not for what the script
// changes when it goes on after an await or in a timer without another get.
// Functions are there for the node alone that has set them.
package function

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/runtime/state"
)

// stopGrace is how long a node that stops lets a script run before it
// interrupts it, finalize included.
const stopGrace = 2 * time.Second

// Config is what a function node is made of.
type Config struct {
	Func       string  `json:"func" doc:"body of function(msg): returns a message, a list with one item for each output, or nothing"`
	Outputs    int     `json:"outputs" doc:"number of outputs"`
	Timeout    float64 `json:"timeout" doc:"seconds that a call may compute before it is interrupted; 0 is without end"`
	Initialize string  `json:"initialize" doc:"runs when the node starts; may wait, messages queue until it is done"`
	Finalize   string  `json:"finalize" doc:"runs when the node stops"`
	Libs       []Lib   `json:"libs" doc:"modules to have as variables: assert, buffer, crypto, events, os, path, querystring, url, util"`
}

// Lib is a module and the name of the variable that holds it.
type Lib struct {
	Var    string `json:"var"`
	Module string `json:"module"`
}

// Type returns the node type; its nodes keep their context in the stores.
func Type(stores *state.Stores, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "function", Category: "function", Inputs: 1, Outputs: 1,
		Summary: "Runs JavaScript for each message.",
		Notes: "The script has msg, node, context, flow, global, env, RED.util, console, util, promisify, Buffer, URL, " +
			"URLSearchParams, Intl, timers and async functions. Time zones by name come from the machine's zone files (tzdata). What it changes in a message no other branch of the flow sees. " +
			"A context value of more than 1000 parts that is changed in place must be set again.",
		Differences: []string{
			"Modules are assert, buffer, crypto (hashes and random values), events, os, path, querystring, url and util; a node that asks for another one is an error.",
			"A context value that is changed in place is written back after the call, but for one of more than 1000 parts, which must be set again.",
			"Between nodes a message has values as JSON has them, and Buffers, Dates, regular expressions and errors: a Map becomes an object, a Set an array, " +
				"another typed array an object; functions are left out; an object that stands in two places becomes two, and one that contains itself is an error.",
			"JavaScript is what the engine goja knows of it: ES2017 and most of what came later. Functions declared in a block are not known outside of it, and a timer is a number without unref().",
			"A regular expression with the flag u does not know \\p{…}: it takes it for the letter p.",
			"What goes by a locale (toLocaleString, localeCompare, Intl) knows English, German, French, Spanish, Italian, Dutch, Brazilian Portuguese, Swedish, Danish, Norwegian and Japanese; " +
				"another language is written as American English, and a country that is not known as its language's main one.",
			"Intl has NumberFormat, DateTimeFormat and Collator; units, compact notation, eras and long names of time zones are an error, toLocaleString of an array minds no locale, " +
				"and fields that are seldom asked for together (a weekday and a month without a day) may stand in another order.",
		},
		Default: func() Config { return Config{Func: "\nreturn msg;", Outputs: 1} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			s := live.Get()
			if err := checkLibs(c.Libs, env, s.FunctionExternalModules); err != nil {
				return nil, err
			}
			n := &Node{cfg: c, env: env, stores: stores, limit: seconds(c.Timeout)}
			if c.Timeout <= 0 {
				n.limit = s.GlobalFunctionTimeout
			}
			return n, nil
		},
	})
}

// checkLibs returns a *flow.ConfigError if there must be no modules, or one has a
// variable whose name is taken.
func checkLibs(libs []Lib, env flow.Env, allowed bool) error {
	reason := ""
	if len(libs) > 0 && !allowed {
		reason = env.Text("function.error.externalModuleNotAllowed", "Function node not allowed to load external modules")
	}
	for _, lib := range libs {
		if slices.Contains(reserved, lib.Var) {
			reason = env.Text("function.error.moduleNameError", "Invalid module variable name: %s", lib.Var)
		}
	}
	if reason == "" {
		return nil
	}
	return &flow.ConfigError{Property: "libs", Reason: reason}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

type phase int

const (
	inert    phase = iota // not started, or it cannot run: messages are dropped
	starting              // initialize runs: messages wait
	running
	stopped
)

// Node is a function node. All that its script does happens on the flow's loop;
// the lock keeps Stop, which is called elsewhere, apart from that.
type Node struct {
	cfg    Config
	env    flow.Env
	stores *state.Stores
	limit  time.Duration // how long a call may compute; 0 is without end
	code   *code

	mu      sync.Mutex
	phase   phase
	sandbox *sandbox // nil until a script runs
	waiting []*call  // messages that came while initialize ran
	open    map[*call]struct{}
	badge   bool  // a status is shown
	spare   *call // left nothing behind, to be used again; or nil
}

// Start compiles the scripts. As in Node-RED, a script that cannot be compiled
// is reported, and messages end at the node.
func (n *Node) Start(context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open = map[*call]struct{}{}
	code, err := compile(n.cfg, n.env)
	if err != nil {
		return err
	}
	n.code = code
	n.phase = running
	if code.initialize != nil {
		n.phase = starting
		n.env.Post(nil, flow.TaskFunc(n.initialize))
	}
	return nil
}

func (n *Node) initialize(out flow.Outlet) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.phase != starting {
		return nil
	}
	c := &call{node: n, out: out, limit: seconds(n.cfg.Timeout), settled: n.initialized}
	return c.run(n.code.initialize, goja.Undefined())
}

// initialized goes on after initialize, in a task of its own: this is called
// from within the script. Until then messages still queue, to keep their order.
func (n *Node) initialized(err error) {
	n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.phase != starting {
			return nil
		}
		n.phase = running
		if err != nil {
			n.phase = inert
		}
		for _, c := range n.waiting {
			n.resume(c)
		}
		n.waiting = nil
		return nil
	}))
}

// resume handles a message that has waited, or drops it if initialize failed.
func (n *Node) resume(c *call) {
	if n.phase != running {
		c.finish(nil)
	} else if err := c.handle(); err != nil {
		c.finish(err)
	}
}

// Handle runs the script for a message.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch n.phase {
	case running:
		c := n.spare
		if n.spare = nil; c == nil {
			c = new(call)
		}
		*c = call{node: n, msg: msg, out: out, limit: n.limit}
		err := c.handle()
		if c.release == nil {
			n.reuse(c)
		}
		return err
	case starting:
		c := &call{node: n, msg: msg, out: out, limit: n.limit}
		c.hold()
		n.waiting = append(n.waiting, c)
	}
	return nil
}

// reuse keeps what it took to handle a message for the next one, if nothing but the
// script had it: a node object has the call.
func (n *Node) reuse(c *call) {
	if n.code.keepsMessage {
		return
	}
	if s := n.sandbox; s != nil && c.view != nil {
		s.view = c.view
	}
	if !n.code.usesNode {
		c.msg, c.given, c.view = nil, nil, nil
		n.spare = c
	}
}

// Stop ends timers, runs finalize and clears the status. Messages that the
// script holds are completed. A script that had to be interrupted gets no
// finalize.
func (n *Node) Stop(ctx context.Context, reason flow.StopReason) error {
	ctx, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	defer context.AfterFunc(ctx, n.Interrupt)()
	n.mu.Lock()
	defer n.mu.Unlock()
	was := n.phase
	n.phase = stopped
	for c := range n.open {
		n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error { c.finish(nil); return nil }))
	}
	var err error
	if was == running && ctx.Err() == nil && (n.sandbox != nil || n.code.finalize != nil) {
		err = n.finalize(reason)
	}
	if n.sandbox != nil {
		n.sandbox.timers.Stop()
		n.sandbox = nil
	}
	if n.badge {
		n.env.Status(&flow.Object{})
	}
	return err
}

// Interrupt ends a script that is running.
func (n *Node) Interrupt() {
	if n.code != nil {
		n.code.interrupt.fire(errStopped)
	}
}

func (n *Node) finalize(reason flow.StopReason) error {
	s, err := n.realm()
	if err != nil {
		return err
	}
	s.timers.Stop()
	c := &call{node: n, closing: true, limit: n.limit}
	if n.code.finalize != nil {
		if err := c.run(n.code.finalize, goja.Undefined()); err != nil {
			n.env.Error(err, nil)
		}
	}
	for _, listener := range s.onClose {
		err := s.within(flow.Outlet{}, 0, func() error { return s.close(listener, reason == flow.Removed) })
		if err = c.failure(err); err != nil {
			n.env.Error(err, nil)
		}
	}
	return nil
}

var errStopped = errors.New("the script was interrupted because its node stops")

// realm returns the node's sandbox, made when it is first needed.
func (n *Node) realm() (*sandbox, error) {
	if n.sandbox == nil {
		s, err := newSandbox(n)
		if err != nil {
			return nil, fmt.Errorf("making the sandbox: %w", err)
		}
		n.sandbox = s
	}
	return n.sandbox, nil
}
