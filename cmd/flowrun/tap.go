package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typedjson"
)

// tapKinds are the kinds of frames. People see all but log if they do not
// choose: what a node logs is a call too.
var tapKinds = []string{"receive", "send", "status", "call", "log", "flows"}

const (
	maxFrame     = 256 << 20 // bytes of a frame; a message may hold a file
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// tapping is what `flowrun tap` does.
type tapping struct {
	clientFlags
	flows, kinds []string
	full         bool
	count        int

	client *client
	given  []string // the nodes asked for
	out    *bufio.Writer
	stderr io.Writer
	lines  tapLines
	shown  int
}

func newTap() *cobra.Command {
	var t tapping
	cmd := &cobra.Command{
		Use:   "tap [NODE...]",
		Short: "Follow what happens in a running flowrun",
		Long: `Follows what happens in a running flowrun, until Ctrl-C: the messages that nodes
receive and send, what they show as their status, their errors, warnings and log
messages, and when flows start and stop. NODE is an id or a name; without one it is
all nodes.

If the connection breaks, as when flowrun is started again, it connects again. When
the output is read too slowly some of it is left out, and a line says so; the flows
never wait.`,
		Example: `  flowrun tap
  flowrun tap "listen on 7777" send
  flowrun tap --flow Echo --kind send,status
  flowrun tap --json --kind call --count 1`,
		ValidArgsFunction: t.completeFrom(nodeWords(func(remoteNode) bool { return true }), false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := t.check(args); err != nil {
				return err
			}
			c, err := t.clientFlags.client()
			if err != nil {
				return err
			}
			t.client, t.given = c, args
			out := cmd.OutOrStdout()
			t.out, t.stderr = bufio.NewWriter(out), cmd.ErrOrStderr()
			t.lines = newTapLines(out, t.full)
			ctx, stop := untilSignal(os.Exit)
			defer stop()
			return t.follow(ctx)
		},
	}
	t.addFlags(cmd)
	cmd.Flags().StringSliceVar(&t.flows, "flow", nil, "only what happens in a `FLOW`, its id or its label (repeatable)")
	cmd.Flags().StringSliceVar(&t.kinds, "kind", nil, "only frames of a `KIND`: "+strings.Join(tapKinds, ", ")+" (repeatable); all but log if not given, with --json all")
	cmd.Flags().BoolVar(&t.full, "full", false, "print whole messages, not only their beginning")
	cmd.Flags().IntVarP(&t.count, "count", "n", 0, "end after this many frames")
	return cmd
}

func (t *tapping) check([]string) error {
	for _, kind := range t.kinds {
		if !slices.Contains(tapKinds, kind) {
			return usagef("unknown kind %q: use %s", kind, strings.Join(tapKinds, ", "))
		}
	}
	if t.count < 0 {
		return usagef("--count %d: must not be negative", t.count)
	}
	return nil
}

// errEnough ends a tap that has shown as much as it should.
var errEnough = errors.New("enough")

// follow prints frames until the context ends. What is wrong at the first attempt
// is an error; later it tries again.
func (t *tapping) follow(ctx context.Context) error {
	for backoff := time.Duration(0); ; {
		connected, err := t.connect(ctx)
		_ = t.out.Flush() // if that fails the next frame does too
		switch {
		case ctx.Err() != nil, errors.Is(err, errEnough):
			return nil
		case backoff == 0 && !connected, t.isFinal(err):
			return err
		case connected:
			say(t.stderr, "flowrun: the connection to %s is lost; trying again", t.client.base)
			backoff = firstBackoff
		default:
			backoff = min(2*backoff, lastBackoff)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
	}
}

// isFinal tells whether it is of no use to try again.
func (t *tapping) isFinal(err error) bool {
	refused, ok := errors.AsType[*apiError](err)
	return ok && refused.status < http.StatusInternalServerError || errors.As(err, new(outputError))
}

// outputError says that what is to be printed cannot be.
type outputError struct{ error }

// connect prints frames until the connection ends, and tells whether there was
// one.
func (t *tapping) connect(ctx context.Context) (connected bool, err error) {
	query, err := t.query(ctx)
	if err != nil {
		return false, err
	}
	header := http.Header{}
	t.client.authorize(header)
	conn, answer, err := websocket.Dial(ctx, t.client.base+"/tap/ws?"+query.Encode(), &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		if answer != nil && answer.StatusCode >= http.StatusMultipleChoices {
			body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
			return false, t.client.refused(answer.StatusCode, body)
		}
		return false, t.client.unreachable(err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxFrame)
	return true, t.read(ctx, conn)
}

// query returns what to ask for. The nodes are those that run now.
func (t *tapping) query(ctx context.Context) (url.Values, error) {
	nodes, err := t.client.nodes(ctx)
	if err != nil {
		return nil, err
	}
	t.lines.names = nodes.labels()
	q := url.Values{"t": t.kinds}
	if !t.json {
		q.Set("enc", "typed")
		if len(t.kinds) == 0 {
			q["t"] = slices.DeleteFunc(slices.Clone(tapKinds), func(kind string) bool { return kind == "log" })
		}
	}
	for _, given := range t.given {
		found, err := nodes.all(given)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			q.Add("node", n.id)
		}
	}
	for _, given := range t.flows {
		id, err := t.client.flowID(ctx, given)
		if err != nil {
			return nil, err
		}
		q.Add("flow", id)
	}
	return q, nil
}

// flowID returns the id of the flow that a user means, by its id or label.
func (c *client) flowID(ctx context.Context, given string) (string, error) {
	v, err := c.get(ctx, "/flows")
	if err != nil {
		return "", err
	}
	var names, labelled []string
	for _, o := range objects(v) {
		typ, id := text(o, "type"), text(o, "id")
		label := text(o, "label")
		if strings.HasPrefix(typ, "subflow:") {
			label = text(o, "name")
		} else if typ != "tab" {
			continue
		}
		if id == given {
			return id, nil
		}
		if label == given {
			labelled = append(labelled, id)
		}
		if names = append(names, id); label != "" {
			names = append(names, label)
		}
	}
	switch len(labelled) {
	case 0:
		return "", fmt.Errorf("there is no flow %q%s", given, didYouMean(given, names))
	case 1:
		return labelled[0], nil
	}
	return "", fmt.Errorf("%d flows are called %q; give the id of one: %s", len(labelled), given, strings.Join(labelled, ", "))
}

// read prints the frames of a connection. What has come is printed when nothing
// more comes for the moment.
func (t *tapping) read(ctx context.Context, conn *websocket.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	frames := make(chan []byte, 64)
	var failed error // set before frames is closed
	go func() {
		defer close(frames)
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				failed = err
				return
			}
			select {
			case frames <- text:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range frames { // until the reader has ended
		}
	}()
	for text := range frames {
		if err := t.show(ctx, text); err != nil {
			return err
		}
		if len(frames) == 0 {
			if err := t.out.Flush(); err != nil {
				return outputError{err}
			}
		}
	}
	return failed
}

// show prints one frame.
func (t *tapping) show(ctx context.Context, text []byte) error {
	v, err := flow.ParseJSON(text)
	frame, ok := v.(*flow.Object)
	if err != nil || !ok {
		return nil // it is no frame of a version that is known here
	}
	kind, _ := frame.Get("t").(string)
	if kind == "flows" && frame.Get("state") == "started" {
		if nodes, err := t.client.nodes(ctx); err == nil {
			t.lines.names = nodes.labels()
		}
	}
	line := append(text, '\n')
	if !t.json {
		decoded, _ := typedjson.Decode(frame).(*flow.Object)
		if decoded == nil {
			return nil
		}
		line = t.lines.of(decoded)
	}
	if _, err := t.out.Write(line); err != nil {
		return outputError{err}
	}
	if kind != "hello" && kind != "lost" {
		t.shown++
	}
	if t.count > 0 && t.shown == t.count {
		return errEnough
	}
	return nil
}
