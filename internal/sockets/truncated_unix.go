//go:build unix && !linux

package sockets

import "syscall"

const truncated = syscall.MSG_TRUNC

func isTooLong(error) bool { return false }
