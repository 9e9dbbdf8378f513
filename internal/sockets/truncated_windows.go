package sockets

import (
	"errors"

	"golang.org/x/sys/windows"
)

const truncated = 0x100 // MSG_TRUNC, which the net package does not set there

func isTooLong(err error) bool { return errors.Is(err, windows.WSAEMSGSIZE) }
