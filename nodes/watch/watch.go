// Package watch is the node type watch: it tells when files change.
package watch

import (
	"context"
	"strings"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/credit"
)

// Config is the node's configuration.
type Config struct {
	Files     string `json:"files" doc:"files and directories to watch, separated by commas"`
	Recursive bool   `json:"recursive" doc:"also watch the directories below, and those made later"`
}

// Type is the node type.
var Type = flow.Define(flow.Spec[Config]{
	Name: "watch", Category: "storage", Outputs: 1,
	Summary: "Sends a message when a file, or something in a directory, changes.",
	OutputDocs: []string{
		"{payload, topic, file, filename, event, size, type} for each file that changed: payload and filename are its path, file is its name, " +
			"topic is the configured list, event is update or remove, size is that of a file; " +
			"type is file, directory, blockdevice, characterdevice, socket, fifo, n/a, or none if there is nothing any more",
	},
	Notes: "Changes are collected for 200 ms, and for as long as the flow is busy with those before; a file is reported once then. " +
		"A file is found again if it is deleted and made anew.",
	New: func(c Config, env flow.Env) (flow.Node, error) { return New(c, env), nil },
})

// Node is a watch node.
type Node struct {
	env       flow.Env
	topic     string
	paths     []string
	recursive bool
	credits   *credit.Pool
	changes   *changes

	tree    *tree // nil until Start; belongs to collect then
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// New makes a node.
func New(c Config, env flow.Env) *Node {
	n := &Node{env: env, recursive: c.Recursive, credits: credit.NewPool(1), changes: newChanges()}
	list := flow.Array{}
	for path := range strings.SplitSeq(c.Files, ",") {
		path = strings.TrimSpace(path)
		n.paths = append(n.paths, path)
		list = append(list, path)
	}
	n.topic = n.paths[0]
	if len(n.paths) > 1 {
		n.topic = flow.JSON(list)
	}
	return n
}

// Handle does nothing: the node has no input.
func (n *Node) Handle(*flow.Message, flow.Outlet) error { return nil }

// Start begins to watch. What does not exist is an error for the catch nodes.
func (n *Node) Start(ctx context.Context) error {
	t, err := newTree(n.recursive)
	if err != nil {
		return err
	}
	n.tree = t
	for _, path := range n.paths {
		if err := t.add(path); err != nil {
			n.fail(err)
		}
	}
	ctx, n.cancel = context.WithCancel(ctx)
	n.running.Go(func() { n.collect(ctx) })
	n.running.Go(func() { n.report(ctx) })
	return nil
}

// collect notes what changes.
func (n *Node) collect(ctx context.Context) {
	if err := n.tree.descend(ctx); err != nil {
		n.fail(err)
	}
	for {
		select {
		case event := <-n.tree.watcher.Events:
			if err := n.tree.follow(ctx, event); err != nil {
				n.fail(err)
			}
			if n.tree.contains(event.Name) {
				n.changes.add(event.Name)
			}
		case err := <-n.tree.watcher.Errors:
			n.fail(err)
		case <-ctx.Done():
			return
		}
	}
}

// report sends what has changed, a batch when the one before is done.
func (n *Node) report(ctx context.Context) {
	for n.changes.wait(ctx) {
		cause, ok := n.credits.Take(ctx)
		if !ok {
			return
		}
		messages := describe(n.changes.take(), n.topic)
		n.env.Post(cause, flow.TaskFunc(func(out flow.Outlet) error {
			for _, m := range messages {
				out.Send(0, m)
			}
			return nil
		}))
	}
}

// fail reports an error together with a message, so that catch nodes get it.
func (n *Node) fail(err error) {
	n.env.Post(nil, flow.TaskFunc(func(flow.Outlet) error {
		msg := flow.NewMessage()
		msg.Set("payload", "")
		n.env.Error(err, msg)
		return nil
	}))
}

// Pause reports no more changes.
func (n *Node) Pause() {
	if n.tree != nil {
		n.cancel()
	}
}

// Stop ends the watch.
func (n *Node) Stop(context.Context, flow.StopReason) error {
	if n.tree == nil {
		return nil
	}
	n.cancel()
	n.running.Wait()
	return n.tree.watcher.Close()
}
