// Package exec is the node type exec: it runs commands.
package exec

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/timers"
)

// Config is the node's configuration.
type Config struct {
	Command  string     `json:"command" doc:"the command"`
	AddPay   flow.Value `json:"addpay" doc:"property of the message that is added to the command; true is payload, false or empty is none"`
	Append   string     `json:"append" doc:"text added to the command after that"`
	UseSpawn bool       `json:"useSpawn" doc:"send what the command prints while it runs, and run it without a shell"`
	Timer    float64    `json:"timer" doc:"seconds after which the command is killed; 0 is never"`
	WinHide  bool       `json:"winHide" doc:"hide the window of the command, on Windows"`
	OldRC    bool       `json:"oldrc" doc:"what output 3 sends is as in old versions: the bare return code with useSpawn, and nothing after a success without"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "exec", Category: "function", Inputs: 1, Outputs: 3,
	Summary: "Runs a command and sends what it prints.",
	OutputDocs: []string{
		"payload: what the command printed, text or a Buffer if it is no UTF-8 text; without useSpawn all of it at the end, and rc as on output 3",
		"the same for what it printed on standard error, if anything",
		"payload: {code, and message and signal if it failed}; code is null if the command was killed, negative if it could not be run",
	},
	InputDocs: []flow.Doc{
		{Name: "kill", Text: "instead of running the command, send its process this signal (SIGTERM if it is no name of one)"},
		{Name: "pid", Text: "with kill: which process, if several run"},
	},
	Notes: "Without useSpawn a shell runs the command: bash on Linux if it is there, else sh; cmd.exe on Windows. " +
		"With it the command line is split at spaces outside of double quotes. On Unix a signal goes to the command and all that it has started. " +
		"A command holds the credit of its message's source for as long as it runs, so a source with few credits cannot start any number of them. " +
		"A command that prints faster than the flow handles it waits; without useSpawn it may print 10 MB. " +
		"When the node stops, its commands are killed.",
	Differences: []string{"On Unix a signal goes to the command and to all that it has started."},
	Default:     func() Config { return Config{AddPay: true} },
	New:         New,
})

// killDelay is how long commands may take to end when the node stops.
const killDelay = 2 * time.Second

// Node is an exec node.
type Node struct {
	config Config
	env    flow.Env
	added  flow.Path // of the property added to the command; nil if none is

	timers  *timers.Group
	running map[string]*process // by process id
	stopped bool                // what still ends has nothing more to say

	ctx    context.Context // ends when the node stops
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// New makes a node. A bad addpay is a *flow.ConfigError.
func New(c Config, env flow.Env) (flow.Node, error) {
	n := &Node{config: c, env: env, timers: timers.NewGroup(env), running: map[string]*process{}}
	property := c.AddPay
	if property == true {
		property = "payload"
	}
	if flow.Truthy(property) {
		var err error
		if n.added, err = flow.ConfigPath("addpay", flow.Text(property)); err != nil {
			return nil, err
		}
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n, nil
}

// Handle starts the command for a message, or kills one that runs.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	if msg.Has("kill") {
		return n.kill(msg)
	}
	line, err := n.commandLine(msg)
	if err != nil {
		return err
	}
	n.env.Report(flow.LevelDebug, line, nil)
	if n.config.UseSpawn {
		return n.spawn(line, msg, out)
	}
	return n.exec(line, msg, out)
}

// commandLine returns the command with what is added to it.
func (n *Node) commandLine(msg *flow.Message) (string, error) {
	line := strings.TrimSpace(n.config.Command)
	if n.added != nil {
		value, err := n.added.In(msg)
		if err != nil {
			return "", err
		}
		if value != nil {
			line += " " + flow.Text(value)
		}
	}
	if more := strings.TrimSpace(n.config.Append); more != "" {
		line += " " + more
	}
	if strings.TrimSpace(line) == "" {
		return "", errors.New("no command")
	}
	return line, nil
}

// kill sends a signal to the process that the message names, or to the only one
// there is.
func (n *Node) kill(msg *flow.Message) error {
	name := "SIGTERM"
	if s, ok := msg.Get("kill").(string); ok && strings.HasPrefix(strings.ToUpper(s), "SIG") {
		name = strings.ToUpper(s)
	}
	var p *process
	if msg.Has("pid") {
		p = n.running[flow.Text(msg.Get("pid"))]
	} else if len(n.running) == 1 {
		p = slices.Collect(maps.Values(n.running))[0]
	}
	if p == nil {
		return nil
	}
	if err := p.signal(name); err != nil {
		return err
	}
	n.env.Status(flow.Badge("red", "dot", "killed"))
	return nil
}

// add keeps a process that has started, until what it returns is called.
func (n *Node) add(p *process) (remove func()) {
	id := strconv.Itoa(p.id())
	n.running[id] = p
	n.env.Status(flow.Badge("blue", "dot", "pid:"+id))
	var timeout *timers.Timer
	if n.config.Timer > 0 {
		timeout = n.timers.After(time.Duration(n.config.Timer*float64(time.Second)), func(flow.Outlet) error {
			return p.signal("SIGTERM")
		})
	}
	return func() {
		timeout.Stop()
		delete(n.running, id)
	}
}

// Stop kills what runs and waits for its end. What has not ended after a while
// has to.
func (n *Node) Stop(ctx context.Context, _ flow.StopReason) error {
	n.stopped = true
	n.timers.Stop()
	n.cancel()
	if len(n.running) > 0 {
		n.env.Status(&flow.Object{})
	}
	for _, p := range n.running {
		_ = p.signal("SIGTERM") // it may have ended by now
	}
	ended := make(chan struct{})
	go func() { n.work.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-time.After(killDelay):
	case <-ctx.Done():
	}
	for _, p := range n.running {
		p.end()
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
