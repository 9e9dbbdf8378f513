package backoff

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestConstant(t *testing.T) {
	d := Delays{First: 3 * time.Second}
	for range 5 {
		if got := d.Next(); got != 3*time.Second {
			t.Fatalf("waits %v", got)
		}
	}
}

func TestGrowing(t *testing.T) {
	d := Delays{First: time.Second, Max: 10 * time.Second}
	for range 2 {
		for i, most := range []time.Duration{1, 2, 4, 8, 10, 10} {
			most *= time.Second
			if got := d.Next(); got < most/2 || got > most {
				t.Fatalf("attempt %d waits %v, not %v to %v", i, got, most/2, most)
			}
		}
		d.Reset()
	}
}

// Waiting is over when the time is up, or nobody wants to wait any more.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ wait, ends, took time.Duration }{
			{time.Second, time.Hour, time.Second},
			{time.Hour, time.Second, time.Second},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), c.ends)
			began := time.Now()
			Wait(ctx, c.wait)
			if took := time.Since(began); took != c.took {
				t.Errorf("waiting for %v, or %v at most, takes %v", c.wait, c.ends, took)
			}
			cancel()
		}
	})
}
