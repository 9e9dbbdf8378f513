package sockets

import "golang.org/x/sys/windows"

// The names are those that libuv gives to Winsock's errors.
var errnos = []errno{
	{windows.WSAEACCES, "EACCES", "permission denied"},
	{windows.WSAEADDRINUSE, "EADDRINUSE", "address already in use"},
	{windows.WSAEADDRNOTAVAIL, "EADDRNOTAVAIL", "address not available"},
	{windows.WSAEAFNOSUPPORT, "EAFNOSUPPORT", "address family not supported"},
	{windows.WSAECONNABORTED, "ECONNABORTED", "software caused connection abort"},
	{windows.WSAECONNREFUSED, "ECONNREFUSED", "connection refused"},
	{windows.WSAECONNRESET, "ECONNRESET", "connection reset by peer"},
	{windows.WSAEHOSTUNREACH, "EHOSTUNREACH", "host is unreachable"},
	{windows.WSAEINVAL, "EINVAL", "invalid argument"},
	{windows.WSAEMFILE, "EMFILE", "too many open files"},
	{windows.WSAEMSGSIZE, "EMSGSIZE", "message too long"},
	{windows.WSAENETUNREACH, "ENETUNREACH", "network is unreachable"},
	{windows.WSAENOBUFS, "ENOBUFS", "no buffer space available"},
	{windows.WSAENOTCONN, "ENOTCONN", "socket is not connected"},
	{windows.WSAESHUTDOWN, "EPIPE", "broken pipe"},
	{windows.WSAETIMEDOUT, "ETIMEDOUT", "connection timed out"},
}
