//go:build unix

package bench

import "golang.org/x/sys/unix"

// MaxConnections returns how many connections a process may have. It raises the
// limit to want if it may; the processes that it starts inherit that.
func MaxConnections(want int) int {
	const others = 100 // files and sockets that are no connections
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return want
	}
	if need := uint64(want + others); limit.Cur < need {
		raised := unix.Rlimit{Cur: need, Max: max(limit.Max, need)}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			return want
		}
		raised = unix.Rlimit{Cur: min(need, limit.Max), Max: limit.Max}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	return min(want, int(limit.Cur)-others)
}
