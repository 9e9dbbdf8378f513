package bench

import "time"

// Usage is what a process has used so far.
type Usage struct {
	CPU      time.Duration // user and system time of all threads
	Resident int64         // bytes of memory
}
