// Package delay is the node type delay: it holds messages back for a time, or
// lets no more of them through than a rate allows.
package delay

import (
	"container/list"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/timers"
)

// Config is the node's configuration.
type Config struct {
	PauseType    string  `json:"pauseType" doc:"what to do: delay, delayv, random, rate, burst, queue or timed"`
	Timeout      float64 `json:"timeout" doc:"how long delay holds a message, and delayv one without msg.delay"`
	TimeoutUnits string  `json:"timeoutUnits" doc:"unit of timeout: milliseconds, seconds, minutes, hours or days"`
	Rate         float64 `json:"rate" doc:"how many messages may pass in nbRateUnits units of time"`
	NbRateUnits  float64 `json:"nbRateUnits" doc:"how many units of time rate is for"`
	RateUnits    string  `json:"rateUnits" doc:"the unit: second, minute, hour or day"`
	RandomFirst  float64 `json:"randomFirst" doc:"shortest time for random"`
	RandomLast   float64 `json:"randomLast" doc:"longest time for random"`
	RandomUnits  string  `json:"randomUnits" doc:"unit of these two, as for timeout"`
	Drop         bool    `json:"drop" doc:"for rate: messages that come too fast are dropped, not queued"`
	AllowRate    bool    `json:"allowrate" doc:"whether msg.rate replaces the rate"`
	Outputs      int     `json:"outputs" doc:"2: what would be dropped leaves on the second output"`
}

// Type returns the node type. A node with a rate holds at most
// NodeMessageBufferMaxLength messages.
func Type(live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "delay", Category: "function", Inputs: 1, Outputs: 1,
		Summary:    "Holds messages back for a time, or limits their rate.",
		OutputDocs: []string{"the message, when its time has come", "with outputs 2: messages that are dropped"},
		InputDocs: []flow.Doc{
			{Name: "delay", Text: "for delayv: how long to hold the message, in milliseconds"},
			{Name: "rate", Text: "with allowrate: milliseconds from one message to the next, from now on until a reset"},
			{Name: "reset", Text: "if it is there: all messages held are dropped, and this one too"},
			{Name: "flush", Text: "if it is there: messages held are sent at once, as many as the number says, else all; " +
				"a message with nothing else but flush is not sent itself"},
			{Name: "toFront", Text: "for rate: true queues the message before all others"},
		},
		Notes: "delay, delayv and random hold each message for a time: timeout, msg.delay, or a random time. " +
			"rate sends the first message at once and queues or drops what comes too fast after it. " +
			"burst lets up to rate messages through in any nbRateUnits units of time and drops the others. " +
			"queue and timed keep one message a topic, the latest: queue sends the first of them, timed all of them, each time the rate allows one.",
		Differences: []string{
			"Times of more than 24.8 days work.",
			"Rates of more than a message in a millisecond are exact.",
			"Each message completes once, also one that a reset or a full queue drops.",
		},
		Default: func() Config {
			return Config{
				PauseType: "delay", Timeout: 5, TimeoutUnits: "seconds",
				Rate: 1, NbRateUnits: 1, RateUnits: "second",
				RandomFirst: 1, RandomLast: 5, RandomUnits: "seconds", Outputs: 1,
			}
		},
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, env, live.Get().NodeMessageBufferMaxLength)
		},
	})
}

// New makes a node that queues at most limit messages for a rate, 0 for any
// number. Each way to delay is a node of its own.
func New(c Config, env flow.Env, limit int) (flow.Node, error) {
	b := base{env: env, timers: timers.NewGroup(env)}
	timeout := span(c.Timeout, c.TimeoutUnits)
	switch c.PauseType {
	case "delay":
		fixed := func(*flow.Message) time.Duration { return timeout }
		return &waiter{base: b, wait: fixed, shows: timeout > time.Second}, nil
	case "delayv":
		return &waiter{base: b, wait: orDelayOf(timeout), shows: true}, nil
	case "random":
		first, last := span(c.RandomFirst, c.RandomUnits), span(c.RandomLast, c.RandomUnits)
		random := func(*flow.Message) time.Duration {
			return first + time.Duration(float64(last-first)*rand.Float64())
		}
		return &waiter{base: b, wait: random, shows: timeout >= time.Second}, nil
	case "rate", "burst", "queue", "timed":
	default:
		return nil, &flow.ConfigError{Property: "pauseType",
			Reason: fmt.Sprintf("expected delay, delayv, random, rate, burst, queue or timed, got %q", c.PauseType)}
	}

	if c.Rate <= 0 {
		return nil, &flow.ConfigError{Property: "rate", Reason: "expected more than 0"}
	}
	r := rates{allowed: c.AllowRate}
	r.configured = span(c.NbRateUnits/c.Rate, c.RateUnits)
	if c.NbRateUnits <= 0 {
		r.configured = span(1/c.Rate, c.RateUnits)
	}
	r.current = r.configured
	second := c.Outputs == 2
	switch {
	case c.PauseType == "burst":
		return &burst{base: b, size: c.Rate, window: span(c.NbRateUnits, c.RateUnits), second: second}, nil
	case c.PauseType != "rate":
		return &byTopic{base: b, rates: r, all: c.PauseType == "timed", second: second, waiting: map[flow.Value]*list.Element{}}, nil
	case c.Drop:
		return &dropper{base: b, rates: r, second: second}, nil
	}
	return &limiter{base: b, rates: r, limit: limit}, nil
}

// span returns n units of time; the unit is in the singular or the plural, and
// one that is not known is a second.
func span(n float64, unit string) time.Duration {
	ms := 1000.0
	switch strings.TrimSuffix(unit, "s") {
	case "millisecond":
		ms = 1
	case "minute":
		ms *= 60
	case "hour":
		ms *= 60 * 60
	case "day":
		ms *= 24 * 60 * 60
	}
	return timers.Milliseconds(n * ms)
}

// orDelayOf takes the time from msg.delay if that is a number.
func orDelayOf(timeout time.Duration) func(*flow.Message) time.Duration {
	return func(msg *flow.Message) time.Duration {
		if ms, ok := timers.FromMessage(msg.Get("delay")); ok {
			return timers.Milliseconds(ms)
		}
		return timeout
	}
}

// rates is the time from one message to the next.
type rates struct {
	configured, current time.Duration
	allowed             bool // msg.rate may change it
}

// follow takes the rate from msg.rate, if it may, and tells whether it changed.
func (r *rates) follow(msg *flow.Message) bool {
	if !r.allowed {
		return false
	}
	ms, ok := timers.FromMessage(msg.Get("rate"))
	if !ok {
		return false
	}
	if ms <= 0 {
		ms = 1 // Node.js has no shorter interval
	}
	was := r.current
	r.current = timers.Milliseconds(ms)
	return r.current != was
}
