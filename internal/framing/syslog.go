package framing

import (
	"bytes"
	"strconv"
)

// syslog is RFC 6587: each message either begins with how many bytes it has
// (octet counting, 3.4.1) or ends with LF (3.4.2).
type syslog struct{}

func (syslog) scanner(limit int) scanner {
	return &syslogScanner{counted: countedScanner{header: prefixed{kind: "ascii"}, limit: limit}}
}

// encode counts octets, as RFC 6587 advises.
func (syslog) encode(dst, payload []byte) ([]byte, error) {
	dst = append(strconv.AppendInt(dst, int64(len(payload)), 10), ' ')
	return append(dst, payload...), nil
}

type syslogScanner struct {
	counted countedScanner
	started bool
	line    bool // LF ends this message
}

// begin skips what senders put between messages though it is not called for.
func (*syslogScanner) begin(b []byte) int {
	return len(b) - len(bytes.TrimLeft(b, "\n\r\x00"))
}

func (s *syslogScanner) scan(b []byte) (n int, done bool, bad *Error) {
	if len(b) == 0 {
		return 0, s.line, nil
	}
	if !s.started {
		s.started = true
		s.line = b[0] < '1' || b[0] > '9'
	}
	if !s.line {
		// What begins with digits but no length, such as a date, is a line: there
		// is no LF among digits.
		n, done, bad = s.counted.scan(b)
		s.line = bad != nil && bad.Code != TooLong
	}
	if s.line {
		n, done, bad = endedBy(b, '\n')
	}
	s.started = !done
	return n, done, bad
}

func (s *syslogScanner) open(frame []byte) ([]byte, *Error) {
	if s.line {
		return bytes.TrimRight(frame, "\n\r\x00"), nil
	}
	return s.counted.open(frame)
}
