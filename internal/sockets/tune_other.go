//go:build !linux

package sockets

import "errors"

const hasUserTimeout = false

// errLinux says that an option is not there.
var errLinux = errors.New("only Linux has it")

func setUserTimeout(uintptr, int) error { return errLinux }

func setUnsent(uintptr, int) error { return errLinux }

func bindToInterface(uintptr, string) error { return errLinux }

func setBacklog(uintptr, int) error { return errLinux }
