package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
)

// Error is a network error as Node.js names it. Flows look at both parts.
type Error struct {
	Code string // ECONNREFUSED, ENOTFOUND, …
	Text string // connect ECONNREFUSED 127.0.0.1:4000
	Err  error  // what the system said
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

// errno is a system error with its Node.js name and libuv's text for it.
type errno struct {
	number     syscall.Errno
	name, text string
}

// InWords is [Explain] for an error that tells itself what failed. It is not ok for
// those that are not of a connection.
func InWords(err error) (e *Error, ok bool) {
	if e, ok = errors.AsType[*Error](err); ok {
		return e, true
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return nil, false
	}
	return Explain(op.Op, err, netip.AddrPort{}), true
}

// Explain puts an error into Node.js' words: the operation (connect, listen,
// bind, read, write, send, …), the code, and the address if it has one. An
// error of the resolver is a getaddrinfo, whatever the operation. nil stays nil.
func Explain(op string, err error, addr netip.AddrPort) *Error {
	if err == nil {
		return nil
	}
	if already, ok := errors.AsType[*Error](err); ok {
		return already
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return explainLookup(dns)
	}
	if _, ok := tlsAlert(err); ok {
		return &Error{Code: TLSFailed, Text: "TLS failed: " + tlsCause(err), Err: err}
	}
	e, known := find(err)
	if !known {
		return &Error{Code: "UNKNOWN", Text: op + " " + plain(err), Err: err}
	}
	text := op + " " + e.name
	if op == "listen" {
		text += ": " + e.text
	}
	if addr.IsValid() {
		text += " " + join(addr)
	}
	if op == "connect" && failsAtOnce(e.number) {
		text += " - Local (" + anyAddress(addr.Addr()) + ":0)"
	}
	return &Error{Code: e.name, Text: text, Err: err}
}

func explainLookup(err *net.DNSError) *Error {
	code := "EAI_AGAIN"
	if err.IsNotFound {
		code = "ENOTFOUND"
	}
	return &Error{Code: code, Text: "getaddrinfo " + code + " " + err.Name, Err: err}
}

func find(err error) (errno, bool) {
	for _, e := range errnos {
		if errors.Is(err, e.number) {
			return e, true
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return errno{name: "ETIMEDOUT", text: "connection timed out"}, true
	}
	return errno{}, false
}

// failsAtOnce tells whether connect(2) itself returns the error. Node.js then
// adds the local address, which is not bound yet.
func failsAtOnce(e syscall.Errno) bool {
	switch nameOf(e) {
	case "ENETUNREACH", "EADDRNOTAVAIL", "EACCES", "EINVAL", "EAFNOSUPPORT":
		return true
	}
	return false
}

func nameOf(number syscall.Errno) string {
	for _, e := range errnos {
		if e.number == number {
			return e.name
		}
	}
	return ""
}

// plain is the innermost text of an error that has no Node.js name.
func plain(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	return err.Error()
}

// join prints an address as Node.js does, without brackets.
func join(a netip.AddrPort) string {
	return a.Addr().Unmap().String() + ":" + portText(int(a.Port()))
}

func portText(port int) string { return strconv.Itoa(port) }

// explainPath is Explain for a Unix socket.
func explainPath(op string, err error, path string) *Error {
	e := Explain(op, err, netip.AddrPort{})
	if e.Code != "UNKNOWN" {
		e.Text += " " + path
	}
	return e
}

func anyAddress(a netip.Addr) string {
	if a.Unmap().Is6() {
		return "::"
	}
	return "0.0.0.0"
}

// IsRefused tells whether an ICMP message said that nobody receives on the port
// that a datagram was sent to.
func IsRefused(err error) bool {
	e, known := find(err)
	return known && (e.name == "ECONNREFUSED" || e.name == "ECONNRESET") // the latter on Windows
}
