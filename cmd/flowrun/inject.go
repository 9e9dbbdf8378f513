package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
)

const injectType = "inject"

// injectProps is the property of a body that makes the rest of it the message:
// its value is the list of what an inject node is to set in it.
const injectProps = "__user_inject_props__"

func newInject() *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use:   "inject NODE [JSON]",
		Short: "Press the button of an inject node, or give a node a message",
		Long: `Presses the button of an inject node of a running flowrun. NODE is its id or its
name. Any other node gets a message into its input.

JSON is the message: an object is all of it, anything else is its payload. An inject
node sends it instead of its own; without JSON another node gets an empty message.`,
		Example: `  flowrun inject tick
  flowrun inject tick '{"topic": "manual", "payload": 42}'
  flowrun inject uppercase '"hello"'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usagef("inject needs a node, and may have a message: %s", cmd.UseLine())
			}
			return nil
		},
		ValidArgsFunction: f.completeFrom(nodeWords(isInject), true),
		RunE: func(cmd *cobra.Command, args []string) error {
			msg, err := messageArgument(args[1:])
			if err != nil {
				return err
			}
			c, err := f.client()
			if err != nil {
				return err
			}
			node, err := c.inject(cmd.Context(), args[0], msg)
			if err != nil {
				return err
			}
			if f.json {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), flow.JSON(flow.NewObject("ok", true, "id", node.id)))
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "injected into", node)
			return err
		},
	}
	f.addFlags(cmd)
	return cmd
}

func isInject(n remoteNode) bool { return n.typ == injectType }

// messageArgument reads the message; nil if there is none.
func messageArgument(args []string) (*flow.Object, error) {
	if len(args) == 0 {
		return nil, nil
	}
	v, err := flow.ParseJSON([]byte(args[0]))
	if err != nil {
		return nil, usagef("the message is no JSON (%w): a text needs quotes of its own, '\"hello\"'", err)
	}
	if o, ok := v.(*flow.Object); ok {
		return o, nil
	}
	return flow.NewObject("payload", v), nil
}

// inject gives a node a message, nil for the node's own or an empty one, and
// returns the node.
func (c *client) inject(ctx context.Context, given string, msg *flow.Object) (remoteNode, error) {
	nodes, err := c.nodes(ctx)
	if err != nil {
		return remoteNode{}, err
	}
	node, err := nodes.one(given, isInject)
	if err != nil {
		return node, err
	}
	path, body := "/inject/"+url.PathEscape(node.id), &flow.Object{}
	switch {
	case !isInject(node):
		path = "/tap/nodes/" + url.PathEscape(node.id) + "/receive"
		if msg != nil {
			body.Set("msg", msg)
		}
	case msg != nil:
		body = flow.NewObject(injectProps, flow.Array{})
		for key, v := range msg.All() {
			body.Set(key, v)
		}
	}
	_, err = c.do(ctx, http.MethodPost, path, body)
	return node, err
}
