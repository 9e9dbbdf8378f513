package main

import (
	"cmp"
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
)

func newSessions() *cobra.Command {
	v := view{
		fetch: func(ctx context.Context, c *client) (flow.Value, error) { return c.get(ctx, "/sessions") },
		print: printSessions,
	}
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List the TCP and UDP sessions of a running flowrun",
		Long: `Lists the sessions that are open, the oldest first: the node that opened it, the
other end (of a UDP socket its own), how long ago it was opened and how long nothing
has been sent or received, the bytes and messages that came in and went out, the
bytes that the other end has not taken yet, and the node that gets what comes in.`,
		Args: noArguments,
		RunE: v.run,
	}
	v.addFlags(cmd)
	return cmd
}

func printSessions(ctx context.Context, c *client, w io.Writer, v flow.Value) {
	list := objects(v)
	if len(list) == 0 {
		_, _ = io.WriteString(w, "no sessions\n") // into a buffer
		return
	}
	nodes, _ := c.nodes(ctx) // without them the ids have to do
	labels := nodes.labels()
	t := table{headings: []string{"SESSION", "NODE", "PEER", "STATE", ">AGE", ">IDLE", ">BYTES IN", ">BYTES OUT", ">MSGS IN", ">MSGS OUT", ">QUEUED", "CLAIM"}}
	for _, s := range list {
		label := func(key string) string { return cmp.Or(labels[text(s, key)], oneLine(text(s, key)), "-") }
		size := func(key string) string { return sizeText(number(s, key)) }
		count := func(key string) string { return flow.Text(number(s, key)) }
		peer := cmp.Or(oneLine(text(s, "peer")), "-")
		if local := text(s, "local"); text(s, "peer") == "" && local != "" {
			peer = oneLine(text(s, "kind") + " on " + local)
		}
		t.add(oneLine(flow.Text(s.Get("id"))), label("node"), peer, oneLine(text(s, "state")),
			durationText(number(s, "age")), durationText(number(s, "idle")),
			size("bytesIn"), size("bytesOut"), count("messagesIn"), count("messagesOut"), size("queued"), label("claim"))
	}
	_ = t.write(w) // into a buffer
}
