// Package timertest drives one node in the virtual time of testing/synctest
// and writes down when what leaves it.
package timertest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

// outputs is how many outputs are watched.
const outputs = 2

// Driver is a [flowtest.Driver] with a clock. All times are in milliseconds
// from when it was made.
type Driver struct {
	*flowtest.Driver
	// Timeline has an entry for each message that left the node: "250 a" is the
	// payload a after 250 ms, "250 2:a" the same on the second output.
	Timeline []string

	t     testing.TB
	start time.Time
	seen  [outputs]int
}

// New makes a node of the type with the configuration (a JSON object). Call it
// inside of a bubble.
func New(t testing.TB, typ flow.Type, config string) *Driver {
	t.Helper()
	return &Driver{Driver: flowtest.New(t, typ, config), t: t, start: time.Now()}
}

// Play hands the node messages when their time has come: `250 {"payload":"a"}`.
func (d *Driver) Play(steps ...string) {
	d.t.Helper()
	for _, s := range steps {
		at, msg, _ := strings.Cut(s, " ")
		ms, err := strconv.Atoi(at)
		if err != nil {
			d.t.Fatal(err)
		}
		d.RunUntil(ms)
		d.Handle(msg)
		d.record()
	}
}

// RunUntil lets the time pass and runs what the node posts, up to and with what
// is due at the end.
func (d *Driver) RunUntil(ms int) {
	wait := time.Duration(ms)*time.Millisecond - time.Since(d.start)
	reached := wait <= 0
	time.AfterFunc(wait, func() {
		d.Post(nil, flow.TaskFunc(func(flow.Outlet) error { reached = true; return nil }))
	})
	d.Until(func() bool { d.record(); return reached })
	synctest.Wait()
	d.Run()
	d.record()
}

// Want fails the test if the timeline is another one.
func (d *Driver) Want(timeline ...string) {
	d.t.Helper()
	if !slices.Equal(d.Timeline, timeline) {
		d.t.Errorf("timeline %q\nwant     %q", d.Timeline, timeline)
	}
}

func (d *Driver) record() {
	for port := range outputs {
		prefix := ""
		if port > 0 {
			prefix = strconv.Itoa(port+1) + ":"
		}
		msgs := d.Messages(port)
		for _, m := range msgs[d.seen[port]:] {
			d.Timeline = append(d.Timeline, fmt.Sprintf("%d %s%s", time.Since(d.start).Milliseconds(), prefix, flow.Text(m.Get("payload"))))
		}
		d.seen[port] = len(msgs)
	}
}
