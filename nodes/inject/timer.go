package inject

import (
	"fmt"
	"time"

	"github.com/netresearch/go-cron"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/timers"
)

// maxRepeat is the longest interval in seconds; Node.js has no longer one.
const maxRepeat = 2147483

// cronFields are those of Node-RED's scheduler: seconds may be left out, and a
// day matches by its date or by its weekday.
const cronFields = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow |
	cron.Descriptor | cron.DowNth | cron.DowLast | cron.DomL | cron.DomW | cron.DowOrDom

// timer runs a task when it is time.
type timer struct {
	env      flow.Env
	group    *timers.Group
	task     flow.TaskFunc
	once     time.Duration // to the first run; negative is none
	interval time.Duration // of further runs; 0 is none
	crontab  cron.Schedule // of further runs if there is no interval; may be nil
	fault    string        // what is wrong with the interval
}

func newTimer(c Config, env flow.Env) (*timer, error) {
	t := &timer{env: env, group: timers.NewGroup(env), once: -1}
	if c.Once {
		t.once = timers.Milliseconds(c.OnceDelay * 1000)
	}
	switch {
	case c.Repeat > maxRepeat:
		t.fault = env.Text("inject.errors.toolong", "Interval too large")
	case c.Repeat > 0:
		t.interval = max(timers.Milliseconds(c.Repeat*1000), time.Millisecond)
	case c.Crontab != "":
		parser, err := cron.TryNewParser(cronFields)
		if err != nil {
			return nil, err
		}
		if t.crontab, err = parser.Parse(c.Crontab); err != nil {
			return nil, &flow.ConfigError{Property: "crontab", Reason: fmt.Sprintf("%q is no cron expression, such as \"30 8 * * 1-5\": %v", c.Crontab, err)}
		}
	}
	return t, nil
}

func (t *timer) start() {
	if t.fault != "" {
		t.env.Report(flow.LevelError, t.fault, nil)
	}
	if t.once < 0 {
		t.repeat()
		return
	}
	t.group.After(t.once, func(out flow.Outlet) error {
		t.repeat()
		return t.task(out)
	})
}

func (t *timer) repeat() {
	switch {
	case t.interval > 0:
		t.group.Every(t.interval, t.task)
	case t.crontab != nil:
		t.runAfter(t.env.Clock.Now())
	}
}

// runAfter runs the task at the first time after last that the crontab names,
// and then at the next one.
func (t *timer) runAfter(last time.Time) {
	at := t.crontab.Next(last)
	if at.IsZero() { // a date that never comes
		return
	}
	t.group.After(at.Sub(t.env.Clock.Now()), func(out flow.Outlet) error {
		if now := t.env.Clock.Now(); now.After(at) { // it is not if somebody sets the clock back
			at = now
		}
		t.runAfter(at)
		return t.task(out)
	})
}

func (t *timer) stop() { t.group.Stop() }
