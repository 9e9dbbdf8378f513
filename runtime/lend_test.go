package runtime_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// Sources that lend their goroutines run the flow one at a time, each source's
// messages in order, also while nodes are exchanged.
func TestSourcesLendTheirGoroutines(t *testing.T) {
	b := newBench(t)
	flows := func(version int) string {
		return fmt.Sprintf("in button mid\nmid pass r version=%d\nr record\n", version)
	}
	b.deploy(flows(0), runtime.Full)
	host := b.host("in").(flow.Lender)
	const sources, each = 4, 500
	var running sync.WaitGroup
	for s := range sources {
		running.Go(func() {
			for i := range each {
				host.Queue(nil, flow.TaskFunc(func(out flow.Outlet) error {
					m := flow.NewMessage()
					m.Set("payload", fmt.Sprintf("%d-%d", s, i))
					out.Send(0, m)
					return nil
				}))
				host.Lend()
			}
		})
	}
	for i := range 20 {
		b.deploy(flows(i+1), runtime.Nodes)
	}
	running.Wait()
	if err := b.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	next := make([]int, sources)
	got := b.take(false)
	for _, s := range got[:len(got)-1] { // the last is what the button says when it stops
		var source, i int
		if _, err := fmt.Sscanf(s, "r:%d-%d", &source, &i); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if i != next[source] {
			t.Fatalf("source %d: message %d came when %d was due", source, i, next[source])
		}
		next[source]++
	}
	if len(got) != sources*each+1 {
		t.Errorf("%d messages of %d arrived", len(got)-1, sources*each)
	}
}

// flushed counts what came before it in one batch.
type flushed struct {
	batch int
	all   []int
}

func (f *flushed) Flush() {
	f.all = append(f.all, f.batch)
	f.batch = 0
}

// Several tasks that came in one go are one batch, which ends with the last of
// them; and at the latest when there is nothing more to do.
func TestTasksOfOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button r\nr record\n", runtime.Full)
		synctest.Wait() // until the flow is idle: what is queued then runs when it is lent a goroutine
		host := b.host("in").(flow.Lender)
		var f flushed
		task := flow.TaskFunc(func(flow.Outlet) error {
			if f.batch == 0 {
				host.(flow.Batcher).AtEnd(&f)
			}
			f.batch++
			return nil
		})
		host.QueueMore(nil, task)
		host.QueueMore(nil, task)
		host.Queue(nil, task)
		host.Queue(nil, task)
		host.QueueMore(nil, task)
		host.Lend()
		if err := b.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(f.all, []int{3, 1, 1}) {
			t.Errorf("the batches have %v tasks", f.all)
		}
	})
}

// A shutdown waits for what is under way, and for no longer than it may.
func TestShutdownDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button slow\nslow later r\nr record\n", runtime.Full)
		b.press("in", "held for a second")
		start := time.Now()
		if err := b.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		equal(t, "delivered", b.take(false), []string{"r:held for a second", "r:closed"})
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("the shutdown took %v, want the second that each message was held", took)
		}
	})
}

func TestShutdownDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button hole\nhole keep\n", runtime.Full)
		b.press("in", "never done")
		start := time.Now()
		err := b.Shutdown(context.Background())
		if err == nil || !strings.Contains(err.Error(), "still under way") {
			t.Errorf("error %v, want one that says what was left", err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("the shutdown took %v, want the drain time", took)
		}
	})
}
