package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestPercent(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live, others uint64
		want         int
	}{
		{0, 0, 400}, {2 * mb, mb, 400}, {3 * mb, mb, 320}, {4 * mb, 0, 300}, {4 * mb, 4 * mb, 150}, {6 * mb, 0, 160},
		{8 * mb, 0, 100}, {2 * mb, 100 * mb, 100}, {16 * mb, 0, 100}, {1000 * mb, 0, 100},
	} {
		if got := percentFor(c.live, c.others); got != c.want {
			t.Errorf("with %d and %d MB in use: %d %%, want %d", c.live/mb, c.others/mb, got, c.want)
		}
	}
}

// The setting follows what is in use, and is as before after all.
func TestPacer(t *testing.T) {
	t.Setenv("GOGC", "")
	before := percent()
	stop := paceCollector()
	if got := percent(); got != floorPercent {
		t.Errorf("%d %% at first", got)
	}
	heap := make([]byte, 2*heapFloor)
	for percent() != usualPercent { // the setting changes after a cycle, on another goroutine
		runtime.GC()
	}
	runtime.KeepAlive(heap)
	stop()
	if got := percent(); got != before {
		t.Errorf("%d %% at the end, %d before", got, before)
	}
	t.Setenv("GOGC", "50")
	defer paceCollector()()
	if got := percent(); got != before {
		t.Errorf("%d %% where the environment says what to do", got)
	}
}

// percent returns the setting.
func percent() int {
	setting := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(setting)
	return int(setting[0].Value.Uint64())
}
