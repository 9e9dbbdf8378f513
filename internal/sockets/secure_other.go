//go:build !unix

package sockets

// readNow is never called: ReadNow is not there.
func readNow(uintptr, []byte) (int, error) { return 0, ErrNothing }
