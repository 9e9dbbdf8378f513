package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
)

func newDisconnect() *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use:   "disconnect SESSION",
		Short: "Close a session of a running flowrun",
		Long: `Closes a session of a running flowrun in an orderly way, as a tcp-disconnect node
does: what waits is still written, then the other end is told. SESSION is its id, as
flowrun sessions lists it.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("disconnect needs the id of one session: %s", cmd.UseLine())
			}
			return nil
		},
		ValidArgsFunction: f.completeFrom(sessionWords, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.client()
			if err != nil {
				return err
			}
			if err := c.disconnect(cmd.Context(), args[0]); err != nil {
				return err
			}
			if f.json {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), flow.JSON(flow.NewObject("ok", true, "id", args[0])))
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "disconnecting", oneLine(args[0]))
			return err
		},
	}
	f.addFlags(cmd)
	return cmd
}

// disconnect closes a session.
func (c *client) disconnect(ctx context.Context, id string) error {
	_, err := c.do(ctx, http.MethodDelete, "/sessions/"+url.PathEscape(id), nil)
	if !isNotFound(err) {
		return err
	}
	v, listErr := c.get(ctx, "/sessions")
	if listErr != nil {
		return err
	}
	var ids []string
	for _, s := range objects(v) {
		ids = append(ids, flow.Text(s.Get("id")))
	}
	if len(ids) == 0 {
		return fmt.Errorf("there is no session %q: no session is open", id)
	}
	return fmt.Errorf("there is no session %q%s", id, didYouMean(id, ids))
}

// sessionWords are completions of session ids.
func sessionWords(ctx context.Context, c *client) ([]string, error) {
	v, err := c.get(ctx, "/sessions")
	var words []string
	for _, s := range objects(v) {
		words = append(words, flow.Text(s.Get("id"))+"\t"+text(s, "peer"))
	}
	return words, err
}
