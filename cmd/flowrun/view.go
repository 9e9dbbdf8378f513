package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/flowrun/flowrun/flow"
)

// view is a command that shows something of a running flowrun, once or again and
// again.
type view struct {
	clientFlags
	watch    bool
	interval time.Duration

	fetch func(context.Context, *client) (flow.Value, error)    // what --json prints
	print func(context.Context, *client, io.Writer, flow.Value) // for people
}

// ANSI control sequences: the cursor to the top left, and all from the cursor to
// the end of the line, or of the screen, wiped out.
const (
	cursorHome  = "\x1b[H"
	wipeLine    = "\x1b[K"
	wipeScreen  = "\x1b[J"
	minInterval = 100 * time.Millisecond
)

func (v *view) addFlags(cmd *cobra.Command) {
	v.clientFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&v.watch, "watch", false, "show it again and again; a terminal is redrawn, in a pipe one follows the other")
	cmd.Flags().DurationVar(&v.interval, "interval", time.Second, "how often --watch shows it")
}

func (v *view) run(cmd *cobra.Command, _ []string) error {
	if v.interval < minInterval {
		return usagef("--interval %s: at least %s", v.interval, minInterval)
	}
	c, err := v.client()
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(os.Exit)
	defer stop()
	out := cmd.OutOrStdout()
	terminal := isScreen(out) && !v.json
	text, err := v.show(ctx, c)
	if err != nil || !v.watch {
		if err == nil {
			_, err = out.Write(text)
		}
		return err
	}
	tick := time.NewTicker(v.interval)
	defer tick.Stop()
	for {
		if terminal {
			text = redrawing(fitted(text, out))
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if text, err = v.show(ctx, c); ctx.Err() != nil {
				return nil
			}
			switch {
			case err != nil && terminal:
				text = fmt.Appendln(nil, "flowrun:", err)
			case err != nil:
				say(cmd.ErrOrStderr(), "flowrun: %v", err)
				text = nil
			case !terminal && !v.json:
				text = append(fmt.Appendf(nil, "\n%s\n", now.UTC().Format(time.RFC3339)), text...)
			}
		}
	}
}

// show returns what there is to see now.
func (v *view) show(ctx context.Context, c *client) ([]byte, error) {
	value, err := v.fetch(ctx, c)
	if err != nil {
		return nil, err
	}
	if v.json {
		return append(flow.AppendJSON(nil, value), '\n'), nil
	}
	var b bytes.Buffer
	v.print(ctx, c, &b, value)
	return b.Bytes(), nil
}

// fitted cuts what is larger than the terminal, which would scroll otherwise.
func fitted(text []byte, out io.Writer) []byte {
	f, ok := out.(*os.File)
	if !ok {
		return text
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 1 || height < 2 {
		return text
	}
	var lines [][]byte
	for line := range bytes.Lines(text) {
		if runes := []rune(string(bytes.TrimSuffix(line, []byte("\n")))); len(runes) > width {
			line = []byte(string(runes[:width-1]) + "…\n")
		}
		if lines = append(lines, line); len(lines) == height-1 {
			break
		}
	}
	return bytes.Join(lines, nil)
}

// redrawing returns the text as it replaces what the terminal shows, without a
// flicker.
func redrawing(text []byte) []byte {
	lines := bytes.ReplaceAll(text, []byte("\n"), []byte(wipeLine+"\n"))
	return append(append([]byte(cursorHome), lines...), wipeScreen...)
}
