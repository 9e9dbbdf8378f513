package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, 400}, {1 << 20, 400}, {3 << 20, 400}, {4 << 20, 300}, {6 << 20, 160}, {8 << 20, 100}, {1 << 30, 100},
	} {
		if got := percentFor(c.live); got != c.want {
			t.Errorf("with %d bytes in use: %d %%, want %d", c.live, got, c.want)
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
