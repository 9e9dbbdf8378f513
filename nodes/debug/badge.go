package debug

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/inspect"
	"github.com/flowrun/flowrun/internal/timers"
	"github.com/flowrun/flowrun/internal/typed"
)

// maxBadge is how many characters of a value a badge shows.
const maxBadge = 32

// The counter shows a new number at once if the one before is older than
// counterQuiet, else when counterPause has passed without another message.
const (
	counterQuiet = 100 * time.Millisecond
	counterPause = 200 * time.Millisecond
)

// badge is the node's status badge. All but start and stop runs on the loop.
type badge struct {
	env      flow.Env
	kind     string       // auto, counter, msg or jsonata
	property typed.Getter // for msg and jsonata
	shown    string       // the badge on show, as JSON

	count  int
	last   time.Time // of the last message counted
	timers *timers.Group
	later  *timers.Timer // shows the count when it has become quiet
}

func newBadge(c Config, place typed.Place) (*badge, error) {
	b := &badge{env: place.Env, kind: c.StatusType, timers: timers.NewGroup(place.Env)}
	switch c.StatusType {
	case "auto", "counter":
		return b, nil
	case "msg", "jsonata":
	default:
		return nil, &flow.ConfigError{Property: "statusType", Reason: fmt.Sprintf("expected auto, counter, msg or jsonata, got %q", c.StatusType)}
	}
	if c.StatusVal == "" {
		c.StatusVal = c.Complete
	}
	var err error
	b.property, err = place.Compile("statusVal", c.StatusVal, c.StatusType)
	return b, err
}

func (b *badge) start() {
	b.env.Status(flow.NewObject("fill", "grey", "shape", "ring"))
	if b.kind == "counter" {
		b.showCount()
	}
}

func (b *badge) stop() {
	b.timers.Stop()
	b.env.Status(flow.NewObject())
}

// show shows a message; value is what the node shows elsewhere.
func (b *badge) show(msg *flow.Message, value flow.Value) {
	switch b.kind {
	case "counter":
		b.tick()
		return
	case "msg", "jsonata":
		var err error
		if value, err = b.property.OrUndefined(msg); err != nil {
			b.env.Error(expressionError(b.env, err), nil)
			return
		}
	}
	text, isText := value.(string)
	if !isText {
		text = inspect.Value(value, inspect.DefaultDepth)
	}
	fill, shape := flow.Value("grey"), flow.Value("dot")
	if o, ok := value.(*flow.Object); ok && flow.Truthy(o.Get("fill")) && flow.Truthy(o.Get("shape")) && flow.Truthy(o.Get("text")) {
		fill, shape, text = o.Get("fill"), o.Get("shape"), flow.Text(o.Get("text"))
	}
	if b.kind == "auto" {
		if o, ok := msg.Get("error").(*flow.Object); ok {
			fill, text = "red", flow.Text(o.Get("message"))
		}
		if o, ok := msg.Get("status").(*flow.Object); ok {
			fill, shape, text = or(o.Get("fill"), "grey"), or(o.Get("shape"), "ring"), flow.Text(or(o.Get("text"), ""))
		}
	}
	if runes := []rune(text); len(runes) > maxBadge {
		text = string(runes[:maxBadge]) + "..."
	}
	badge := flow.NewObject("fill", fill, "shape", shape, "text", text)
	if shown := flow.JSON(badge); shown != b.shown {
		b.shown = shown
		b.env.Status(badge)
	}
}

func (b *badge) tick() {
	b.count++
	now := b.env.Clock.Now()
	quiet := now.Sub(b.last) > counterQuiet
	b.last = now
	if quiet {
		b.showCount()
	} else {
		b.later.Stop()
		b.later = b.timers.After(counterPause, func(flow.Outlet) error { b.showCount(); return nil })
	}
}

func (b *badge) showCount() { b.env.Status(flow.Badge("blue", "ring", fmt.Sprint(b.count))) }

// or is JavaScript's v || other.
func or(v, other flow.Value) flow.Value {
	if flow.Truthy(v) {
		return v
	}
	return other
}
