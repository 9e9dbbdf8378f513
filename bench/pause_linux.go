package bench

import (
	"time"

	"golang.org/x/sys/unix"
)

// pause sleeps in the kernel: timers of the Go runtime are up to a millisecond
// late when nothing else runs.
func pause(d time.Duration) {
	spec := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&spec, nil) // a signal that ends it early does no harm
}
