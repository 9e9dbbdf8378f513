package flowtests

import (
	"context"
	"errors"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/noticeboard"
	"github.com/flowrun/flowrun/runtime"
)

// board is where the flow and the peers of a test note what happens, and where
// the steps wait for it.
type board struct {
	noticeboard.Board
	last    time.Time // of the last change
	happens []happening
	told    []string // what nodes have reported, for people
	names   func(id string) string
}

// kind is what happened to a node.
type kind int

const (
	received kind = iota
	sent
	status
	failed // it reported an error
)

// spot is where something happens: a node, and what; for sent an output.
type spot struct {
	node   string
	kind   kind
	output int // -1 if it is none
}

// happening is one thing that happened at a spot: a message, a badge or an
// error.
type happening struct {
	spot
	value flow.Value
}

func newBoard() *board { return &board{last: time.Now()} }

// Frame implements [runtime.Listener].
func (b *board) Frame(f runtime.Frame) {
	h := happening{spot: spot{node: f.Node.ID, output: -1}}
	told := ""
	switch f.Kind {
	case "receive", "send":
		msg, ok := f.Body.Get("msg").(*flow.Message)
		if !ok {
			return
		}
		h.value = msg.Snapshot()
		if f.Kind == "send" {
			h.kind, h.output = sent, f.Port
		}
	case "status":
		h.kind, h.value = status, f.Body.Get("status")
		if badge, ok := h.value.(*flow.Object); ok && badge.Get("fill") == "red" {
			told = "shows " + flow.Text(badge.Get("text"))
		}
	case "call":
		args, _ := f.Body.Get("args").(flow.Array)
		fn := f.Body.Get("fn")
		if len(args) == 0 || fn != "error" && fn != "warn" {
			return
		}
		told = "reports " + flow.Text(args[0])
		if fn == "error" {
			h.kind, h.value = failed, errorText(args[0])
			break
		}
		b.update(func() { b.told = append(b.told, b.names(f.Node.ID)+" "+told) })
		return
	default:
		return
	}
	b.update(func() {
		b.happens = append(b.happens, h)
		if told != "" {
			b.told = append(b.told, b.names(f.Node.ID)+" "+told)
		}
	})
}

// errorText is what an error says, without JavaScript's "Error: ".
func errorText(v flow.Value) flow.Value {
	switch v := v.(type) {
	case error:
		if inner, ok := errors.AsType[*flow.Error](v); ok {
			return inner.Message
		}
		return v.Error()
	}
	return v
}

// update runs fn under the lock and wakes everybody who waits.
func (b *board) update(fn func()) {
	b.Update(func() {
		fn()
		b.last = time.Now()
	})
}

// settle is how long nothing must happen for a flow to count as quiet: the time
// that bytes may take on their way through the loopback interface.
const settle = 100 * time.Millisecond

// quiet waits until no message is under way and nothing has happened for a
// moment, at most for d, unless done, which is called under the lock, is true
// before.
func (b *board) quiet(ctx context.Context, rt *runtime.Runtime, d time.Duration, done func() bool) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	over := false
	for !over && ctx.Err() == nil && !b.calm(ctx, rt, settle) {
		b.Look(func() { over = done() })
	}
}

// calm waits until no message is under way and nothing has happened for a time.
// It is false if something happens instead, or the context ends.
func (b *board) calm(ctx context.Context, rt *runtime.Runtime, d time.Duration) bool {
	var last time.Time
	b.Look(func() { last = b.last })
	happens := func() bool { return b.last != last }
	return rt.Quiet(ctx) == nil && !b.Wait(ctx, d-time.Since(last), happens) && rt.Quiet(ctx) == nil && !b.Wait(ctx, 0, happens)
}
