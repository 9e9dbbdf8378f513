package backoff

import (
	"testing"
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
