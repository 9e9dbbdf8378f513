package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
)

// maxListed is how many nodes the status lists of a kind.
const maxListed = 20

func newStatus() *cobra.Command {
	v := view{
		fetch: func(ctx context.Context, c *client) (flow.Value, error) { return c.get(ctx, "/status") },
		print: printStatus,
	}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how a running flowrun is: its flows, and what is wrong with them",
		Long: `Shows a running flowrun at a glance: its version and how long it has been up, how
many flows, nodes, sessions, messages and errors there are, the nodes whose status
is red or yellow, and the nodes that have reported errors.`,
		Args: noArguments,
		RunE: v.run,
	}
	v.addFlags(cmd)
	return cmd
}

func printStatus(_ context.Context, c *client, w io.Writer, v flow.Value) {
	o, _ := v.(*flow.Object)
	if o == nil {
		o = &flow.Object{}
	}
	fmt.Fprintf(w, "flowrun %s at %s, up %s\n", oneLine(text(o, "version")), c.base, durationText(number(o, "uptime")))
	fmt.Fprintf(w, "%s, %s, %s\n", count(int(number(o, "flows")), "flow"), count(int(number(o, "nodes")), "node"), count(int(number(o, "sessions")), "session"))
	fmt.Fprintf(w, "%s received by nodes, %s\n", count(int(number(o, "received")), "message"), count(int(number(o, "errors")), "error"))
	badges := table{headings: []string{"NODE", "TYPE", "STATUS", ""}}
	for _, n := range objects(o.Get("badges")) {
		badge, _ := n.Get("status").(*flow.Object)
		if badge == nil {
			continue
		}
		badges.add(nodeLabel(n), oneLine(text(n, "type")), oneLine(text(badge, "fill")), oneLine(text(badge, "text")))
	}
	badges.writePart(w)
	failed := table{headings: []string{"NODE", "TYPE", ">ERRORS"}}
	for _, n := range objects(o.Get("failed")) {
		failed.add(nodeLabel(n), oneLine(text(n, "type")), flow.Text(n.Get("errors")))
	}
	failed.writePart(w)
}

// writePart writes the first rows after an empty line, and how many more there
// are; nothing if there are none.
func (t *table) writePart(w io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	more := len(t.rows) - maxListed
	t.rows = t.rows[:min(len(t.rows), maxListed)]
	fmt.Fprintln(w)
	_ = t.write(w) // into a buffer
	if more > 0 {
		fmt.Fprintf(w, "… and %d more\n", more)
	}
}

// nodeLabel names a node as an answer of the API describes it.
func nodeLabel(o *flow.Object) string {
	id, name := text(o, "id"), text(o, "name")
	if name == "" {
		return oneLine(id)
	}
	return oneLine(fmt.Sprintf("%s (%s)", cmp.Or(name, id), id))
}
