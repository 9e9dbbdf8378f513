// Package backoff says how long to wait before the next attempt to connect.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Delays are the times between attempts. The first is First; if Max is longer,
// each is twice as long as the one before, up to Max, and half of it is left to
// chance: those who have lost the same server do not come back all at once.
type Delays struct {
	First, Max time.Duration

	next time.Duration
}

// Next returns the time until the next attempt.
func (d *Delays) Next() time.Duration {
	if d.Max <= d.First {
		return d.First
	}
	delay := max(d.next, d.First)
	d.next = min(2*delay, d.Max)
	return delay/2 + rand.N(delay/2+1)
}

// Reset begins anew: an attempt was successful.
func (d *Delays) Reset() { d.next = 0 }

// Wait waits for a time, or until the context ends.
func Wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
