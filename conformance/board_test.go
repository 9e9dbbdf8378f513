package conformance

import (
	"context"
	"time"

	"github.com/flowrun/flowrun/internal/noticeboard"
)

// board is where the driver's goroutines note what they saw, and wait for it.
type board = noticeboard.Board

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
