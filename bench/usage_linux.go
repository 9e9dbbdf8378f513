package bench

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// UsageOf returns the usage of a process. The CPU time is exact to the
// nanosecond: Linux has a clock for each process (clock_getcpuclockid(3)), where
// /proc/PID/stat counts in hundredths of a second.
func UsageOf(pid int) (Usage, error) {
	const schedulerClock = 2 // CPUCLOCK_SCHED in the kernel's posix-timers
	var cpu unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|schedulerClock), &cpu); err != nil {
		return Usage{}, fmt.Errorf("reading the CPU clock of process %d: %w", pid, err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return Usage{}, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return Usage{}, fmt.Errorf("reading statm of process %d: %w", pid, err)
	}
	return Usage{CPU: time.Duration(cpu.Nano()), Resident: resident * int64(os.Getpagesize())}, nil
}
