//go:build unix

package sockets

import "syscall"

var errnos = []errno{
	{syscall.EACCES, "EACCES", "permission denied"},
	{syscall.EADDRINUSE, "EADDRINUSE", "address already in use"},
	{syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL", "address not available"},
	{syscall.EAFNOSUPPORT, "EAFNOSUPPORT", "address family not supported"},
	{syscall.EAGAIN, "EAGAIN", "resource temporarily unavailable"},
	{syscall.ECONNABORTED, "ECONNABORTED", "software caused connection abort"},
	{syscall.ECONNREFUSED, "ECONNREFUSED", "connection refused"},
	{syscall.ECONNRESET, "ECONNRESET", "connection reset by peer"},
	{syscall.EHOSTDOWN, "EHOSTDOWN", "host is down"},
	{syscall.EHOSTUNREACH, "EHOSTUNREACH", "host is unreachable"},
	{syscall.EINVAL, "EINVAL", "invalid argument"},
	{syscall.EMFILE, "EMFILE", "too many open files"},
	{syscall.EMSGSIZE, "EMSGSIZE", "message too long"},
	{syscall.ENETDOWN, "ENETDOWN", "network is down"},
	{syscall.ENETUNREACH, "ENETUNREACH", "network is unreachable"},
	{syscall.ENFILE, "ENFILE", "file table overflow"},
	{syscall.ENOBUFS, "ENOBUFS", "no buffer space available"},
	{syscall.ENODEV, "ENODEV", "no such device"},
	{syscall.ENOENT, "ENOENT", "no such file or directory"},
	{syscall.ENOMEM, "ENOMEM", "not enough memory"},
	{syscall.ENOTCONN, "ENOTCONN", "socket is not connected"},
	{syscall.EPERM, "EPERM", "operation not permitted"},
	{syscall.EPIPE, "EPIPE", "broken pipe"},
	{syscall.EPROTOTYPE, "EPROTOTYPE", "protocol wrong type for socket"},
	{syscall.ETIMEDOUT, "ETIMEDOUT", "connection timed out"},
}
