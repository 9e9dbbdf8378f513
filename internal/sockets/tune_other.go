//go:build !linux

package sockets

import (
	"errors"
	"net"
	"syscall"
)

const hasUserTimeout = false

// errLinux says that an option is not there.
var errLinux = errors.New("only Linux has it")

func setUserTimeout(*net.TCPConn, int) error { return errLinux }

func bindToInterface(syscall.RawConn, string) error { return errLinux }

func setReusePort(syscall.RawConn) error { return errLinux }

func setBacklog(syscall.RawConn, int) error { return errLinux }
