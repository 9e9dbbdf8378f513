package httprequest

import (
	"errors"
	"net"
)

// errLineEnd says that a head has line ends that HTTP does not have (RFC 9112,
// section 2.2). Node.js refuses them, and so does the node unless it is lenient:
// what two ends read differently is how answers are smuggled in.
var errLineEnd = errors.New("Parse Error: Missing expected CR after response line") //nolint:staticcheck // Node.js's words

// strictConn looks at the head of each answer. With TLS, and behind a proxy's
// tunnel, it sees nothing of it.
type strictConn struct {
	net.Conn
	passed  bool // the head of the answer has been read
	checked bool // it is known whether this is HTTP
	last    byte // what was read before
	line    int  // bytes of the line so far
}

// Write begins a new exchange.
func (c *strictConn) Write(b []byte) (int, error) {
	c.passed, c.checked, c.last, c.line = false, false, 0, 0
	return c.Conn.Write(b)
}

func (c *strictConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for _, char := range b[:n] {
		if c.passed {
			break
		}
		if !c.checked {
			c.checked = true
			c.passed = char != 'H' // a record of TLS
			if c.passed {
				break
			}
		}
		switch {
		case char != '\n':
			c.line++
		case c.last != '\r':
			return 0, errLineEnd
		default:
			c.passed = c.line == 1 // an empty line: only the \r
			c.line = 0
		}
		c.last = char
	}
	return n, err
}
