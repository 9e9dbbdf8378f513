package inject

import (
	"sync"
	"time"

	"github.com/netresearch/go-cron"

	"github.com/flowrun/flowrun/flow"
)

// maxRepeat is the longest interval in seconds; Node.js has no longer one.
const maxRepeat = 2147483

// cronFields are those of Node-RED's scheduler: seconds may be left out, and a
// day matches by its date or by its weekday.
const cronFields = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow |
	cron.Descriptor | cron.DowNth | cron.DowLast | cron.DomL | cron.DomW | cron.DowOrDom

// timer posts a task to the node's flow when it is time.
type timer struct {
	env   flow.Env
	task  flow.Task
	once  time.Duration                 // to the first task; negative is none
	next  func(now time.Time) time.Time // when to post again; nil is never
	fault string                        // what is wrong with the interval

	mu      sync.Mutex
	pending *time.Timer
	stopped bool
}

func newTimer(c Config, env flow.Env) (*timer, error) {
	t := &timer{env: env, once: -1}
	if c.Once {
		t.once = max(0, seconds(c.OnceDelay))
	}
	switch {
	case c.Repeat > maxRepeat:
		t.fault = "Interval too large"
	case c.Repeat > 0:
		interval := max(seconds(c.Repeat), time.Millisecond)
		t.next = func(now time.Time) time.Time { return now.Add(interval) }
	case c.Crontab != "":
		parser, err := cron.TryNewParser(cronFields)
		if err != nil {
			return nil, err
		}
		schedule, err := parser.Parse(c.Crontab)
		if err != nil {
			return nil, &flow.ConfigError{Property: "crontab", Reason: err.Error()}
		}
		t.next = schedule.Next
	}
	return t, nil
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, maxRepeat) * float64(time.Second))
}

func (t *timer) start() {
	if t.fault != "" {
		t.env.Report(flow.LevelError, t.fault, nil)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.once >= 0 {
		t.pending = time.AfterFunc(t.once, t.fire)
		return
	}
	t.arm()
}

// arm sets the time of the next task. The caller holds mu.
func (t *timer) arm() {
	if t.next == nil {
		return
	}
	now := time.Now()
	if at := t.next(now); !at.IsZero() { // zero: a date that never comes
		t.pending = time.AfterFunc(at.Sub(now), t.fire)
	}
}

func (t *timer) fire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.env.Post(nil, t.task)
	t.arm()
}

// stop waits for a task that is just being posted.
func (t *timer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.pending != nil {
		t.pending.Stop()
	}
}
