//go:build !unix

package bench

// MaxConnections returns how many connections a process may have: want, where
// the system knows no such limit.
func MaxConnections(want int) int { return want }
