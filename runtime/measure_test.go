package runtime_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// In a bubble nothing takes time but what sleeps.
func TestBusyTimeQueueAndLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("b button r\nr record\n", runtime.Full)
		const calls = 300 // more than are measured each
		for range calls {
			b.host("b").Post(nil, flow.TaskFunc(func(out flow.Outlet) error {
				time.Sleep(time.Second) // in the bubble
				out.Send(0, flow.NewMessage())
				return nil
			}))
		}
		synctest.Wait()
		if n := status(b, "b").Waiting; n != calls-1 {
			t.Errorf("%d tasks wait, want %d", n, calls-1)
		}
		if err := b.Quiet(t.Context()); err != nil {
			t.Fatal(err)
		}
		// After 256 calls the 272nd and the 288th stand for 16 each.
		const counted = 256 + 2*16
		button, record := status(b, "b"), status(b, "r")
		if button.Waiting != 0 || button.Busy != counted*time.Second || record.Busy != 0 || record.Received != calls {
			t.Errorf("the nodes are %+v and %+v", button, record)
		}
		list := b.Latencies()
		if len(list) != 1 {
			t.Fatalf("latencies of %d flows", len(list))
		}
		var sum time.Duration
		for i := 1; i <= 256; i++ {
			sum += time.Duration(i) * time.Second
		}
		sum += 16 * (272 + 288) * time.Second
		got, bounds := list[0], runtime.LatencyBounds()
		classes := map[time.Duration]uint64{}
		for i, n := range got.Counts[:len(bounds)] {
			if n > 0 {
				classes[bounds[i]] = n
			}
		}
		if got.Sum != sum || len(classes) != 3 || classes[time.Second] != 1 || classes[2500*time.Millisecond] != 1 || classes[10*time.Second] != 8 || got.Counts[len(bounds)] != counted-10 {
			t.Errorf("the latency is %v in %v and %d more; want %v", got.Sum, classes, got.Counts[len(bounds)], sum)
		}
	})
}

// status returns that of one node.
func status(b *bench, id string) runtime.NodeStatus {
	for _, n := range b.Status() {
		if n.ID == id {
			return n
		}
	}
	b.t.Fatalf("there is no node %s", id)
	return runtime.NodeStatus{}
}

func TestReady(t *testing.T) {
	b := newBench(t)
	if err := b.Ready(); !errors.Is(err, runtime.ErrNoFlows) {
		t.Errorf("before the first deploy: %v", err)
	}
	b.deploy("r record\n", runtime.Full)
	if err := b.Ready(); err != nil {
		t.Errorf("after a deploy: %v", err)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(); !errors.Is(err, runtime.ErrStopping) {
		t.Errorf("after the end: %v", err)
	}
}
