//go:build !linux

package bench

import (
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// UsageOf returns the usage of a process as ps(1) tells it: exact to a hundredth
// of a second on macOS. Where there is no such ps, as on Windows, it is an error.
func UsageOf(pid int) (Usage, error) {
	out, err := exec.Command("ps", "-o", "time=,rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return Usage{}, fmt.Errorf("asking ps for process %d: %w", pid, err)
	}
	var minutes, kilobytes int64
	var seconds float64
	if _, err := fmt.Sscanf(string(out), "%d:%f %d", &minutes, &seconds, &kilobytes); err != nil {
		return Usage{}, fmt.Errorf("reading %q of ps: %w", out, err)
	}
	cpu := time.Duration(minutes)*time.Minute + time.Duration(seconds*float64(time.Second))
	return Usage{CPU: cpu, Resident: kilobytes << 10}, nil
}
